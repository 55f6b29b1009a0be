"""What is measured: cold starts with this repository's list, rendering of large lists, regsync loading the result."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.lists import TAGS_PER_IMAGE, write_list, write_locked, write_ungrouped
from benchmarks.measuring import Usage, measure

SIZES = (262, 1000, 10_000)
UNGROUPED_UP_TO = 1000
"""With an entry for each tag of 10,000 images, regsync takes half a minute and gigabytes."""

_ROOT = Path(__file__).parent.parent
_MIRRORGEN = (sys.executable, "-m", "mirrorgen")


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the result.

    Attributes:
        what: the command, and what it was given.
        images: how many images the list has.
        usage: what a run took.
        goal: what it should take, in words; empty where nothing is asked.
    """

    what: str
    images: int
    usage: Usage
    goal: str = ""


def cold_starts(*, runs: int) -> Iterator[Figure]:
    """Check the list of this repository, whose generated files are current."""
    for args in (["validate"], ["render", "--check"]):
        usage = measure([*_MIRRORGEN, *args], cwd=_ROOT, runs=runs)
        yield Figure(" ".join(args), 5, usage, "0.25 s")


def large_lists(folder: Path, sizes: Sequence[int], *, runs: int) -> Iterator[Figure]:
    """Render lists of ten tags an image; what comes out stays in a folder of its own for each size."""
    for images in sizes:
        place = folder / str(images)
        place.mkdir()
        write_list(place / "images.yaml", images)
        generated = [place / "regsync.yaml", place / "terraform/terraform.tfvars.json"]

        def remove(files: list[Path] = generated) -> None:
            for path in files:
                path.unlink(missing_ok=True)

        usage = measure([*_MIRRORGEN, "render"], cwd=place, runs=runs, before=remove)
        yield Figure("render", images, usage, "2.4 s, 350 MiB" if images == max(SIZES) else "")


def locked_lists(folder: Path, sizes: Sequence[int], *, runs: int) -> Iterator[Figure]:
    """Render lists of rules whose lock has ten tags an image."""
    for images in sizes:
        place = folder / f"{images}-locked"
        place.mkdir()
        # In a process of its own: what it takes would count as memory of the children that are measured.
        with multiprocessing.get_context("spawn").Pool(1) as writer:
            writer.apply(write_locked, (place / "images.yaml", images))
        usage = measure([*_MIRRORGEN, "render"], cwd=place, runs=runs)
        yield Figure("render, with a lock", images, usage, "4 s" if images == max(SIZES) else "")


def regsync_loads(
    folder: Path, sizes: Sequence[int], *, regsync: Path, ungrouped_up_to: int, runs: int
) -> Iterator[Figure]:
    """Let regsync load what `large_lists` left, and beside it the same work with one entry for each tag."""
    for images in sizes:
        grouped = folder / str(images) / "regsync.yaml"
        usage = measure([str(regsync), "config", "-c", str(grouped)], cwd=folder, runs=runs)
        yield Figure("regsync config, as rendered", images, usage)
        if images > ungrouped_up_to:
            continue
        ungrouped = grouped.with_name("ungrouped.yaml")
        write_ungrouped(grouped, ungrouped)
        slow = images * TAGS_PER_IMAGE > 50_000
        usage = measure([str(regsync), "config", "-c", str(ungrouped)], cwd=folder, runs=1 if slow else runs)
        yield Figure("regsync config, an entry for each tag", images, usage)
