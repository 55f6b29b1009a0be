"""README.md and docs/ as data: their tables and code blocks, for the tests that compare them with the program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mirrorgen.project import Loaded, load

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
CLI = ROOT / "docs/cli.md"
FIELDS = ROOT / "docs/images-yaml.md"
PROBLEMS = ROOT / "docs/problems.md"
AWS = ROOT / "docs/setup-aws.md"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "terraform/README.md"])
BY_NAME = [path.relative_to(ROOT).as_posix() for path in DOCUMENTS]

MINIMAL = 'images:\n  - source: docker.io/library/nginx\n    tags: ["1.25"]\n'


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def rows_of(path: Path, *header: str) -> list[list[str]]:
    """The rows of the one table, or of all tables, with exactly this header."""
    start = f"| {' | '.join(header)} |"
    rows: list[list[str]] = []
    lines = iter(text_of(path).splitlines())
    for line in lines:
        if line.strip() != start:
            continue
        next(lines)
        for row in lines:
            if not row.strip().startswith("|"):
                break
            rows.append([cell.strip() for cell in row.strip().strip("|").split("|")])
    assert rows, f"{path.name} has no table {start}"
    return rows


def code(cell: str) -> str:
    """The first code span of a cell."""
    match = re.search(r"`([^`]+)`", cell)
    assert match, f"no code in {cell!r}"
    return match.group(1)


def blocks_of(path: Path, language: str) -> list[str]:
    """The code blocks of a language, also those indented in a list."""
    pattern = rf"^( *)```{language}\n(.*?)^\1```$"
    return [match.group(2) for match in re.finditer(pattern, text_of(path), re.MULTILINE | re.DOTALL)]


def as_pattern(shown: str) -> str:
    """What a page shows as a pattern: a line of `…` is any lines, another `…` anything in its line."""
    return "".join(
        r"(?:.*\n)*?" if line.strip() == "…" else rf"{re.escape(line).replace('…', '.*')}\n"
        for line in shown.splitlines()
    )


def require_text(path: Path, expected: str, config: pytest.Config) -> None:
    """Compare a document with what it should be; with --update-golden write it and fail."""
    if text_of(path) == expected:
        return
    update = config.getoption("--update-golden")
    if update:
        path.write_text(expected, encoding="utf-8")
    pytest.fail(f"{path.name} was {'rewritten' if update else 'out of date: run pytest with --update-golden'}")


def load_text(text: str, folder: Path) -> Loaded:
    path = folder / "images.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path)
