"""`mirrorgen init`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mirrorgen.commands.asking import gather_answers
from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import screen
from mirrorgen.commands.options import load_usable, warn_of_outdated
from mirrorgen.errors import UsageError
from mirrorgen.outcomes import ExitCode

if TYPE_CHECKING:
    from mirrorgen.project import Loaded
    from mirrorgen.starting.contents import Start


@boundary
def init(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to start.")] = Path(),
    account_id: Annotated[str | None, typer.Option(metavar="ID", help="AWS account, twelve digits.")] = None,
    region: Annotated[str | None, typer.Option(metavar="REGION", help="AWS region, such as eu-west-1.")] = None,
    runner: Annotated[
        str | None, typer.Option(metavar="LABEL", help="What runs the jobs; for GitHub ubuntu-24.04 if not given.")
    ] = None,
    branch: Annotated[
        str | None, typer.Option(metavar="NAME", help="The branch that is deployed; main if not given.")
    ] = None,
    provider: Annotated[
        str | None, typer.Option(metavar="NAME", help="What runs the pipeline: github, gitlab, cron or none.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="URL@COMMIT", help="Where mirrorgen is installed from; otherwise where it came from."
        ),
    ] = None,
    owner: Annotated[
        str | None, typer.Option(metavar="@NAME", help="Who reviews changes, for a file CODEOWNERS.")
    ] = None,
    force: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="Replace this file; may be given again.")
    ] = None,
    diff: Annotated[
        bool,
        typer.Option("--diff", help="Write nothing; show what would be written differently, and exit with 3 if any."),
    ] = False,
) -> ExitCode:
    """Start a repository: a list, the module, and a pipeline.

    Writes all that a repository needs to mirror images: the list and what is made from it, the Terraform module, a
    pipeline, hooks. On a terminal it asks for what no option says. Files that are there are left alone.
    """
    from mirrorgen.starting.answers import RECORD, read_answers, setup_from
    from mirrorgen.starting.contents import starting_files
    from mirrorgen.starting.setup import require_source

    on_line = {"account_id": account_id, "region": region, "runner": runner, "branch": branch}
    on_line |= {"provider": provider, "owner": owner, "source": source}
    # What is replaced is written with the answers of now, and so they are recorded.
    forced = {*force, RECORD} if force else set()
    recorded = {} if RECORD in (force or ()) else read_answers(folder)
    setup = setup_from(gather_answers(on_line, recorded, may_ask=not diff))
    require_source(setup)
    files = starting_files(setup, _list_name(folder))
    return _compare(folder, files) if diff else _write(folder, files, forced)


def _list_name(folder: Path) -> str:
    """A second list beside one of the other name would only raise the question which is meant."""
    from mirrorgen.master_list.finding import NAMES

    return next((name for name in NAMES if (folder / name).exists()), NAMES[0])


def _compare(folder: Path, files: Mapping[str, Start]) -> ExitCode:
    from mirrorgen.files import diff_files

    edited = _there(folder, [name for name, file in files.items() if file.is_yours])
    diff = diff_files(folder, {name: file.text for name, file in files.items() if name not in edited})
    screen().show(diff)
    return ExitCode.DIFFERENT if diff else ExitCode.OK


def _write(folder: Path, files: Mapping[str, Start], forced: Collection[str]) -> ExitCode:
    from mirrorgen.files import write_files
    from mirrorgen.rendering.files import render

    list_name = next(iter(files))
    is_kept = list_name not in forced and bool(_there(folder, [list_name]))
    loaded = load_usable(folder / list_name) if is_kept else _new_list(folder / list_name, files[list_name].text)
    assert loaded.desired
    texts = {name: file.text for name, file in files.items()}
    texts |= {name: text for name, text in render(loaded.desired).items() if text is not None}
    _require_known(forced, texts)
    kept = [name for name in _there(folder, texts) if name not in forced]
    changed = write_files(folder, {name: text for name, text in texts.items() if name not in kept})
    for name in texts:
        if name in kept or name in changed:
            screen().say(f"{'kept' if name in kept else 'wrote'} {folder / name}")
    if is_kept:
        warn_of_outdated(loaded)
    screen().say(f"next: edit {folder / list_name}; {folder / 'README.md'} has the steps from there")
    return ExitCode.OK


def _new_list(path: Path, text: str) -> Loaded:
    from mirrorgen.project import load

    return load(path, text=text, use_lock=False)


def _there(folder: Path, names: Iterable[str]) -> list[str]:
    """Those that exist; one that is a link, or not ours, is an error even where it would be kept."""
    from mirrorgen.files import read_file

    return [name for name in names if read_file(folder / name, project=folder) is not None]


def _require_known(forced: Iterable[str], texts: Collection[str]) -> None:
    unknown = sorted(set(forced) - set(texts))
    if unknown:
        raise UsageError(f"--force {unknown[0]}: that is no file of this", hint=f"one of: {', '.join(texts)}")
