"""`mirrorgen diff`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.lists import allowances, names_list
from mirrorgen.commands.options import load_usable, require_usable
from mirrorgen.commands.reported import Result, announce
from mirrorgen.outcomes import ExitCode
from mirrorgen.reporting.formats import ResultFormat

if TYPE_CHECKING:
    from mirrorgen.project import Loaded
    from mirrorgen.tools.git import Git

# Nothing is signed in to, and nothing removed; whatever else is wrong, these change nothing of what a list asks for.
_TOLERATED = frozenset({"credentials-not-allowed", "credentials-sent-away", "lifecycle-expires-wanted"})


@boundary
@names_list
def diff(
    file: Path,
    revision: Annotated[
        str | None, typer.Argument(metavar="REVISION", help="What git calls the commit to compare with.")
    ] = None,
    sizes: Annotated[
        Path | None,
        typer.Option("--sizes", metavar="STATUS", help="What images weigh, as `status --format json` has printed it."),
    ] = None,
    output: Annotated[ResultFormat, typer.Option("--format", help="How the changes are shown.")] = ResultFormat.TEXT,
) -> ExitCode:
    """Show in words what a change of the list does.

    Compares the list and its lock, as they are on disk, with those of a commit: images and tags that come and go,
    digests, and about how many pulls that takes. Asks nobody but git.

    Without a revision, the commit is where HEAD left the default branch of origin, or HEAD where that is not known.
    """
    from mirrorgen.desired.changes import compare, paired
    from mirrorgen.operations.holding.sizes import read_sizes
    from mirrorgen.reporting.changes import view_changes, view_changes_of_targets
    from mirrorgen.tools.git import Git
    from mirrorgen.tools.runner import ProcessRunner

    git = Git.at(file.parent, ProcessRunner(), os.environ)
    base = git.base() if revision is None else git.commit(revision)
    after = load_usable(file, tolerated=_TOLERATED)
    before = _at(git, base, file)
    known = None if sizes is None else read_sizes(sizes)
    had = before.every_state if before else ()
    pairs, gone = paired(had, after.every_state)
    changes = {name: compare(old, new, known) for name, (old, new) in pairs.items()}
    if after.states or len(had) > 1:
        view = view_changes_of_targets(changes, gone, base, with_sizes=known is not None)
    else:
        view = view_changes(changes[""], base, with_sizes=known is not None)
    return announce("mirrorgen diff", Result(ExitCode.OK, view), output)


def _at(git: Git, commit: str, file: Path) -> Loaded | None:
    """Return the list as it was at a commit; None where there was none."""
    from mirrorgen.master_list.lock import lock_path
    from mirrorgen.project import load_texts

    text = git.text(commit, file.name)
    if text is None:
        return None
    lock = git.text(commit, lock_path(file).name)
    loaded = load_texts(Path(f"{commit[:12]}:{file}"), text, lock, allowances=allowances())
    hint = "compare with a commit at which the list was right: `mirrorgen diff REVISION`"
    require_usable(loaded, tolerated=_TOLERATED, hint=hint)
    return loaded
