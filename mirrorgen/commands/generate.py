"""`mirrorgen generate`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import screen
from mirrorgen.commands.lists import names_list
from mirrorgen.commands.options import load_usable, require_real, require_usable, runtime_for, show_problems
from mirrorgen.commands.reported import show_result
from mirrorgen.commands.written import InGit, write_generated
from mirrorgen.outcomes import ExitCode, exit_code
from mirrorgen.reporting.formats import ResultFormat

if TYPE_CHECKING:
    from mirrorgen.operations.upstream.locking import Relocked
    from mirrorgen.project import Loaded


@boundary
@names_list
def generate(file: Path, in_git: InGit = False) -> ExitCode:
    """Lock what is new, then write the generated files.

    What to run after every edit of the list. Asks upstream for entries alone that the lock does not have, or not as the
    list asks now, and nobody if there are none; every digest that was locked stays. A list without rules needs no lock,
    and gets none. All files are written, or none.

    Exits with 1 if a rule chooses nothing, with 5 if upstream lacks a tag or could not be asked; nothing is written
    then.
    """
    files = files_of(file)
    return files if isinstance(files, ExitCode) else write_generated(file.parent, files, in_git=in_git)


def files_of(file: Path) -> dict[str, str | None] | ExitCode:
    """Lock what is new in a list, and tell it; return all that follows from the list, by file name, as `render` does.

    Where something could not be locked, the exit code of that.

    Raises:
        InputError: the list, or its lock, cannot be used.
    """
    from mirrorgen.master_list.lock import lock_path
    from mirrorgen.project import CURED_BY_LOCK, edited_lock, with_lock
    from mirrorgen.rendering.files import render_beside, render_lock
    from mirrorgen.reporting.locks import view_relocked

    loaded = load_usable(file, use_lock=False, tolerated=CURED_BY_LOCK)
    assert loaded.master_list
    # What somebody has changed in a lock by hand is nothing to build on.
    require_usable(replace(loaded, problems=tuple(edited_lock(loaded))))
    relocked = _relocked(loaded)
    locked: dict[str, str | None] = {}
    if relocked:
        show_result(view_relocked(relocked, len(loaded.master_list.images)), ResultFormat.TEXT)
        show_problems(relocked.problems, loaded)
        if relocked.failures:
            screen().note("nothing was written")
            return exit_code(relocked.failures)
        locked = {lock_path(file).name: render_lock(relocked.lock)}
    settled = with_lock(loaded, relocked.lock if relocked else loaded.lock)
    require_usable(settled)
    return {**locked, **render_beside(settled.root, settled.every_state)}


def _relocked(loaded: Loaded) -> Relocked | None:
    """Lock what is new; None where there is nothing new, or no lock is needed."""
    from mirrorgen.master_list.lock import key_of, unsettled, wants_lock
    from mirrorgen.operations.upstream.locking import forget_removed, relock

    assert loaded.master_list
    master_list, lock = loaded.master_list, loaded.lock
    if lock is None and not wants_lock(master_list):
        return None
    fresh = unsettled(lock, master_list)
    if fresh:
        require_real("digests")
        runtime = runtime_for(loaded, sources=[str(master_list.images[index].source) for index in fresh])
        return relock(runtime, master_list, lock, only=fresh, now=datetime.now(UTC), keep_digests=True)
    if lock and lock.by_key().keys() - {key_of(image) for image in master_list.images}:
        return forget_removed(master_list, lock)
    return None
