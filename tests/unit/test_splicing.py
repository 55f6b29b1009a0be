"""What becomes of the text of a list: every character that is not a tag stays where it was."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mirrorgen.desired.updates import find_updates
from mirrorgen.master_list.document import Document
from mirrorgen.master_list.reading import read_bytes
from mirrorgen.master_list.splicing import TagList, find_tags, with_tags
from mirrorgen.model.allowances import Allowances
from mirrorgen.operations.upstream.rewriting import Rewritten, rewrite
from tests.documents import load_text
from tests.soaking import examples

UPSTREAM = {"docker.io/library/nginx": ["1.28.0", "1.29.0"], "quay.io/org/app": ["v1.9", "v2.0"]}


def rewritten(text: str, folder: Path, keep: int | None = None) -> Rewritten:
    loaded = load_text(text, folder)
    assert loaded.desired
    assert loaded.is_usable, loaded.problems
    result = rewrite(loaded, find_updates(loaded.desired.entries, UPSTREAM, keep=keep), Allowances.read([]))
    assert result.trouble is None
    return result


NGINX = "images:\n  - source: nginx\n"


@pytest.mark.parametrize(
    ("keep", "before", "after"),
    [
        # On one line, in the quotes of its neighbour, on the side on which the list has newer tags.
        (None, '    tags: ["1.27.1"] # web\n', '    tags: ["1.29.0", "1.27.1"] # web\n'),
        (None, "    tags: ['1.27.1', '1.26.0']\n", "    tags: ['1.29.0', '1.27.1', '1.26.0']\n"),
        (None, "    tags: ['1.26.0', '1.27.1']\n", "    tags: ['1.26.0', '1.27.1', '1.29.0']\n"),
        (None, "    tags: [ 1.26.0, 1.27.1, latest ]\n", "    tags: [ 1.26.0, 1.27.1, 1.29.0, latest ]\n"),
        (None, '    tags: ["1.26.0","1.27.1",]\n', '    tags: ["1.26.0","1.27.1", "1.29.0",]\n'),
        (None, '    tags: {exact: ["1.27.1"]}\n', '    tags: {exact: ["1.29.0", "1.27.1"]}\n'),
        (1, '    tags: ["1.27.1"] # web\n', '    tags: ["1.29.0"] # web\n'),
        (1, "    tags: [&now 1.27.1, '1.26.0']\n", "    tags: [&now 1.29.0]\n"),
        (2, '    tags: ["1.27.1", "1.26.0", "1.25.0", "x"]\n', '    tags: ["1.29.0", "1.27.1", "x"]\n'),
        (2, '    tags: ["x", "1.25.0", "1.26.0", "1.27.1"]\n', '    tags: ["x", "1.27.1", "1.29.0"]\n'),
        # A line for each.
        (None, '    tags:\n      - "1.27.1" # why\n      - x\n',
               '    tags:\n      - "1.29.0"\n      - "1.27.1" # why\n      - x\n'),
        (None, "    tags:\n    -   1.26.0\n    -   1.27.1 # why\n",
               "    tags:\n    -   1.26.0\n    -   1.27.1 # why\n    -   1.29.0\n"),
        (1, "    tags:\n      - 1.27.1 # why\n", "    tags:\n      - 1.29.0 # why\n"),
        (2, "    tags:\n      - 1.27.1 # why\n      - 1.26.0\n\n      # end\n    owner: me\n",
            "    tags:\n      - 1.29.0\n      - 1.27.1 # why\n\n      # end\n    owner: me\n"),
        (None, '    tags:\n      - "1.27.1"', '    tags:\n      - "1.29.0"\n      - "1.27.1"'),
        (None, "    tags:\n      - 1.26.0\n      - 1.27.1",
               "    tags:\n      - 1.26.0\n      - 1.27.1\n      - 1.29.0"),
        # A comment above a tag stays above it.
        (None, "    tags:\n      # why\n      - 1.27.1\n      - x\n",
               "    tags:\n      # why\n      - 1.27.1\n      - 1.29.0\n      - x\n"),
        # A line for each, in brackets.
        (None, '    tags: [\n      "1.27.1", # why\n      "x",\n    ]\n',
               '    tags: [\n      "1.29.0",\n      "1.27.1", # why\n      "x",\n    ]\n'),
        (None, '    tags: [\n      "1.26.0",\n      "1.27.1" # why\n    ]\n',
               '    tags: [\n      "1.26.0",\n      "1.27.1", # why\n      "1.29.0"\n    ]\n'),
        (None, '    tags: [\n      "1.26.0", # old\n      # new\n      "1.27.1",\n    ]\n',
               '    tags: [\n      "1.26.0", # old\n      # new\n      "1.27.1",\n      "1.29.0",\n    ]\n'),
        (2, '    tags: [\n      "1.27.1", # why\n      "1.26.0",\n      "1.25.0"\n    ]\n',
            '    tags: [\n      "1.29.0",\n      "1.27.1", # why\n    ]\n'),
        (None, '    tags: ["1.26.0", # old\n      "1.27.1"]\n',
               '    tags: ["1.26.0", # old\n      "1.27.1", "1.29.0"]\n'),
        # The breaks between lines stay what they are.
        (2, "    tags:\r\n      - 1.27.1\r\n      - 1.26.0\r\n      - x\r\n",
            "    tags:\r\n      - 1.29.0\r\n      - 1.27.1\r\n      - x\r\n"),
        (None, "    tags: [\r\n      1.27.1, # why\r\n      x\r\n    ]\r\n",
               "    tags: [\r\n      1.29.0,\r\n      1.27.1, # why\r\n      x\r\n    ]\r\n"),
    ],
)  # fmt: skip
def test_the_text_after_it(keep: int | None, before: str, after: str, tmp_path: Path) -> None:
    head = NGINX.replace("\n", "\r\n") if "\r\n" in before else NGINX
    loaded = load_text("", tmp_path)
    loaded.path.write_bytes((head + before).encode())
    result = rewritten_file(loaded.path, keep)
    assert (result.text, result.by_hand) == (head + after, ())


def rewritten_file(path: Path, keep: int | None) -> Rewritten:
    return rewritten(path.read_bytes().decode(), path.parent, keep)


@pytest.mark.parametrize(
    ("keep", "tags", "after", "what", "line"),
    [
        # A comment says why a tag is there: taking it out is not for a program.
        (1, '    tags:\n      - "1.27.1"\n      - "1.26.0" # team x\n',
            '    tags:\n      - "1.29.0"\n      - "1.26.0" # team x\n', "1.26.0 out", 5),
        (1, '    tags:\n      - "1.27.1"\n      # team x\n      - "1.26.0"\n',
            '    tags:\n      - "1.29.0"\n      # team x\n      - "1.26.0"\n', "1.26.0 out", 6),
        (1, '    tags: ["1.27.1", # team x\n      "1.26.0"]\n',
            '    tags: ["1.29.0", # team x\n      "1.26.0"]\n', "1.26.0 out", 4),
        (1, '    tags: ["1.27.1", &old "1.26.0"]\n', '    tags: ["1.29.0", &old "1.26.0"]\n', "1.26.0 out", 3),
        # Unusual, and so left as it is.
        (None, '    tags: ["1.27\\x2e1"]\n', '    tags: ["1.27\\x2e1"]\n', "1.29.0 beside 1.27.1", 3),
        (None, '    tags: &all ["1.27.1"]\n', '    tags: &all ["1.27.1"]\n', "1.29.0 beside 1.27.1", 3),
        (None, "    tags:\n      -\n        1.27.1\n",
               "    tags:\n      -\n        1.27.1\n", "1.29.0 beside 1.27.1", 5),
    ],
)  # fmt: skip
def test_what_is_left_to_people_has_its_line(
    keep: int | None, tags: str, after: str, what: str, line: int, tmp_path: Path
) -> None:
    result = rewritten(NGINX + tags, tmp_path, keep)
    assert result.text == NGINX + after
    assert [(left.what, left.line) for left in result.by_hand] == [(what, line)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('&t ["v1.0"]', "*t"),
        ('[&t "v1.0"]', "[*t]"),
        ('{exact: &t ["v1.0"]}', "{exact: *t}"),
        ('&t {exact: ["v1.0"]}', "*t"),
    ],
)
def test_what_entries_share_by_an_alias_is_left_to_people(first: str, second: str, tmp_path: Path) -> None:
    text = (
        f"images:\n  - source: quay.io/org/app\n    tags: {first}\n"
        f"  - source: ghcr.io/org/app\n    tags: {second}\n"
        '  - source: nginx\n    tags: ["1.27.1"]\n'
    )
    result = rewritten(text, tmp_path)
    assert result.text == text.replace('"1.27.1"', '"1.29.0", "1.27.1"')
    assert [(left.what, left.line) for left in result.by_hand] == [("v1.9 beside v1.0", 3)]


def test_everything_else_stays_to_the_last_character(tmp_path: Path) -> None:
    text = """\
