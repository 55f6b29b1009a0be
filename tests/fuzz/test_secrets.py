"""Secrets: however a program writes a password, and whatever stands around it, nobody reads it in what is quoted."""

from __future__ import annotations

import base64
import binascii
import html
import json
import random
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from urllib.parse import quote, quote_plus, unquote, unquote_plus

import pytest

from mirrorgen.tools.secrets import Secrets
from tests.fuzz.hostile import SEED, batches, hold
from tests.soaking import examples

USER = "robot$mirror"

# What escapes begin and end with, in JSON, Go, Python, URLs, HTML and base64.
PIECES = (
    *("\\", '\\"', "\\\\", "\\n", "\\u00", "%", "%25", "%5", "+", "=", "==", "&", "&quot;", "&#3", "'", '"', "<", ">"),
    *("/", "_", "-", " ", ":", "A", "b", "7", "\u00e9"),
)  # fmt: skip


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


WAYS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "json": json.dumps,
    "json as go writes it": lambda text: re.sub(
        "[<>&]", lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False)
    ),
    "json in json": lambda text: json.dumps(json.dumps({"error": text})),
    "python": repr,
    "python in ascii": ascii,
    "html": html.escape,
    "html as go writes it": lambda text: html.escape(text).replace("&quot;", "&#34;").replace("&#x27;", "&#39;"),
    "path of a url": quote,
    "segment of a url": lambda text: quote(text, safe="$&+=:@"),
    "user info of a url": lambda text: quote(text, safe="$&+,;="),
    "query": quote_plus,
    "url in a url": lambda text: quote(quote(text, safe=""), safe=""),
    "url in json": lambda text: json.dumps(quote(text, safe="")),
    "header": lambda text: f"Basic {encoded(f'{USER}:{text}')}",
    "header in a url": lambda text: quote(encoded(f"{USER}:{text}"), safe=""),
    "url-safe base64": lambda text: base64.urlsafe_b64encode(f"{USER}:{text}".encode()).decode().rstrip("="),
    "docker config": lambda text: json.dumps({"auths": {"quay.io": {"auth": encoded(f"other:{text}")}}}),
    "base64 of json": lambda text: encoded(json.dumps({"password": text}, ensure_ascii=False)),
    "wrapped": lambda text: f"{text[:-1]}{text}{text}{text[1:]}",
}
"""How programs write what they are given."""

_ESCAPES = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_NAMED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


def without_escapes(text: str) -> str:
    """A text as it is meant in a string of JSON or Python."""
    return _ESCAPES.sub(
        lambda found: chr(int(found[1] or found[2], 16)) if found[1] or found[2] else _NAMED.get(found[3], found[3]),
        text,
    )


def out_of_base64(text: str) -> Iterator[str]:
    """What runs of letters would be, wherever the first group of four begins."""
    for run in re.findall(r"[A-Za-z0-9+/_-]{12,}", text):
        for start in range(4):
            part = run[start:].replace("-", "+").replace("_", "/")
            with_end = part[: len(part) // 4 * 4] if len(part) % 4 == 1 else part + "=" * (-len(part) % 4)
            yield binascii.a2b_base64(with_end).decode("utf-8", "replace")


READERS: tuple[Callable[[str], str], ...] = (
    without_escapes,
    lambda text: without_escapes(without_escapes(text)),
    html.unescape,
    unquote,
    unquote_plus,
    lambda text: unquote(unquote(text)),
    lambda text: unquote(without_escapes(text)),
)


def readings(text: str) -> Iterator[str]:
    """All that somebody may make of a text who knows how programs write."""
    for read in READERS:
        yield (meant := read(text))
        for decoded in out_of_base64(meant):
            yield from (decoded, without_escapes(decoded))


def check_of(password: str) -> Callable[[list[str]], None]:
    secrets = Secrets.of(pairs=[(USER, password)])
    ways = [*WAYS.values()]

    def check(texts: list[str]) -> None:
        lines = [
            f"{number}({before}{ways[number % len(ways)](password)}{after}){number}"
            for number, (before, after) in enumerate(pairwise([*texts, ""]))
        ]
        shown = secrets.redact("\n".join(lines)).split("\n")
        for number, line in enumerate(shown):
            assert re.fullmatch(rf"{number}\(.*\*\*\*.*\){number}", line)
        assert len(shown) == len(lines)
        said = "\n".join(shown)
        assert not any(password in reading for reading in [said, *readings(said)])

    return check


def as_password(texts: list[str]) -> str:
    """A password of twelve letters at least, on one line."""
    letters = "".join("".join(texts).split())
    return f"x{''.join(char for char in letters if char.isprintable())[:30]:y<11}z"


def test_no_reader_finds_the_password() -> None:
    passwords = batches("passwords", PIECES, of=1_000)
    for texts, letters in zip(batches("around passwords", PIECES, of=1_000), passwords, strict=True):
        around = [re.sub(r"[\r\n]", " ", text) for text in texts]
        hold(check_of(as_password(letters[:20])), around)


PASSWORDS = examples(3_000)
LENGTHS = (5, 5, 6, 7, 8, 9, 11, 12, 13, 16, 20, 24, 36, 48)
LETTERS = (*"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", *PIECES)


def drawn_passwords(chance: random.Random) -> Iterator[str]:
    """Some as generators make them, some of what escapes are made of, in every length around the limits."""
    for number in range(PASSWORDS):
        length = LENGTHS[number % len(LENGTHS)]
        of = (LETTERS[:62], LETTERS, LETTERS, PIECES)[number % 4]
        # Blanks around it are not taken for a part.
        yield f"x{''.join(chance.choices(of, k=length))[: length - 2]}z"


def rows_of(password: str) -> set[str]:
    """What nobody may read: all of a password, and each half of it, of eight letters at least."""
    row = max(8, (len(password) + 1) // 2)
    return {password[at : at + row] for at in range(len(password) - row + 1)} or {password}


def cut(text: str, chance: random.Random) -> str:
    """A text as it is when a program, or a limit, has cut it at one end or both."""
    start, end = sorted(chance.sample(range(len(text) + 1), 2))
    return text[chance.choice((0, start)) : chance.choice((end, len(text)))]


def test_no_reader_finds_half_of_a_password_whole_or_cut() -> None:
    chance = random.Random(f"{SEED}, passwords")  # noqa: S311 - nothing secret is drawn
    for password in drawn_passwords(chance):
        secrets, rows = Secrets.of(pairs=[(USER, password)]), rows_of(password)
        for way in chance.sample([*WAYS], 6):
            whole = WAYS[way](password)
            for text in (whole, cut(whole, chance)):
                shown = secrets.redact(text)
                read = "\0".join({shown, *readings(shown)})
                left = [row for row in rows if row in read]
                assert not left, f"{SEED=}: {password!a}, {way}: {text!a} is shown as {shown!a}"


@pytest.mark.parametrize("way", WAYS)
def test_a_reader_finds_the_password_where_nothing_is_masked(way: str) -> None:
    password = as_password(['p/ss\\ "w<rd>?\u00e9&+%25'])
    said = f"before {WAYS[way](password)} after"
    assert any(password in reading for reading in [said, *readings(said)])
