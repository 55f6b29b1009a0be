"""Whole-tag regular expressions in RE2, the dialect of Go and so of regsync."""

from __future__ import annotations

import itertools
import re
import string
from functools import cache
from typing import Any

# What RE2 says when a construct of other dialects is used, and what that construct is called.
# https://github.com/google/re2/wiki/Syntax
_CONSTRUCTS = {
    "(?=": "a lookahead",
    "(?!": "a negative lookahead",
    "(?<": "a lookbehind",
    "(?>": "an atomic group",
    "(?P": "a backreference by name",
    "(?(": "a condition",
    "(?#": "a comment",
    "(?|": "a branch reset",
}

PROBES = ("0", "Z", "_", "v1.2.3", "1.25-slim2.x_y", "a" * 128, "sha-0a1b2c3", "Edge_q.-7", "main-20240131", "nonroot")
"""Tags that have nothing in common: what takes all of them takes everything, or nearly so."""

MAX_LENGTH = 1000
"""Characters of a pattern. RE2 takes any nesting, with gigabytes of memory, and Go refuses 1000 levels
(https://go.dev/src/regexp/syntax/parse.go, maxHeight), for which so few characters do not suffice."""

MAX_SIZE = 500_000
"""Instructions of RE2 for all patterns of a list, which takes about a second: 40,000 usual patterns, or 300 times
`.{1,128}`."""

_MAX_COUNT = 128
"""What a pattern may count to, `{1,128}`: a tag has no more characters."""
_MAX_MEMORY = 256 * 1024
"""Bytes for compiling a pattern when it is first looked at. With its default RE2 works for 0.1 s at `\\pL{1,128}`."""

_COUNTED = re.compile(r"(?<!\\)(?:\\\\)*\{(\d+)(?:,(\d*))?\}")
_LITERAL = re.compile(r"(?:[^\\^$.|?*+()\[\]{}]|\\[^A-Za-z0-9])*")
_MAX_LITERALS = 100


@cache
def more_probes() -> tuple[str, ...]:
    """Return thousands of tags: each of one or two characters, of each length, and some of many characters.

    What takes them as well takes everything: a pattern such as `[^k]*` does not.
    """
    first, others = string.ascii_letters + string.digits + "_", string.ascii_letters + string.digits + "_.-"
    lengths = (char * length for char in "0aZ_" for length in range(1, 129))
    return (*first, *map("".join, itertools.product(first, others)), *lengths, f"{first}.-", f"{first[::-1]}-.")


@cache
def compile_pattern(text: str) -> Any:
    """Compile a pattern that `pattern_trouble` has nothing against."""
    return _compile(f"(?:{text})")


def matches(pattern: str, tag: str) -> bool:
    """Whether a pattern matches the whole of a tag."""
    return compile_pattern(pattern).fullmatch(tag) is not None


@cache
def pattern_trouble(text: str) -> str | None:
    """Say in a sentence why a text is no pattern that regsync takes; None where it is one."""
    import re2

    if len(text) > MAX_LENGTH:
        return f"it has {len(text):,} characters; {MAX_LENGTH:,} are allowed"
    counts = [number for found in _COUNTED.findall(text) for number in found if number]
    # Of more digits nothing is read: Python would refuse some thousands.
    if any(len(number.lstrip("0")) > 3 or int(number) > _MAX_COUNT for number in counts):
        return f"it counts to more than {_MAX_COUNT}, the characters of the longest tag"
    try:
        _compile(text, memory=_MAX_MEMORY)
    except re2.error as error:
        return _explain(_said(error))
    try:
        compile_pattern(text)
    except re2.error:
        return r"a \Q has no \E"
    # The one construct that RE2 takes and Go's own implementation of it does not.
    return r"Go has no \C" if re.search(r"(?<!\\)(?:\\\\)*\\C", text) else None


def pattern_size(text: str) -> int:
    """Return how many instructions RE2 makes of a pattern that `pattern_trouble` has nothing against."""
    return int(compile_pattern(text).programsize)


def literals(pattern: str) -> tuple[str, ...] | None:
    """Return every text that a pattern of plain alternatives matches, such as `latest|edge`; None for others."""
    alternatives = pattern.split("|")
    if len(alternatives) > _MAX_LITERALS or not all(_LITERAL.fullmatch(alternative) for alternative in alternatives):
        return None
    return tuple(re.sub(r"\\(.)", r"\1", alternative) for alternative in alternatives)


def _compile(text: str, *, memory: int | None = None) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = memory or options.max_mem
    return re2.compile(text, options)


def _said(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


def _explain(said: str) -> str:
    what, _, construct = said.partition(": ")
    if what.startswith("pattern too large"):
        return "it is too large once its counted parts are written out"
    if what == "invalid perl operator" and construct[:3] in _CONSTRUCTS:
        return f"RE2 does not have {_CONSTRUCTS[construct[:3]]}, `{construct}`"
    if what == "invalid escape sequence":
        called = "a backreference" if construct[1:2].isdigit() else "the escape"
        return f"RE2 does not have {called} `{construct}`"
    if what == "bad repetition operator":
        return f"RE2 does not have possessive repetition, `{construct}`"
    return said
