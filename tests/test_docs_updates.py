"""docs/updates.md against what the program finds."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

from mirrorgen.desired.updates import Reason, find_updates, left_alone
from mirrorgen.master_list.shape import load_schema
from tests.documents import CLI, ROOT, code, load_text, rows_of, text_of

UPDATES = ROOT / "docs/updates.md"


def spans(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_what_follows_what(tmp_path: Path) -> None:
    for tag, others, policy, added in rows_of(
        UPDATES, "the list has", "upstream has, too", "`update`", "what is added"
    ):
        entry = (
            f"images:\n  - source: quay.io/org/app\n    tags: [{json.dumps(code(tag))}]\n    update: {code(policy)}\n"
        )
        desired = load_text(entry, tmp_path).desired
        assert desired
        (found,) = find_updates(desired.entries, {"quay.io/org/app": [code(tag), *spans(others)]})
        assert found.newer == (None if added == "nothing" else code(added)), tag


def test_what_has_no_version(tmp_path: Path) -> None:
    (sentence,) = re.findall(r"\*\*What has no version\*\*.*?(?=\n- )", text_of(UPDATES), re.DOTALL)
    entry = f"images:\n  - source: quay.io/org/app\n    tags: {json.dumps(spans(sentence))}\n"
    desired = load_text(entry, tmp_path).desired
    assert desired
    assert [(found.reason, list(found.tags)) for found in left_alone(desired.entries)] == [
        (Reason.NO_VERSION, spans(sentence))
    ]


def test_every_policy_and_every_reason_is_there() -> None:
    words = [each for row in rows_of(UPDATES, "`update`", "a tag may be followed by") for each in spans(row[0])]
    assert sorted(words) == sorted(load_schema()["$defs"]["update"]["anyOf"][0]["enum"])
    (sentence,) = re.findall(r"`reason` of what is left alone\s+is (.*?);", text_of(CLI), re.DOTALL)
    assert sorted(spans(sentence)) == sorted(map(str, Reason))


def test_the_first_list_has_a_policy_of_each_kind() -> None:
    document = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", text_of(UPDATES), re.DOTALL)[0])
    assert [type(entry.get("update")) for entry in document["images"]] == [type(None), list, str]
