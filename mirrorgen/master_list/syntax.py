"""What is said of a file that is not YAML: where the mistake is likely to be, and what to look for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import cast

import yaml

from mirrorgen.master_list.document import LOADER, Document, Span, span_at
from mirrorgen.problems import Problem

MAX_DEPTH = 20
"""The format itself is five deep; libyaml's composer recurses on the C stack and would crash far below."""

# What may stand behind a closing quote on its line.
_AFTER_QUOTE = frozenset(",]}:#\r\n")


def depth_problem(document: Document) -> Problem | None:
    """Return a problem where a document is nested too deep to be read.

    Raises:
        yaml.YAMLError: it cannot be parsed.
    """
    depth = 0
    for event in yaml.parse(document.text, Loader=LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                return _too_deep(document, span_at(cast(yaml.Mark, event.start_mark)))
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return None


def _too_deep(document: Document, span: Span) -> Problem:
    return document.locate(Problem("too-deep", f"lists and mappings are nested more than {MAX_DEPTH} deep"), span)


def syntax_problem(error: yaml.YAMLError, document: Document) -> Problem:
    """Return what to say of the error that the parser stopped at."""
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "this is not YAML"
    context = getattr(error, "context", None)
    if isinstance(error, yaml.composer.ComposerError) and "another document" in what:
        what, context = "a second document starts here; the list is one document", None
    mark = getattr(error, "problem_mark", None)
    span = span_at(mark) if mark else _reader_span(error, document.text)
    if "nesting depth" in what:
        return _too_deep(document, span)
    if "end of stream" in what and "quoted" in str(context):
        what, context, span = "the quote that opens here is never closed", None, span_at(error.context_mark)  # type: ignore[attr-defined]
    message = f"{what}, {context}" if context else str(what)
    hint = _hint(message, document.text, span)
    suspect = next(_suspicious_quotes(document.text, before=mark.index), None) if mark else None
    if suspect:
        span = span_at(suspect.start_mark)
        line, column = suspect.end_mark.line + 1, suspect.end_mark.column
        message = f"the quote that opens here is closed on line {line}, column {column}, and text follows right there"
        hint = "is a closing quote missing?"
    return document.locate(Problem("yaml-syntax", message, hint=hint), span)


def _suspicious_quotes(text: str, *, before: int) -> Iterator[yaml.ScalarToken]:
    """Yield quoted values with text right behind them, up to an offset.

    Where a closing quote is missing, the next one closes, and the parser stops only at what it finds behind that.
    """
    for token in takewhile(lambda token: token.start_mark.index < before, _tokens(text)):
        if isinstance(token, yaml.ScalarToken) and token.style in {"'", '"'}:
            rest = text[token.end_mark.index : token.end_mark.index + 80].lstrip(" \t")
            if rest and rest[0] not in _AFTER_QUOTE:
                yield token


def _tokens(text: str) -> Iterator[yaml.Token]:
    try:
        yield from yaml.scan(text, Loader=LOADER)
    except yaml.YAMLError:
        return  # what is wrong there is the error that is being explained


def _reader_span(error: yaml.YAMLError, text: str) -> Span:
    """Where a character is that YAML does not allow: libyaml counts bytes up to it."""
    offset = getattr(error, "position", None) or 0
    before = text.encode()[:offset].decode(errors="ignore")
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    return Span(len(before), len(before) + 1, line, column, line, column + 1)


def _hint(what: str, text: str, span: Span) -> str:
    if "second document" in what:
        return "keep one document, and remove the line `---`"
    if "escape" in what:
        return "in double quotes a backslash starts an escape; single quotes take it as it is"
    if "never closed" in what:
        return "write the closing quote at the end of the value"
    before = text[span.start - span.column + 1 :].split("\n", 1)[0]
    if "\t" in before[: len(before) - len(before.lstrip())]:
        return "indent with spaces; YAML does not allow tabs there"
    if text[span.start : span.end] in {"@", "`", "%", "*", "&", "!"} or "alias" in what:
        return 'put the value in quotes: "..."'
    if "mapping values" in what:
        return "is the indentation right, and is a value that holds `: ` in quotes?"
    if "expected ',' or" in what or "node content" in what:
        return "is a comma or a closing bracket missing?"
    return "compare the indentation with the lines around it"
