"""A master list with its folder: one way from the file to the desired state, for every command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mirrorgen.desired.state import DesiredState, derive
from mirrorgen.master_list.building import build_model
from mirrorgen.master_list.model import MasterList
from mirrorgen.master_list.reading import read_file
from mirrorgen.master_list.shape import check_shape
from mirrorgen.problems import Problem, sort_problems


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a master list says and what is wrong with it.

    Attributes:
        path: the list.
        problems: everything found, with places, sorted.
        master_list, desired: None where the file could not be read; otherwise complete only without errors.
    """

    path: Path
    problems: tuple[Problem, ...]
    master_list: MasterList | None = None
    desired: DesiredState | None = None

    @property
    def root(self) -> Path:
        """The folder that the generated files are relative to."""
        return self.path.parent

    @property
    def is_usable(self) -> bool:
        """Whether there is no error."""
        return self.desired is not None and not any(problem.is_error for problem in self.problems)


Check = Callable[[MasterList], list[Problem]]


def load(path: Path, *, also: Check | None = None) -> Loaded:
    """Read and check a master list and derive the desired state.

    Args:
        path: the list.
        also: one more check on the model.
    """
    document = read_file(path)
    if document.data is None and document.problems:
        return Loaded(path, tuple(sort_problems(document.problems)))
    shape = check_shape(document)
    master_list, building = build_model(document.data)
    desired, deriving = derive(master_list)
    found = [*shape, *building, *deriving, *(also(master_list) if also else [])]
    problems = document.problems + [document.place(problem) for problem in found]
    return Loaded(path, tuple(sort_problems(_once(problems))), master_list, desired)


def _once(problems: list[Problem]) -> list[Problem]:
    """One place gets one error: a value that could not be read needs no second sentence about its type."""
    unreadable = {
        problem.path for problem in problems if problem.code in {"unreadable-value", "yaml-tag", "alias-loop"}
    }
    return [
        problem
        for problem in problems
        if problem.path not in unreadable or problem.code not in {"wrong-type", "value-not-text", "tag-not-text"}
    ]
