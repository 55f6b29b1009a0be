"""A result as a comment: however much there is, it fits, what matters is in it, and the rest is counted."""

from __future__ import annotations

import re

import pytest

from mirrorgen.model.references import Source
from mirrorgen.operations.planning import MirrorPlan
from mirrorgen.outcomes import Failure, Kind, TagRef
from mirrorgen.reporting.formats import ResultFormat
from mirrorgen.reporting.plans import view_plan
from mirrorgen.reporting.views import COMMENT_BYTES, Block, Code, Items, Line, Table, View, show
from mirrorgen.tools.terraform import REPOSITORY, Change

MANY = 5_000


def comment(*blocks: Block) -> str:
    return show(View({}, blocks), ResultFormat.MARKDOWN)


def counts(text: str) -> list[int]:
    return [int(found) for found in re.findall(r"^Left out here: (\d+) more\.$", text, re.MULTILINE)]


def test_a_plan_for_a_whole_registry_is_a_comment_that_counts_what_it_leaves_out() -> None:
    names = [f"mirror/docker-hub/team-{number}/app" for number in range(MANY)]
    plan = MirrorPlan(
        changes=(
            *(Change(name, REPOSITORY, name, "create") for name in names),
            Change("old", REPOSITORY, "mirror/old", "delete"),
        ),
        copies=tuple(TagRef(name, f"1.{tag}") for name in names for tag in range(3)),
        failures=(Failure(TagRef(names[7]), Kind.UNAVAILABLE, "connection refused"),),
        sources={name: (Source("docker.io", name.removeprefix("mirror/docker-hub/")),) for name in names},
        lost={"mirror/old": 3},
    )
    text = show(view_plan(plan), ResultFormat.MARKDOWN)
    assert COMMENT_BYTES * 0.9 < len(text.encode()) <= COMMENT_BYTES
    assert 2 * COMMENT_BYTES < 65_536
    assert text.startswith("Repositories: 5000 to create, 1 to destroy. Tags: 15000 to copy. Failed: 1.\n")
    # What is short is there as a whole, and each of the two long ones has its share.
    assert "- `mirror/old (images: 3)`\n" in text
    assert "- `mirror/docker-hub/team-7/app: connection refused [unavailable]`\n" in text
    shown = [
        len(re.findall(pattern, text, re.MULTILINE)) for pattern in (r"^\| `mirror/", r"^- `mirror/.*: 1\.0, 1\.1")
    ]
    assert counts(text) == [MANY + 1 - shown[0], MANY - shown[1]]
    assert min(shown) > 100


def test_what_fits_is_shown_whole() -> None:
    text = comment(Items("Tags", [f"tag-{number}" for number in range(200)]))
    assert (text.count("- `tag-"), counts(text)) == (200, [])


def test_a_table_that_is_cut_is_still_a_table_and_its_count_a_paragraph() -> None:
    text = comment(Table(("a",), [(str(number),) for number in range(MANY)]))
    shown = text.count("\n| ")
    assert text.endswith(f"| {shown - 1} |\n\nLeft out here: {MANY - shown} more.\n")


def test_code_that_is_cut_has_whole_paragraphs_alone() -> None:
    blocks = [f'import {{\n  to = aws_ecr_repository.this["{number}"]\n}}\n' for number in range(MANY)]
    text = comment(Code("Imports", "hcl", "\n".join(blocks)))
    (code,) = re.findall(r"```hcl\n(.*?)```\n", text, re.DOTALL)
    shown = code.count("import {")
    assert code == "\n".join(blocks[:shown])
    assert counts(text) == [MANY - shown]


@pytest.mark.parametrize("long", ["x" * 100_000, "`" * 100_000, "\N{SPOUTING WHALE}|" * 50_000, "\\|" * 50_000])
def test_one_endless_text_takes_no_more_than_its_share(long: str) -> None:
    text = comment(
        Line(long), Table(("a", "b"), [(long, "1"), ("short", "2")]), Items("Items", [long, "short"]), Line("end")
    )
    assert len(text.encode()) <= COMMENT_BYTES
    assert text.endswith("\nend\n")


def test_blocks_without_number_are_counted_too() -> None:
    text = comment(*(Items(f"Title {number}", ["a", "b"]) for number in range(MANY)))
    assert len(text.encode()) <= COMMENT_BYTES
    assert counts(text) == [MANY - text.count("### ")]