%YAML 1.1
---
# A list, with a comment at its head.
version: 1


images:   # the images
- {source: nginx, tags: ["1.27.1"], owner: &team "web"}   # short
- source:   "quay.io/org/app"
  owner: *team
  tags:
    exact:
      - 'v1.0'    # first

      - 'x'
...
"""
    after = text.replace('"1.27.1"', '"1.29.0", "1.27.1"').replace("      - 'v1.0'", "      - 'v1.9'\n      - 'v1.0'")
    assert rewritten(text, tmp_path).text == after


def test_a_plain_tag_that_would_be_read_as_a_number_gets_quotes() -> None:
    tags = TagList("[08, x]")
    assert tags.replaced("08", "10").text == '["10", x]'


def test_a_list_that_would_not_be_valid_any_more_is_not_to_be_written(tmp_path: Path) -> None:
    rules = (
        '{rulePriority: 1, selection: {tagStatus: tagged, tagPrefixList: ["1.29"], countType: imageCountMoreThan, '
        "countNumber: 1}, action: {type: expire}}"
    )
    text = f'{NGINX}    tags: ["1.29.0-x", "1.27.1"]\n    ecr: {{lifecycle: {{rules: [{rules}]}}}}\n'
    loaded = load_text(text, tmp_path)
    assert loaded.desired
    assert loaded.is_usable, loaded.problems
    result = rewrite(loaded, find_updates(loaded.desired.entries, UPSTREAM), Allowances.read([]))
    assert result.trouble
    assert "lifecycle" in result.trouble


# Whatever a list looks like

TAG = st.sampled_from(
    ["1.0", "1.1", "v2", "latest", "3.19-alpine", "0x1f", "2024-01-01", "1_0", "yes", "~x".strip("~")]
)
QUOTES = st.sampled_from(['"', "'"])
COMMENTS = st.sampled_from(["", "", " # why", "   #"])
BREAKS = st.sampled_from(["\n", "\r\n"])


@st.composite
def written_lists(draw: st.DrawFn) -> tuple[str, list[str], str]:
    """A list in any of its forms, the tags in it, and the break between its lines."""
    tags = draw(st.lists(TAG, min_size=1, max_size=5, unique=True))
    line = draw(BREAKS)
    quoted = [quote + tag + quote for tag in tags for quote in [draw(QUOTES)]]
    above = [draw(st.sampled_from(["", "", f"      # above{line}", line])) for _ in tags]
    behind = [draw(COMMENTS) for _ in tags]
    match draw(st.sampled_from(["one line", "brackets", "dashes"])):
        case "one line":
            text = f" [{draw(st.sampled_from(['', ' ']))}{', '.join(quoted)}]{behind[0]}{line}"
        case "brackets":
            comma = draw(st.sampled_from([",", ""]))
            rows = [
                f"{before}      {tag}{',' if place < len(tags) - 1 else comma}{after}{line}"
                for place, (before, tag, after) in enumerate(zip(above, quoted, behind, strict=True))
            ]
            text = f" [{behind[0]}{line}{''.join(rows)}    ]{line}"
        case _:
            rows = [f"{a}      - {tag}{after}{line}" for a, tag, after in zip(above, quoted, behind, strict=True)]
            text = f"{behind[0]}{line}{''.join(rows)}"
    return f"images:{line}  - source: x{line}    tags:{text}    owner: me # him{line}", tags, line


def tags_of(document: Document) -> list[str]:
    return list(document.data["images"][0]["tags"])


@settings(max_examples=examples(300))
@given(written=written_lists(), data=st.data())
def test_whatever_is_put_in_or_taken_out_nothing_else_changes(
    written: tuple[str, list[str], str], data: st.DataObject
) -> None:
    text, tags, line = written
    document = read_bytes(text.encode(), file="images.yaml")
    assert tags_of(document) == tags
    place = find_tags(document, ("images", 0, "tags"), len(tags))
    assert place
    tag, before = data.draw(st.sampled_from(tags)), data.draw(st.booleans())
    added, shorter = place.tags.added("9.9.9", beside=tag, before=before), place.tags.without(tag)
    changed = [(place.tags.replaced(tag, "9.9.9"), 1), (added, 1), (shorter, 0)]
    for made, count in changed:
        if made is None:
            continue
        after = with_tags(document, [type(place)(place.start, place.end, made)])
        again = read_bytes(after.encode(), file="images.yaml")
        assert not again.problems
        assert again.data["images"][0] | {"tags": 0} == document.data["images"][0] | {"tags": 0}
        assert tags_of(again).count("9.9.9") == count
        assert [each for each in tags_of(again) if each != "9.9.9"] == [
            each for each in tags if each != tag or made is added
        ]
        assert comments_by_tag(after, skip="9.9.9") == comments_by_tag(text, skip=tag if made is not added else "")
        assert ("\r\n" in after) == (line == "\r\n")
        assert "\n" not in after.replace(line, "")


def comments_by_tag(text: str, *, skip: str) -> list[tuple[str, str]]:
    """Each comment with the tag on its line, or else on the next line that has one; brackets count as none."""
    found, waiting = [], []
    for line in text.splitlines():
        value, mark, comment = line.partition("#")
        tag = next((str(each) for each in _scalars(value)), "")
        if mark:
            waiting.append(comment)
        if tag or value.strip():
            found += [("" if tag == skip else tag, each) for each in waiting]
            waiting = []
    return found


def _scalars(value: str) -> list[object]:
    try:
        read = yaml.safe_load(value.strip().removeprefix("- ").rstrip(","))
    except yaml.YAMLError:
        return []
    return [read] if isinstance(read, str) else []
