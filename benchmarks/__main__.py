"""Measure, print a table, write the same figures as JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.figures import SIZES, UNGROUPED_UP_TO, Figure, cold_starts, large_lists, locked_lists, regsync_loads
from benchmarks.infrastructure import GOAL, Comparison, comparisons
from benchmarks.infrastructure import SIZES as REPOSITORIES
from benchmarks.requests import FIRST_ONCE, FIRST_SYNC, KINDS, Requests, request_figures
from mirrorgen import __version__
from mirrorgen.errors import MirrorgenError
from mirrorgen.tools.runner import ProcessRunner
from mirrorgen.tools.versions import Tool, find_tool

DEFAULT_JSON = Path(__file__).parent.parent / ".cache/benchmarks.json"

_START_RUNS = 15
_LIST_RUNS = 5
_PARALLELISM = 30
_HEADER = ("", "images", "wall s", "cpu s", "peak MiB", "ms per image", "growth", "goal")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    options = _parser().parse_args(argv)
    regsync = _regsync()
    figures = list(cold_starts(runs=options.runs or _START_RUNS))
    with tempfile.TemporaryDirectory(prefix="mirrorgen-benchmarks-") as name:
        folder, runs = Path(name), options.runs or _LIST_RUNS
        figures += large_lists(folder, options.sizes, runs=runs)
        figures += locked_lists(folder, options.sizes, runs=runs)
        if regsync:
            up_to = max(options.sizes) if options.all else UNGROUPED_UP_TO
            figures += regsync_loads(folder, options.sizes, regsync=regsync.path, ungrouped_up_to=up_to, runs=runs)
        (folder / "requests").mkdir()
        repositories, tags = options.requests
        requests = list(request_figures(folder / "requests", repositories=repositories, tags=tags)) if tags else []
        compared = list(comparisons(folder / "infrastructure", options.repositories, parallelism=_PARALLELISM))
    _write_json(options.json, figures, requests, compared, regsync)
    print(_table(figures))
    if requests:
        print(f"\nrequests for {repositories} repositories of {tags} tags; every run but the first has nothing to do")
        print(_request_table(requests))
        print(f"the first sync takes {_first_sync(requests):.2f} times as long as regsync alone; the goal is 1.1")
    if compared:
        print("\nTerraform with the module, and with a resource block for each repository and policy; state in S3")
        print(_comparison_table(compared))
        print(f"the module takes up to {max(one.ratio for one in compared):.2f} times as much; the goal is {GOAL}")
    print(f"\nwhole processes, medians; growth is 1 where time grows as fast as the list; written to {options.json}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", type=Path, default=DEFAULT_JSON, metavar="PATH", help="where the figures go")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="N", help="images of the large lists")
    parser.add_argument("--runs", type=int, metavar="N", help="runs of each; default: 15 of a start, 5 of a list")
    parser.add_argument(
        "--requests",
        type=int,
        nargs=2,
        default=(100, 10),
        metavar="N",
        help="repositories, and tags in each",
    )
    parser.add_argument(
        "--repositories", type=int, nargs="*", default=REPOSITORIES, metavar="N", help="how many Terraform makes"
    )
    parser.add_argument("--all", action="store_true", help="also what takes half a minute and gigabytes")
    return parser


def _regsync() -> Tool | None:
    try:
        return find_tool("regsync", ProcessRunner(), os.environ).usable()
    except MirrorgenError as error:
        print(f"without figures of regsync: {error.message}", file=sys.stderr)
        return None


def _write_json(
    path: Path,
    figures: Sequence[Figure],
    requests: Sequence[Requests],
    compared: Sequence[Comparison],
    regsync: Tool | None,
) -> None:
    document = {
        "mirrorgen": __version__,
        "regsync": regsync.version if regsync else None,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "figures": [asdict(figure) for figure in figures],
        "requests": [asdict(request) for request in requests],
        "infrastructure": [asdict(one) for one in compared],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _table(figures: Sequence[Figure]) -> str:
    rows = [_HEADER]
    previous: dict[str, Figure] = {}
    for figure in figures:
        usage = figure.usage
        smaller = previous.get(figure.what)
        rows.append(
            (
                figure.what,
                f"{figure.images:,}",
                f"{usage.wall_s:.2f}",
                f"{usage.cpu_s:.2f}",
                f"{usage.peak_mib:.0f}",
                f"{usage.cpu_s / figure.images * 1000:.2f}",
                f"{_growth(smaller, figure):.2f}" if smaller else "",
                figure.goal,
            )
        )
        previous[figure.what] = figure
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADER))]
    return "\n".join(_line(row, widths) for row in rows)


def _request_table(requests: Sequence[Requests]) -> str:
    rows: list[tuple[str, ...]] = [("", *KINDS, "wall s")]
    rows += [
        (request.what, *(f"{request.counts.get(kind, 0):,}" for kind in KINDS), f"{request.wall_s:.1f}")
        for request in requests
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(_line((*row, ""), [*widths, 0]) for row in rows)


def _comparison_table(compared: Sequence[Comparison]) -> str:
    rows: list[tuple[str, ...]] = [("", "repositories", "cpu s", "flat", "peak MiB", "flat", "ratio")]
    rows += [
        (
            one.step,
            f"{one.repositories:,}",
            f"{one.module.cpu_s:.1f}",
            f"{one.flat.cpu_s:.1f}",
            f"{one.module.peak_mib:.0f}",
            f"{one.flat.peak_mib:.0f}",
            f"{one.ratio:.2f}",
        )
        for one in compared
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(_line((*row, ""), [*widths, 0]) for row in rows)


def _first_sync(requests: Sequence[Requests]) -> float:
    wall_s = {request.what: request.wall_s for request in requests}
    return wall_s[FIRST_SYNC] / wall_s[FIRST_ONCE]


def _growth(smaller: Figure, larger: Figure) -> float:
    """How much faster than the list the processor time grows."""
    return (larger.usage.cpu_s / smaller.usage.cpu_s) / (larger.images / smaller.images)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *numbers, last = row
    cells = [first.ljust(widths[0])]
    cells += [number.rjust(width) for number, width in zip(numbers, widths[1:-1], strict=True)]
    return "  ".join([*cells, last]).rstrip()


if __name__ == "__main__":
    main()
