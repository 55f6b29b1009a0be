"""`mirrorgen init`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mirrorgen.commands.asking import gather_answers
from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import screen
from mirrorgen.commands.generate import files_of
from mirrorgen.commands.options import load_usable
from mirrorgen.errors import UsageError
from mirrorgen.outcomes import ExitCode

if TYPE_CHECKING:
    from mirrorgen.starting.contents import Start
    from mirrorgen.starting.setup import Setup


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
    from mirrorgen.master_list.finding import NAMES
    from mirrorgen.starting.account import read_account
    from mirrorgen.starting.answers import RECORD, read_answers, setup_from
    from mirrorgen.starting.contents import starting_files
    from mirrorgen.starting.setup import require_source

    on_line = {"account_id": account_id, "region": region, "runner": runner, "branch": branch}
    on_line |= {"provider": provider, "owner": owner, "source": source}
    # What is replaced is written with the answers of now, and so they are recorded.
    forced: set[str] = {*force, RECORD} if force else set()
    recorded = {} if RECORD in (force or ()) else read_answers(folder)
    account = read_account(folder)
    if account:
        on_line |= {name: on_line[name] or getattr(account, name) for name in ("account_id", "region")}
    setup = replace(setup_from(gather_answers(on_line, recorded, may_ask=not diff)), account=account)
    require_source(setup)
    files = starting_files(setup, _list_name(folder))
    if not forced & {*NAMES} and _needs_no_module(folder / next(iter(files))):
        _require_no_aws(setup)
        files = {name: file for name, file in files.items() if not name.startswith("terraform/")}
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

    list_name = next(iter(files))
    is_kept = list_name not in forced and bool(_there(folder, [list_name]))
    made = _made_from(folder / list_name, None if is_kept else files[list_name].text)
    if isinstance(made, ExitCode):
        return made
    texts = {name: file.text for name, file in files.items()} | made
    _require_known(forced, texts)
    kept = [name for name in _there(folder, texts) if name not in forced]
    changed = write_files(folder, {name: text for name, text in texts.items() if name not in kept})
    for name in texts:
        if name in kept or name in changed:
            screen().say(f"{'kept' if name in kept else 'wrote'} {folder / name}")
    screen().say(f"next: edit {folder / list_name}; {folder / 'README.md'} has the steps from there")
    return ExitCode.OK


def _made_from(path: Path, text: str | None) -> dict[str, str] | ExitCode:
    """What follows from a list: its lock, too, where it needs one and has none.

    Args:
        path: the list.
        text: what will be in it; None where it is there.
    """
    from mirrorgen.master_list.lock import lock_path
    from mirrorgen.project import load
    from mirrorgen.rendering.files import render_every

    if text is None and not _there(path.parent, [lock_path(path).name]):
        files = files_of(path)
        if isinstance(files, ExitCode):
            return files
    else:
        loaded = load_usable(path) if text is None else load(path, text=text, use_lock=False)
        files = render_every(loaded.every_state)
    return {name: text for name, text in files.items() if text is not None}


def _needs_no_module(path: Path) -> bool:
    """Whether a list is there, and for a registry whose repositories nobody has to make."""
    from mirrorgen.project import load

    desired = load(path).desired
    return desired is not None and not desired.target.is_provisioned


def _require_no_aws(setup: Setup) -> None:
    """A registry that is not ECR has no role to sign in as."""
    from mirrorgen.starting.setup import needs_source

    if needs_source(setup.provider):
        raise UsageError(
            f"the pipeline for {setup.provider} signs in to AWS, and the list copies to another registry than ECR",
            hint="give --provider cron or none",
        )


def _there(folder: Path, names: Iterable[str]) -> list[str]:
    """Those that exist; one that is a link, or not ours, is an error even where it would be kept."""
    from mirrorgen.files import read_file

    return [name for name in names if read_file(folder / name, project=folder) is not None]


def _require_known(forced: Iterable[str], texts: Collection[str]) -> None:
    unknown = sorted(set(forced) - set(texts))
    if unknown:
        raise UsageError(f"--force {unknown[0]}: that is no file of this", hint=f"one of: {', '.join(texts)}")
