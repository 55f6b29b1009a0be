"""A master list with its folder: one way from the file to the desired state, for every command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from pathlib import Path

from mirrorgen.desired.projection import projected
from mirrorgen.desired.state import DesiredState, derive
from mirrorgen.errors import UsageError
from mirrorgen.master_list.building import build_model
from mirrorgen.master_list.document import Document
from mirrorgen.master_list.lock import Lock, lock_path, lock_problems, locked_digests, needs_lock
from mirrorgen.master_list.lock_file import LockFile, read_lock, read_lock_bytes
from mirrorgen.master_list.reading import read_bytes, read_file
from mirrorgen.master_list.shape import check_shape
from mirrorgen.model.allowances import Allowances
from mirrorgen.model.images import MasterList
from mirrorgen.model.named_targets import names_of
from mirrorgen.problems import Problem, sort_problems


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a master list says and what is wrong with it.

    Attributes:
        path: the list.
        problems: everything found, with places, sorted.
        document: the file as it was read.
        master_list, desired: None where the file could not be read; otherwise complete only without errors.
        lock: what the lock beside the list says; None without one, or where it cannot be read.
        lock_file: the file of that lock, as it was read.
        states: what a list with several targets asks of each, by its name; empty for a list with one.
        target: the name of the one that it was narrowed to. Without, `master_list` and `desired` have all entries, for
            what is about upstream alone.
    """

    path: Path
    problems: tuple[Problem, ...]
    document: Document
    master_list: MasterList | None = None
    desired: DesiredState | None = None
    lock: Lock | None = None
    lock_file: LockFile | None = None
    states: Mapping[str, DesiredState] = field(default_factory=dict)
    target: str = ""

    @property
    def root(self) -> Path:
        """The folder that the generated files are relative to."""
        return self.path.parent

    @property
    def is_usable(self) -> bool:
        """Whether there is no error."""
        return self.desired is not None and not self.errors()

    @property
    def every_state(self) -> tuple[DesiredState, ...]:
        """What the list asks of each target that it has, whichever it was narrowed to."""
        assert self.desired
        return tuple(self.states.values()) or (self.desired,)

    def errors(self, *, tolerated: AbstractSet[str] = frozenset()) -> list[Problem]:
        """Return the problems with which the list cannot be used, but for those whose codes are tolerated."""
        return [problem for problem in self.problems if problem.is_error and problem.code not in tolerated]


CURED_BY_LOCK = frozenset({"rule-without-lock", "exclusions-need-lock"})
"""What `derive` says of a list without a lock; not worth saying while there is one that cannot be read."""

Check = Callable[[MasterList], list[Problem]]


def load(
    path: Path,
    *,
    text: str | None = None,
    also: Check | None = None,
    use_lock: bool = True,
    allowances: Allowances | None = None,
    target: str = "",
) -> Loaded:
    """Read and check a master list and its lock, and derive the desired state.

    All of the list is checked, whichever target is asked for.

    Args:
        path: the list.
        text: what will be in it, where that is not written yet; otherwise the file is read.
        also: one more check on the model.
        use_lock: whether what the lock chose counts; otherwise it is only read.
        allowances: what the list may do with credentials beside what any list may; nothing if None.
        target: the name of one of several targets, for which everything is then as for the only one.

    Raises:
        UsageError: the list can be read, and has no such target.
    """
    document = read_file(path) if text is None else read_bytes(text.encode(), file=str(path))
    loaded = _load(document, path, lambda: read_lock(lock_path(path)), also, use_lock, allowances)
    return narrowed(loaded, target) if target and loaded.master_list else loaded


def load_texts(
    path: Path, text: str, lock: str | None, *, use_lock: bool = True, allowances: Allowances | None = None
) -> Loaded:
    """Check a master list and its lock that are not on disk, as `load` does.

    Args:
        path: what the list is called.
        text: the list.
        lock: its lock, if there is one.
        use_lock, allowances: as of `load`.
    """
    document = read_bytes(text.encode(), file=str(path))
    lock_file = None if lock is None else read_lock_bytes(lock.encode(), lock_path(path))
    return _load(document, path, lambda: lock_file, None, use_lock, allowances)


