"""`mirrorgen resolve`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mirrorgen.commands.aiming import names_target
from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import screen
from mirrorgen.commands.lists import names_list
from mirrorgen.commands.named_images import images_named
from mirrorgen.commands.options import load_usable
from mirrorgen.commands.reported import show_result
from mirrorgen.outcomes import ExitCode, exit_code
from mirrorgen.reporting.formats import PlainFormat, ResultFormat

if TYPE_CHECKING:
    from mirrorgen.consumers.mirrored import Finding


@boundary
@names_list
@names_target
def resolve(
    file: Path,
    images: Annotated[
        list[str] | None,
        typer.Argument(metavar="IMAGE...", help="Images, as people name them; one a line in standard input if none."),
    ] = None,
    reverse: Annotated[
        bool, typer.Option("--reverse", help="Say what images of the target are called upstream.")
    ] = False,
    digest: Annotated[
        bool, typer.Option("--digest", help="Add the digest where the list or its lock settles it.")
    ] = False,
    output: Annotated[PlainFormat, typer.Option("--format", help="How they are shown.")] = PlainFormat.TEXT,
) -> ExitCode:
    """Say what images are called in the target.

    Prints a line for each image that is mirrored, in order, and says of the others why not. An image that is named by
    its digest keeps it. Nothing is asked: neither upstream nor the target.

    Exits with 3 if one is not mirrored.
    """
    from mirrorgen.consumers.mirrored import mirror_of
    from mirrorgen.model.references import may_hold_password

    loaded = load_usable(file)
    assert loaded.desired
    mirror = mirror_of(loaded.desired, os.environ)
    look = mirror.resolve_back if reverse else mirror.resolve
    written = images_named(images or [])
    found = [("" if may_hold_password(text) else text, look(text)) for text in written]
    if output is PlainFormat.JSON:
        from mirrorgen.reporting.mirrored import view_findings

        show_result(view_findings(found), ResultFormat.JSON)
    else:
        lines = [_line(finding, text, reverse=reverse, digest=digest) for text, finding in found if finding.is_mirrored]
        screen().show("\n".join(lines))
        _explain(found, digest=digest and not reverse)
    return exit_code(has_differences=not all(finding.is_mirrored for _, finding in found))


def _line(finding: Finding, text: str, *, reverse: bool, digest: bool) -> str:
    copy = finding.copy
    wanted = copy.digest if digest or "@" in text else None
    name = copy.original if reverse else copy.reference
    return f"{name}@{wanted}" if wanted and "@" not in name else name


def _explain(found: list[tuple[str, Finding]], *, digest: bool) -> None:
    """Say, on standard error, why images are not mirrored, and what is not certain of others."""
    terminal = screen()
    for text, finding in found:
        named = f"{text}: " if text else ""
        if not finding.is_mirrored:
            terminal.fail(f"{named}{finding.reason}", hint=finding.hint)
            continue
        copy, others = finding.copy, finding.copies[1:]
        if copy.doubt:
            terminal.warn(f"{named}{copy.doubt}")
        if digest and not copy.digest:
            terminal.warn(f"{named}neither the list nor a lock settles its digest")
        if others:
            terminal.warn(f"{named}it is in {', '.join(other.repository for other in others)}, too")
