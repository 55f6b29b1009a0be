"""Markdown: whatever text holds, a parser reads back the same cells, items, sentences and blocks of code.

Thousands of texts are written at once, with room for all of them; and once more as a comment, which has room for some.
"""

from __future__ import annotations

import re

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from mirrorgen.reporting.escaping import markdown
from mirrorgen.reporting.formats import ResultFormat
from mirrorgen.reporting.views import COMMENT_BYTES, Block, Code, Items, Line, Table, View, show
from tests.fuzz.hostile import batches, hold
from tests.fuzz.readers import visible
from tests.soaking import TEXTS

# What CommonMark and GitHub read.
PIECES = (
    *("|", "\\|", "`", "``", "\n", "\r", "\t", "\\", "<b>", "<!--", "-->", "<script>", "</td>", "&amp;", "&#64;"),
    *("**", "_", "~~", "- ", "1. ", "# ", "> ", "---", "===", "|---|", "    ", "  \n", "~~~", "$x$", "[^1]", "]("),
    *("@team", "#1", "GH-1", ":rocket:", "[x](https://example.com)", "[x]: y", "https://x.example", "www.example.com"),
)  # fmt: skip
# What sentences of ours are made of, and what in them would be more than text.
WORDS = (
    *("Tags", "copied: 1", ", ", ". ", " ", "-", "(", ")", "'", "=", ";"),
    *("www", ".", "a:b", ": ", "1.", "_", "*", "\n", "#2"),
)  # fmt: skip

PARSER = MarkdownIt("commonmark").enable("table")


ROOM_FOR_ALL = 10**9


def parsed(*blocks: Block) -> list[Token]:
    return PARSER.parse(show(View({}, blocks), ResultFormat.MARKDOWN, markdown_bytes=ROOM_FOR_ALL))


def parsed_comment(*blocks: Block) -> tuple[list[Token], int]:
    """What a comment shows of blocks, and how much it says that it leaves out."""
    text = show(View({}, blocks), ResultFormat.MARKDOWN)
    assert len(text.encode()) <= COMMENT_BYTES
    tokens = PARSER.parse(text)
    counted = [re.fullmatch(r"Left out here: (\d+) more\.", token.content) for token in tokens[-2:-1]]
    left_out = int(counted[0][1]) if counted and counted[0] else 0
    return (tokens[:-3] if left_out else tokens), left_out


def one_line(text: str) -> str:
    return visible(" ".join(text.split()))


def content_of(token: Token, *types: str) -> str:
    """The one thing in an inline token, of one of these types."""
    assert token.children is not None
    if not token.children:
        return ""
    (child,) = token.children
    assert child.type in types
    return child.content


def codes(tokens: list[Token]) -> list[str]:
    """What stands in code, and numbers, which need none."""
    found = [(token, content_of(token, "code_inline", "text")) for token in tokens if token.type == "inline"]
    assert all(re.fullmatch("[0-9]+|-", content) for token, content in found if is_plain(token))
    return [content for _, content in found]


def is_plain(token: Token) -> bool:
    return bool(token.children and token.children[0].type == "text")


def assert_same(found: list[str], written: list[str]) -> None:
    """What was read back is what was written; of a very long text its beginning."""
    whole = [one_line(text) for text in written]
    cut = [at for at, (code, text) in enumerate(zip(found, whole, strict=True)) if code != text]
    for at in cut:
        assert len(written[at]) > COMMENT_BYTES // 100
        assert found[at].endswith("\N{HORIZONTAL ELLIPSIS}")
        assert whole[at].startswith(found[at][:-1].rstrip())


def test_cells_of_a_table() -> None:
    def check(texts: list[str]) -> None:
        rows = [(*texts[at : at + 3], "", "")[:3] for at in range(0, len(texts), 3)]
        table = Table(("a", "b", "c"), rows)
        comment, left_out = parsed_comment(table)
        for tokens, shown in ((parsed(table), rows), (comment, rows[: len(rows) - left_out])):
            head = [token.type for token in tokens].index("thead_close") + 1
            assert_same(codes(tokens[head:]), [cell for row in shown for cell in row])
            assert {token.tag for token in tokens} == {"table", "thead", "tbody", "tr", "th", "td", ""}

    for texts in batches("tables of Markdown", PIECES):
        hold(check, texts)


def test_items_of_a_list() -> None:
    def check(texts: list[str]) -> None:
        lines = [text for text in texts if text.strip()]
        if lines:
            comment, left_out = parsed_comment(Items("Title", lines))
            for tokens, shown in ((parsed(Items("Title", lines)), lines), (comment, lines[: len(lines) - left_out])):
                _, _, _, *items = tokens
                assert_same(codes(items), shown)
                assert {token.tag for token in items} == {"ul", "li", "p", ""}

    for texts in batches("lists of Markdown", PIECES):
        hold(check, texts)


def check_sentences(texts: list[str]) -> None:
    sentences = [text for text in texts if text.strip()]
    tokens = parsed(*map(Line, sentences))
    assert [token.tag for token in tokens] == ["p", "", "p"] * len(sentences)
    for token, text in zip(tokens[1::3], sentences, strict=True):
        is_code = (
            content_of(token, "text", "code_inline") and token.children and token.children[0].type == "code_inline"
        )
        assert content_of(token, "text", "code_inline") == (one_line(text) if is_code else text.rstrip(" "))
        # What GitHub reads beyond CommonMark: links, mentions, issues, emoji.
        assert is_code or not re.search(r"www\.|://|@|#|:\w+:", text, re.IGNORECASE)


@pytest.mark.parametrize("pieces", [PIECES, WORDS], ids=["hostile", "nearly ours"])
def test_sentences(pieces: tuple[str, ...]) -> None:
    for texts in batches("sentences in Markdown", pieces, number=TEXTS // 2):
        hold(check_sentences, texts)


def test_blocks_of_code() -> None:
    def check(texts: list[str]) -> None:
        shown = [visible(text) for text in texts if visible(text)]
        tokens = parsed(*(Code("Title", "hcl", text) for text in shown))
        assert [token.type for token in tokens] == ["heading_open", "inline", "heading_close", "fence"] * len(shown)
        for token, text in zip(tokens[3::4], shown, strict=True):
            assert (token.info, token.content.removesuffix("\n")) == ("hcl", text.removesuffix("\n"))

    for texts in batches("code in Markdown", PIECES):
        hold(check, texts)


@pytest.mark.parametrize(
    "sentence",
    [
        "Tags copied: 1, up to date: 2, failed: 0. All 3 tags of the list are in harbor.example.com.",
        "It is (v1.2-a) = 'b'",
    ],
)
def test_our_own_sentences_are_not_code(sentence: str) -> None:
    assert markdown(sentence) == sentence


@pytest.mark.parametrize(
    "text", ["All 3 tags are in harbor.example.com:5000.", "www.example.com is linked", "a :rocket: flies", "1. a list"]
)
def test_sentences_that_github_would_change_are_code(text: str) -> None:
    check_sentences([text])
    assert markdown(text) == f"`{text}`"
