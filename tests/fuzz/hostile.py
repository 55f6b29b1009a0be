"""Hostile texts by the thousand: drawn from what a medium reads, checked in batches, and made small where one fails."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import TypeVar

from tests.soaking import TEXTS, TIMES

BATCH = 5_000
"""How many texts are written into one document, and read back from it at once."""

MOST_ATTEMPTS = 1_000
"""To make a batch that fails small."""

SEED = "the same in every run" if TIMES == 1 else os.urandom(8).hex()

# What some medium or other obeys: ECMA-48 and xterm, marks of Unicode, halves of characters.
_CONTROLS = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA1))]
_SEQUENCES = [
    *("\x1b[2J", "\x1b[31m", "\x1b]0;title\x07", "\x1b]52;c;ZXZpbA==\x1b\\", "\x9b1A", "\x1b(0", "\x1bP", "\r\n")
]
_MARKS = [*"\u061c\u200b\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"]
_ODD = ["\ud800", "\udfff", "\udc80", "\U000e0041", "\U0001f433", "e\u0301", "\u00a0", "\u3000", "\uff1a", "\\u001b"]
_PLAIN = [*" aZ09./-_", "nginx", "v1.25.3-alpine", " is "]
EVERYWHERE = (*_CONTROLS, *_SEQUENCES, *_MARKS, *_ODD, *_PLAIN)

_LENGTHS = (0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 8, 12)


def batches(medium: str, pieces: Sequence[str], *, number: int = TEXTS, of: int = BATCH) -> Iterator[list[str]]:
    """Draw texts for a medium.

    Args:
        medium: its name, which makes its texts its own.
        pieces: what the medium reads; half of the texts are made of nothing else, others of it and of anything.
        number: how many texts in all.
        of: how many at once.
    """
    chance = random.Random(f"{SEED}, {medium}")  # noqa: S311 - nothing secret is drawn
    for start in range(0, number, of):
        strange = [chr(chance.randrange(0x110000)) for _ in range(len(EVERYWHERE))]
        rows = [piece * chance.randint(2, 30) for piece in pieces]
        others = [*EVERYWHERE, *strange, *rows]
        mixed = [*others, *(list(pieces) * (len(others) // len(pieces)))]
        yield [
            "".join(chance.choices(chance.choice((pieces, mixed)), k=chance.choice(_LENGTHS)))
            for _ in range(min(of, number - start))
        ]


Few = TypeVar("Few", str, list[str])


def hold(check: Callable[[list[str]], None], texts: list[str]) -> None:
    """Check a batch of texts, and where it does not hold, say for which of them, of as few characters as fail.

    Args:
        check: writes all of them, reads them back, and fails if anything else comes out. It is called often then.
        texts: the batch.
    """

    if holds(check, texts):
        return
    attempts = count()

    def fails(few: list[str]) -> bool:
        return next(attempts) < MOST_ATTEMPTS and not holds(check, few)

    few = shrunk(texts, fails)
    for at, text in enumerate(few):
        before, after = few[:at], few[at + 1 :]
        few = [*before, shrunk(text, lambda less: fails([*before, less, *after])), *after]  # noqa: B023 - called at once
    try:
        check(few)
    except Exception as error:
        raise AssertionError(f"with {SEED=}, these fail: {few!a}") from error


def holds(check: Callable[[list[str]], None], texts: list[str]) -> bool:
    """Whether a check of a batch says nothing."""
    try:
        check(texts)
    except Exception:
        return False
    return True


def shrunk(items: Few, fails: Callable[[Few], bool]) -> Few:
    """Leave out of what fails whatever it fails without: halves first, then smaller parts."""
    size = max(1, len(items) // 2)
    while True:
        at = 0
        while at < len(items):
            less = items[:at] + items[at + size :]
            if less and fails(less):
                items = less
            else:
                at += size
        if size == 1:
            return items
        size //= 2
