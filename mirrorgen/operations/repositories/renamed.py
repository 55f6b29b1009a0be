"""Renamed: repositories whose images the list has under another name. ECR cannot rename, so that a plan destroys."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mirrorgen.desired.state import Repository


@dataclass(frozen=True, slots=True, order=True)
class Rename:
    """A repository that goes, and the one of the list that has taken its place.

    Attributes:
        old: name of the repository that the plan destroys.
        new: name in the list.
    """

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Renames:
    """What is known of the repositories that a plan destroys.

    Attributes:
        sure: those with one successor, sorted by their old name.
        unsure: why it is not clear which is the successor, by the old name.
        sources: what filled each that goes, by its name, as far as Terraform's state says it.
    """

    sure: tuple[Rename, ...] = ()
    unsure: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def find_renames(
    destroyed: Iterable[str], filled: Mapping[str, Sequence[str]], repositories: Iterable[Repository]
) -> Renames:
    """Find where the list has the images of repositories that go.

    A repository takes the place of another where it is filled from a source of it, and was not before.

    Args:
        destroyed: names of the repositories that go.
        filled: what filled each repository at the last apply, by its name.
        repositories: of the list.
    """
    wanted = {repo.name: {str(entry.source) for entry in repo.entries} for repo in repositories}
    going = {name: tuple(filled[name]) for name in sorted(destroyed) if name in filled and name not in wanted}
    sure, unsure = [], {}
    for old, sources in going.items():
        successors = sorted(
            new
            for new, now in wanted.items()
            if now.intersection(sources) and not now.intersection(sources, filled.get(new, ()))
        )
        doubt = _doubt(old, going, successors)
        if doubt:
            unsure[old] = doubt
        elif successors:
            sure.append(Rename(old, successors[0]))
    return Renames(tuple(sure), unsure, going)


def _doubt(old: str, going: Mapping[str, Sequence[str]], successors: Collection[str]) -> str:
    """Say why one of the successors cannot be chosen, if there are any."""
    if not successors:
        return ""
    if len(successors) > 1:
        return f"its sources now fill {' and '.join(successors)}"
    shared = [name for name, sources in going.items() if name != old and set(sources) & set(going[old])]
    return f"{' and '.join(shared)} was filled from the same source" if shared else ""
