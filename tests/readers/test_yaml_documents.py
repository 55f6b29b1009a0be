"""Text of YAML and JSON becomes data with places, whatever is wrong with a part of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mirrorgen.readers.yaml_documents import Document, Tagged, read_documents, walk


def data_of(text: str) -> list[Any]:
    found = read_documents(text, "file.yaml")
    assert found.refused == ()
    return [document.data for document in found.documents]


def only(text: str) -> Document:
    (document,) = read_documents(text, "file.yaml").documents
    return document


def refused(text: str) -> list[tuple[int, int, str]]:
    return [(each.place.line, each.place.column, each.reason) for each in read_documents(text, "file.yaml").refused]


def test_scalars_are_the_text_that_stands_there() -> None:
    text = "[1.10, 0x1F, 2024-01-01, yes, 'null', \"true\", 1:30, null, ~, true, False]"
    written = ["1.10", "0x1F", "2024-01-01", "yes", "null", "true", "1:30", None, None, True, False]
    assert data_of(text) == [written]
    assert data_of('{"a": [1.10, NaN, null, true, "null"]}') == [{"a": ["1.10", "NaN", None, True, "null"]}]


def test_documents_are_read_one_by_one_and_empty_ones_are_none() -> None:
    text = "# Source: chart/a.yaml\n---\na: 1\n---\n# only a comment\n---\n---\nb: 2\n...\n---\n- c\n"
    assert data_of(text) == [{"a": "1"}, {"b": "2"}, ["c"]]


def test_values_of_json_may_follow_one_another() -> None:
    assert data_of('{"a":\t1}\n{"a": 2}[3]') == [{"a": "1"}, {"a": "2"}, ["3"]]


def test_aliases_and_merge_keys_are_followed() -> None:
    text = """
    x-a: &a {image: nginx, tag: one}
    x-b: &b {image: redis, other: two}
    both: {<<: [*a, *b], tag: own}
    twice:
      <<: *a
      <<: *b
    text: {"<<": kept}
    list: [*a]
    """
    data = only(text).data
    assert data["both"] == {"image": "nginx", "tag": "own", "other": "two"}
    assert data["twice"] == {"image": "nginx", "tag": "one", "other": "two"}
    assert data["text"] == {"<<": "kept"}
    assert data["list"] == [{"image": "nginx", "tag": "one"}]


def test_a_place_is_where_the_text_is_even_behind_an_alias_or_a_broken_document() -> None:
    text = "a: [\n---\nb: &b\n  image: 'nginx'\nc: {<<: *b}\n"
    document = only(text)
    for path in [("b", "image"), ("c", "image")]:
        assert str(document.place(path)) == "file.yaml:4:10"
        assert text[slice(*document.extent(path))] == "'nginx'"
    assert document.place(("b", "other")) == document.place(("b",))


def test_a_place_in_json_is_exact() -> None:
    text = '{"a": "x",\n "b": [\n  {"image": "x"}, {"a": {}, "im\\u0061ge" : "x"}\n]}\n'
    document = only(text)
    assert str(document.place(("b", 1, "image"))) == "file.yaml:3:44"
    assert text[slice(*document.extent(("b", 1, "image")))] == '"x"'
    assert text[slice(*document.extent(("b", 0)))] == '{"image": "x"}'
    assert document.place(("b", 7)) == document.place(("b",))


def test_a_type_tag_of_another_program_is_kept() -> None:
    assert data_of("a: !Sub '${X}/app'\nb: !!str 1.10\nc: !reset null\nd: !Join [a]") == [
        {"a": Tagged("!Sub", "${X}/app"), "b": "1.10", "c": Tagged("!reset", "null"), "d": Tagged("!Join", ["a"])}
    ]


BROKEN = {
    "never closed": ("b: 'x", (4, 1), "unexpected end of stream"),
    "template": ("{{- if .x }}\nimage: y", (3, 3), "is not YAML"),
    "control character": ("b: c\x01", (3, 5), "U+0001"),
    "half a character": ("b: \ud800", (3, 4), "U+D800"),
    "no such character": ('b: "\\UFFFFFFFF"', (3, 4), "is not YAML"),
    "alias without anchor": ("b: *c", (3, 4), "no anchor stands before the alias *c"),
    "alias in itself": ("b: &b [*b]", (3, 8), "stands within what it repeats"),
    "deep in brackets": ("b: " + "[" * 300, (3, 203), "nested more than 200 deep"),
    "deep in lines": ("- " * 300, (3, 401), "nested more than 200 deep"),
    "bomb": (
        "\n".join(["a0: &a0 [x]", *(f"a{i}: &a{i} [{f'*a{i - 1},' * 10}]" for i in range(1, 9))]),
        (9, 11),
        "alias",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_document_that_cannot_be_read_is_refused_and_the_others_are_read(name: str) -> None:
    broken, _, reason = BROKEN[name]
    found = read_documents(f"a: 1\n---\n{broken}\n---\nz: 1\n", "file.yaml")
    assert [document.data for document in found.documents] == [{"a": "1"}, {"z": "1"}]
    assert [document.place(("z",)).line for document in found.documents[1:]] == [broken.count("\n") + 5]
    (refusal,) = found.refused
    assert reason in refusal.reason
    assert refusal.path == "(document)"


def test_a_bomb_of_merges_ends() -> None:
    maps = [f"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}], k{i}: {{<<: *a{i - 1}}}}}" for i in range(1, 40)]
    (refusal,) = read_documents("\n".join(["a0: &a0 {k: v}", *maps]), "file.yaml").refused
    assert "aliases repeat more than" in refusal.reason


def test_a_key_that_hides_another_is_named() -> None:
    assert refused("a:\n  b: 1\n  b: 2\n") == [
        (3, 6, "this key stands a second time in one mapping, and what stood there first is not read")
    ]
    assert refused('{"a": 1, "a": 2}')
    assert refused("a: 1\na: 1\n") == []


def test_what_belongs_to_a_key_that_is_no_text_is_named() -> None:
    (line, column, reason), *_ = refused("a:\n  {{ x }}: nginx\n")
    assert (line, column) == (2, 4)
    assert "stands here as a key" in reason


def test_json_nested_deeper_than_its_parser_goes_is_refused() -> None:
    (refusal,) = read_documents("[" * 100_000 + "]" * 100_000, "file.yaml").refused
    assert "nest" in refusal.reason


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers().map(str) | st.text(max_size=5).filter(str.isprintable),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(PLAIN.filter(lambda data: isinstance(data, dict | list)), st.sampled_from([None, 2]))
def test_what_other_programs_wrote_comes_back_with_the_place_of_each_value(data: Any, indent: int | None) -> None:
    as_json = [json.dumps(data, indent=indent), json.dumps(data, indent=indent, ensure_ascii=False)]
    for text in [*as_json, yaml.safe_dump(data)]:
        load = json.loads if text in as_json else yaml.safe_load
        document = only(text)
        assert document.data == data
        for path, value in walk(document.data):
            written = text[slice(*document.extent(path))]
            line = text.splitlines(keepends=True)[document.place(path).line - 1]
            assert isinstance(value, dict | list) or load(written) == value
            assert line[document.place(path).column - 1 :].startswith(written[:1])


@given(st.text(st.characters(), max_size=60) | st.text("{}[]:-,&*!|>'\"#%@`? \n\ta<", max_size=60))
def test_no_text_raises(text: str) -> None:
    found = read_documents(text, "file.yaml")
    for document in found.documents:
        for path, _ in walk(document.data):
            assert document.place(path).line >= 1