def _load(
    document: Document,
    path: Path,
    lock_of: Callable[[], LockFile | None],
    also: Check | None,
    use_lock: bool,
    allowances: Allowances | None,
) -> Loaded:
    if document.data is None and document.problems:
        return Loaded(path, tuple(sort_problems(document.problems)), document)
    shape = check_shape(document)
    master_list, building = build_model(document.data, allowances, unreadable={problem.path for problem in shape})
    lock_file = lock_of()
    lock = lock_file.lock if lock_file else None
    problems = list(lock_file.problems) if lock_file else []
    belonging: list[Problem] = []
    readable = not any(problem.is_error for problem in [*document.problems, *shape, *building])
    if use_lock and readable and not (lock_file and lock is None):
        belonging = list(needs_lock(master_list, lock))
        if lock and lock_file:
            problems += [lock_file.place(problem) for problem in lock_problems(lock, master_list)]
    desired, states, deriving = _derive(master_list, locked_digests(lock, master_list) if lock and use_lock else None)
    if lock_file and lock is None:
        deriving = [problem for problem in deriving if problem.code not in CURED_BY_LOCK]
    found = [*shape, *building, *belonging, *deriving, *(also(master_list) if also else [])]
    problems += document.problems + [document.place(problem) for problem in found]
    return Loaded(path, tuple(sort_problems(_once(problems))), document, master_list, desired, lock, lock_file, states)


def _derive(
    master_list: MasterList, locked: Mapping[int, Mapping[str, str]] | None
) -> tuple[DesiredState, Mapping[str, DesiredState], list[Problem]]:
    """Derive what a list asks of its target; of several, of each, and what is wrong with any of them once."""
    desired, problems = derive(master_list, locked)
    if not master_list.targets:
        return desired, {}, problems
    derived = {named.name: derive(projected(master_list, named), locked) for named in master_list.targets}
    found = [problem for _, of_target in derived.values() for problem in of_target]
    return desired, {name: state for name, (state, _) in derived.items()}, list(dict.fromkeys(found))


def narrowed(loaded: Loaded, target: str, *, variable: str = "") -> Loaded:
    """Return a list as it is for one of its targets.

    Args:
        loaded: a list that can be used.
        target: the name of the one.
        variable: of the environment, which names it; nothing where `--target` does.

    Raises:
        UsageError: it has no such target.
    """
    assert loaded.master_list
    named = next((each for each in loaded.master_list.targets if each.name == target), None)
    if named is None:
        known = names_of(loaded.master_list.targets)
        remedy = f"unset {variable}" if variable else "leave --target out"
        hint = f"one of: {known}" if known else f"{remedy}: the list has one target, under `target`"
        named_by = f", which {variable} names" if variable else ""
        raise UsageError(f"{loaded.path} has no target {target!r}{named_by}", hint=hint)
    master_list = projected(loaded.master_list, named)
    return replace(loaded, master_list=master_list, desired=loaded.states[target], target=target)


def edited_lock(loaded: Loaded) -> list[Problem]:
    """Return what in a list's lock is not as `mirrorgen lock` wrote it, with places in the lock."""
    if not (loaded.lock and loaded.lock_file and loaded.master_list):
        return []
    found = lock_problems(loaded.lock, loaded.master_list)
    return [loaded.lock_file.place(problem) for problem in found if problem.code == "lock-edited"]


def with_lock(loaded: Loaded, lock: Lock | None) -> Loaded:
    """Return a list as it is with a lock, without reading anything again; `problems` are those that come of the lock.

    Args:
        loaded: a list that can be used but for its lock.
        lock: made for it; None for none.
    """
    assert loaded.master_list
    digests = locked_digests(lock, loaded.master_list) if lock else None
    desired, states, deriving = _derive(loaded.master_list, digests)
    problems = map(loaded.document.place, [*needs_lock(loaded.master_list, lock), *deriving])
    return replace(loaded, problems=tuple(sort_problems(list(problems))), desired=desired, states=states, lock=lock)


def _once(problems: list[Problem]) -> list[Problem]:
    """One place gets one error: a value that could not be read needs no second sentence about its type."""
    unreadable = {
        (problem.file, problem.path)
        for problem in problems
        if problem.code in {"unreadable-value", "yaml-tag", "alias-loop"}
    }
    return [
        problem
        for problem in problems
        if (problem.file, problem.path) not in unreadable
        or problem.code not in {"wrong-type", "value-not-text", "tag-not-text"}
    ]
