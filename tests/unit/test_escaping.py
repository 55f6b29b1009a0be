"""Text from outside stays text: whatever it holds, a parser of the medium reads back what was written, and no more."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from prometheus_client.parser import text_string_to_metric_families

from mirrorgen.destinations.registry.target import RegistryTarget
from mirrorgen.operations.holding.status import Status
from mirrorgen.outcomes import Failure, Kind, TagRef
from mirrorgen.problems import Problem
from mirrorgen.reporting.escaping import markdown, printable
from mirrorgen.reporting.formats import ProblemFormat, ResultFormat
from mirrorgen.reporting.metrics import format_metrics
from mirrorgen.reporting.page import format_page
from mirrorgen.reporting.problems import format_problems
from mirrorgen.reporting.views import Code, Items, Line, Table, View, show
from tests.soaking import examples
from tests.statuses import repository_status

# What the media read, so that the fuzz comes upon it often.
SPICE = [
    "|", "\\|", "`", "``", "\n", "\r", "\\", '"', "'", "<b>", "</script>", "<!--", "&amp;", "&#64;", "@team", "#1",
    "[x](https://example.com)", "![x](y)", "https://example.com", "www.example.com", "**", "_", "~~", "- ", "1. ",
    "::error::", "::", "%0A", "%", "##[error]", ",", ":", "{{ x }}", "{%", "]]>", "\0", "\x1b[31m", "\x85", "\u2028",
    "\u202e", "\ud800", " ",
]  # fmt: skip
texts = st.lists(st.sampled_from(SPICE) | st.text(max_size=5), max_size=8).map("".join)
fuzz = settings(max_examples=examples(500))


def one_line(text: str) -> str:
    return printable(" ".join(text.split()))


def parsed(text: str) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(text)


def tags(tokens: list[Token]) -> list[str]:
    return [token.type for token in tokens if token.type != "inline"]


def code_of(token: Token) -> str:
    """The one code span of an inline token, which has nothing beside it."""
    assert token.children is not None
    if not token.children:
        return ""
    (child,) = token.children
    assert child.type == "code_inline"
    return child.content


@fuzz
@given(st.lists(st.tuples(texts, texts, texts), min_size=1, max_size=3))
def test_cells_of_a_markdown_table(rows: list[tuple[str, str, str]]) -> None:
    tokens = parsed(show(View({}, [Table(("a", "b", "c"), rows)]), ResultFormat.MARKDOWN))
    body = tokens[[token.type for token in tokens].index("tbody_open") :]
    cells = [code_of(token) for token in body if token.type == "inline"]
    assert cells == [one_line(cell) for row in rows for cell in row]
    assert "html_block" not in tags(tokens)


@fuzz
@given(st.lists(texts.filter(str.strip), min_size=1, max_size=3))
def test_items_of_a_markdown_list(lines: list[str]) -> None:
    tokens = parsed(show(View({}, [Items("Title", lines)]), ResultFormat.MARKDOWN))
    items = tokens[tags(tokens).index("bullet_list_open") :]
    assert [code_of(token) for token in items if token.type == "inline"] == [one_line(line) for line in lines]


@fuzz
@given(texts.filter(str.strip))
@example("Tags copied: 1, up to date: 2. All 3 tags are in harbor.example.com:5000.")
@example("www.example.com is linked")
@example("a :rocket: flies")
def test_sentences_in_markdown(text: str) -> None:
    tokens = parsed(show(View({}, [Line(text)]), ResultFormat.MARKDOWN))
    assert tags(tokens) == ["paragraph_open", "paragraph_close"]
    (inline,) = (token for token in tokens if token.type == "inline")
    assert inline.children
    (child,) = inline.children
    assert child.type in {"text", "code_inline"}
    assert child.content == (text.rstrip(" ") if child.type == "text" else one_line(text))
    # What GitHub reads beyond CommonMark: links, mentions, issues, emoji.
    assert child.type == "code_inline" or not re.search(r"www\.|://|@|#|:\w+:", text, re.IGNORECASE)


@fuzz
@given(texts.map(printable).filter(str.strip))
@example("```\n# a heading\n```\n")
def test_blocks_of_code_in_markdown(text: str) -> None:
    tokens = parsed(show(View({}, [Code("Title", "hcl", text)]), ResultFormat.MARKDOWN))
    assert tags(tokens) == ["heading_open", "heading_close", "fence"]
    assert tokens[-1].info == "hcl"
    assert tokens[-1].content.removesuffix("\n") == text.removesuffix("\n")


def test_our_own_sentences_are_not_code() -> None:
    text = "Tags copied: 1, up to date: 2, failed: 0. All 3 tags of the list are in harbor.example.com."
    assert markdown(text) == text


class Visible(HTMLParser):
    """What a page shows in its table of problems, and every tag and attribute that it has."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.cells: list[str] = []
        self.structure: list[tuple[str, tuple[str, ...]]] = []
        self._in_cell = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.structure.append((tag, tuple(name for name, _ in attrs)))
        if tag == "td":
            self.cells.append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        self._in_cell = self._in_cell and tag != "td"

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.cells[-1] += data


