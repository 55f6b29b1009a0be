"""What is looked at in passing, and what is held against the schema, are told the same."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mirrorgen.master_list.document import Document
from mirrorgen.master_list.shape import check_shape, load_schema
from tests.soaking import examples

texts = st.sampled_from(["", "nginx", "1.25", "linux/amd64", f"sha256:{'a' * 64}"])
scalars = st.one_of(texts, st.integers(-1, 2), st.booleans(), st.none())
lists = st.lists(st.one_of(texts, scalars), max_size=3)
mappings = st.dictionaries(
    st.sampled_from(["exact", "digests", "match", "newest", "other"]), st.one_of(lists, scalars), max_size=2
)
values = st.one_of(texts, lists, scalars, mappings)
entries = st.one_of(
    st.fixed_dictionaries({"source": texts, "tags": st.lists(texts, max_size=2)}),
    st.fixed_dictionaries({"source": values, "tags": values}),
    st.dictionaries(st.sampled_from(["source", "tags", "platforms", "owner", "pin", "other"]), values, max_size=4),
    values,
)


@settings(max_examples=examples(500))
@given(st.lists(entries, max_size=4))
def test_a_list_has_problems_if_and_only_if_the_schema_says_so(images: list[Any]) -> None:
    data = {"images": images}
    expected = {tuple(error.absolute_path)[:3] for error in Draft202012Validator(load_schema()).iter_errors(data)}
    found = check_shape(Document("images.yaml", data))
    assert {problem.path[:2] for problem in found} == {path[:2] for path in expected}
