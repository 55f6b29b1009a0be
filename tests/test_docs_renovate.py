"""docs/renovate.md: what its patterns find in a list is what mirrorgen reads in it, in the forms that it claims.

Renovate is not run. What it does with `recursive` is in lib/modules/manager/custom/regex/strategies.ts: each pattern
is matched against the whole of what the one before it matched, and the groups of all of them are put together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from mirrorgen.master_list.reading import read_bytes
from mirrorgen.model.references import Source, parse_source
from tests.documents import ROOT, blocks_of, load_text, text_of
from tests.soaking import examples
from tests.unit.excerpts import EXCERPTS

RENOVATE = ROOT / "docs/renovate.md"
MANAGERS = json.loads(blocks_of(RENOVATE, "json")[0])["customManagers"]
EXAMPLE = blocks_of(RENOVATE, "yaml")[0]

Pairs = list[tuple[str, str]]


def found(text: str) -> Pairs:
    """Source and tag of all that Renovate would find, as it writes them."""
    pairs = [pair for manager in MANAGERS for pair in _recursive(text, manager["matchStrings"], {})]
    return sorted((_source(groups["depName"]), groups["currentValue"]) for groups in pairs)


def _recursive(text: str, patterns: list[str], groups: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    if not patterns:
        yield groups
        return
    first, *others = patterns
    for match in re2.finditer(first, text):
        yield from _recursive(match.group(0), others, {**groups, **match.groupdict()})


def _source(written: str) -> str:
    source = parse_source(written, ())
    assert isinstance(source, Source), written
    return str(source)


def read(text: str) -> Pairs:
    """Source and tag of all that mirrorgen reads."""
    document = read_bytes(text.encode(), file="images.yaml")
    assert not document.problems
    return sorted((_source(entry["source"]), tag) for entry in document.data["images"] for tag in entry["tags"])


def test_the_example_has_what_the_document_says(tmp_path: Path) -> None:
    assert load_text(EXAMPLE, tmp_path).is_usable
    assert found(EXAMPLE) == read(EXAMPLE)
    assert len(found(EXAMPLE)) == 6
    assert len({source for source, _ in found(EXAMPLE)}) == 3
    assert "six tags of three sources" in text_of(RENOVATE)


@pytest.mark.parametrize("name", ["images.yaml", "examples/tag-rules/images.yaml"])
def test_the_lists_of_this_repository(name: str, tmp_path: Path) -> None:
    text = text_of(ROOT / name)
    master_list = load_text(text, tmp_path).master_list
    assert master_list
    written = [image for image in master_list.images if not image.tags.is_mapping]
    assert found(text) == sorted((str(image.source), tag) for image in written for tag in image.tags.exact)


@pytest.mark.parametrize("form", ["[{}]", "[\n      {},\n    ]", "\n      - {}", "\n    - {} # why\n    # - 'x'"])
def test_lists_of_real_tags_in_each_form(form: str) -> None:
    between = re.sub(r".*\{\}|\],?$", "", form, flags=re.DOTALL)
    lists = ["images:\n"]
    for source, tags in EXCERPTS.items():
        quoted = [f'"{tag}"' for tag in tags]
        if "- " in form:
            item = form[: form.index("{}")]
            written = "".join(f"{item}{tag}{between}" for tag in quoted)
        else:
            written = " " + form.format(", ".join(quoted))
        lists.append(f"  - source: {source}\n    tags:{written}\n")
    text = "".join(lists)
    assert found(text) == read(text)
    assert len(found(text)) == sum(map(len, EXCERPTS.values()))


@pytest.mark.parametrize(
    "text",
    [
        "  - source: nginx\n    tags: [1.25.1, latest]\n",
        "  - source: nginx\n    tags:\n      - 1.25.1\n",
        '  - source: nginx\n    tags: ["1.25.1", # why\n      "1.24.0"]\n',
        '  - tags: ["1.25.1"]\n    source: nginx\n',
        '  - {source: nginx, tags: ["1.25.1"]}\n',
        '  - source: nginx\n    tags: {exact: ["1.25.1"]}\n',
        "  - source: nginx\n    tags: {match: ['v1']}\n",
        '  - source: nginx\r\n    tags: ["1.25.1"]\r\n',
    ],
)
def test_forms_that_are_not_claimed_find_nothing_and_nothing_wrong(text: str) -> None:
    following = '  - source: redis\n    tags: ["7.2"]\n'
    assert found(f"images:\n{text}{following}") == [("docker.io/library/redis", "7.2")]


# Whatever a list looks like in these forms

TAG = st.sampled_from(["1.25", "v2.48.0", "1.27.1-alpine", "latest", "a_b.c-d", "source", "tags"])
SOURCE = st.sampled_from(
    ["nginx", "docker.io/library/redis", "quay.io/a/b", "host:5000/x-y/z_z", '"ghcr.io/a/b"', "'x/y'"]
)
COMMENT = st.sampled_from(["", "", " # why", " # tags: ['0.1']", '  # - "0.2"'])
BETWEEN = st.lists(
    st.sampled_from(
        [
            "\n    owner: team",
            "\n    # tags: ['0.3']",
            "\n",
            "\n    ecr:\n      tags: {Team: web}",
            "\n    ecr: {tag_mutability: mutable}",
            "\n    update: ['1\\.2.*']",
            "\n  # - source: x",
        ]
    ),
    max_size=2,
    unique_by=lambda line: line[:9],
).map("".join)


@st.composite
def entries(draw: st.DrawFn) -> str:
    quotes = st.sampled_from("\"'")
    tags = [f"{quote}{tag}{quote}" for tag in draw(st.lists(TAG, min_size=1, max_size=4)) for quote in [draw(quotes)]]
    match draw(st.sampled_from(["one line", "brackets", "dashes"])):
        case "one line":
            written = f" [{', '.join(tags)}]{draw(COMMENT)}"
        case "brackets":
            written = " [\n" + ",\n".join(f"      {tag}" for tag in tags) + draw(st.sampled_from([",", ""])) + "\n    ]"
        case _:
            indent = draw(st.sampled_from(["    ", "      "]))
            above = st.sampled_from(["", "", "\n      # - 'old'", "\n"])
            written = draw(COMMENT) + "".join(f"{draw(above)}\n{indent}- {tag}{draw(COMMENT)}" for tag in tags)
    more = draw(st.sampled_from(["", "\n    expires: 2030-01-01", "\n    # the end", "\n"]))
    return f"  - source: {draw(SOURCE)}{draw(COMMENT)}{draw(BETWEEN)}\n    tags:{written}{more}"


@settings(max_examples=examples(300))
@given(st.lists(entries(), min_size=1, max_size=4), st.sampled_from(["\n", ""]))
def test_what_is_found_is_what_is_read(written: list[str], end: str) -> None:
    text = "images:\n" + "\n".join(written) + end
    assert found(text) == read(text)


def test_both_managers_look_at_the_list_and_at_nothing_else() -> None:
    for manager in MANAGERS:
        (pattern,) = manager["managerFilePatterns"]
        matching = re2.compile(pattern.strip("/"))
        assert [
            name
            for name in ("images.yaml", "a/images.yml", "myimages.yaml", "images.lock.yaml")
            if matching.search(name)
        ] == [
            "images.yaml",
            "a/images.yml",
        ]
        wanted: dict[str, Any] = {
            "customType": "regex",
            "matchStringsStrategy": "recursive",
            "datasourceTemplate": "docker",
        }
        assert manager | wanted == manager