def page_of(reason: str, owner: str) -> Visible:
    ref = TagRef("mirror/app", "1")
    failure = Failure(ref, Kind.OTHER, reason)
    found = repository_status("mirror/app", owner=owner)
    now = datetime(2026, 1, 31, tzinfo=UTC)
    return Visible(format_page(Status(now, RegistryTarget("harbor.example.com"), (found,), (), (failure,), ())))


PLAIN = page_of("reason", "owner")


@settings(max_examples=examples(100))
@given(texts, texts)
def test_cells_of_the_page(reason: str, owner: str) -> None:
    page = page_of(reason, owner)
    assert page.structure == PLAIN.structure
    assert page.cells[2] == printable(reason)
    assert printable(owner) in page.cells


@fuzz
@given(texts)
def test_labels_of_metrics(name: str) -> None:
    now = datetime(2026, 1, 31, tzinfo=UTC)
    status = Status(now, RegistryTarget("harbor.example.com"), (repository_status(name),), (), (), ())
    families = text_string_to_metric_families(format_metrics(status))
    (exists,) = (family for family in families if family.name == "mirrorgen_repository_exists")
    (sample,) = exists.samples
    assert sample.labels == {"repository": printable(name)}


def run_by_github(output: str) -> list[tuple[str, dict[str, str], str]]:
    """The commands that actions/runner reads from output: `TryParseV2`, src/Runner.Common/ActionCommand.cs."""
    commands = []
    for line in re.split(r"\r\n|\r|\n", output):
        match = re.fullmatch(r"\s*::([^ :]+)(?: (.*?))?::(.*)", line, re.DOTALL)
        if match:
            name, properties, data = match.groups()
            pairs = (pair.split("=", 1) for pair in (properties or "").split(",") if "=" in pair)
            commands.append((name, {key: unescaped(value, "%3A :", "%2C ,") for key, value in pairs}, unescaped(data)))
    return commands


def unescaped(text: str, *also: str) -> str:
    for code, char in [("%0D", "\r"), ("%0A", "\n"), *(pair.split(" ") for pair in also), ("%25", "%")]:
        text = text.replace(code, char)
    return text


@fuzz
@given(texts, texts, texts)
def test_annotations_on_github(message: str, hint: str, file: str) -> None:
    problem = Problem("unknown-key", message, (), hint, file=file, line=3, column=7)
    (command,) = run_by_github(format_problems([problem], ProblemFormat.GITHUB))
    said = f"{message}\nhint: {hint}" if hint else message
    expected: Any = {"file": printable(file), "line": "3", "col": "7", "title": "unknown-key"}
    assert command == ("error", expected, printable(said))


@pytest.mark.parametrize("char", ["\0", "\x1b", "\x85", "\u202e", "\u2066", "\ud800"])
def test_what_is_not_shown_or_turns_text_around_is_replaced(char: str) -> None:
    assert printable(f"a{char}b") == "a\ufffdb"


def test_what_is_shown_stays() -> None:
    assert printable("tab\tline\nGr\u00fc\u00df \u05e9 \U0001f433") == "tab\tline\nGr\u00fc\u00df \u05e9 \U0001f433"
