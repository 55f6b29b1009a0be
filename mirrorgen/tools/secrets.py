"""Values of credentials: what programs say is read as it is, and what is quoted from them goes through here."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

MASK = "***"

_SHORT = 4
"""Characters below which a value is masked only where it stands as a word: `a` is in every sentence."""
_LONG = 8
"""Characters from which a part of something is sure to be a part of nothing else."""
_LONG_ENCODED = 6
"""The same of base64, which has no words; five bytes have as many letters that are theirs alone."""

_HTML = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos", "+": "plus"}
_ESCAPED = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}


@dataclass(frozen=True, slots=True)
class Secrets:
    """What must not be read in a text: no secret, and of none a row of half its characters, of eight at least.

    Less than half may be left where a program, or a limit of our own, has cut a text in the middle of a secret.

    Attributes:
        forms: of the values, each with its pattern: every spelling that programs print.
    """

    forms: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, values: Iterable[str] = (), *, pairs: Iterable[tuple[str, str]] = ()) -> Secrets:
        """Return the secrets of an environment.

        Args:
            values: each secret by itself.
            pairs: user names and passwords that sign in together; a user name by itself is no secret, and may well be a
                part of repository names.
        """
        joined = list(pairs)
        whole = {value for value in (*values, *(password for _, password in joined)) if value}
        # Programs quote single lines of what has several, such as a key, and without the blanks around it.
        lines = {line.strip() for value in whole for line in value.splitlines()}
        alone = whole | {line for line in lines if len(line) >= _LONG or {line} == lines}
        headers = {f"{user}:{password}" for user, password in joined if user and password}
        encoded = {form for text in alone | headers for form in _base64(text)}
        inside = {form for text in alone for string in _json(text) for form in _inside_base64(string)}
        parts = {part for text in whole for part in _parts(text)}
        written = {form: _written(form) for form in (alone - {""}) | parts}
        written |= {form: _written(form) + _PADDING for form in encoded | inside}
        return cls(tuple(sorted(written.items())))

    def redact(self, text: str) -> str:
        """Return a text for people, with every secret in it masked.

        It may have changed more than secrets, where one of them is a common word: what is to be understood by a
        program must be read before.
        """
        # Secrets may overlap, and nothing of either may be left.
        there = (pattern for form, pattern in self.forms if _as_it_is(form) in text)
        spans = sorted(found.span(1) for pattern in there for found in _anywhere(pattern).finditer(text))
        parts, end = [], 0
        for start, stop in spans:
            if start >= end:
                parts += [text[end:start], MASK]
            end = max(end, stop)
        return "".join([*parts, text[end:]])


@lru_cache(4096)
def _as_it_is(form: str) -> str:
    """Return the longest part of a form that has one spelling: to look for it takes no time, patterns do."""
    return max((found[0] for found in re.finditer("[0-9A-Za-z]*", form)), key=len)


@lru_cache(4096)
def _anywhere(pattern: str) -> re.Pattern[str]:
    return re.compile(f"(?=({pattern}))")


def _base64(text: str) -> Iterator[str]:
    """As in the header of basic authentication, and in Docker's configuration; without what fills it up."""
    data = text.encode("utf-8", "surrogateescape")
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(data).decode().rstrip("=")


def _json(text: str) -> Iterator[str]:
    """As it is, and as a string of JSON by Python and Go, without its quotes."""
    yield text
    for ascii_only in (True, False):
        string = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        yield from (string, re.sub("[<>&]", lambda found: f"\\u{ord(found[0]):04x}", string))


def _inside_base64(text: str) -> Iterator[str]:
    """As in base64 of something longer: three letters of that are four here, so there are three ways to begin."""
    data = text.encode("utf-8", "surrogateescape")
    for before in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(bytes(before) + data).decode()
            # What stands at both ends also depends on the letters beside it.
            mine = encoded[(0, 2, 3)[before] : (before + len(data)) * 8 // 6]
            if len(mine) >= _LONG_ENCODED:
                yield mine


def _parts(text: str) -> Iterator[str]:
    """Parts of a secret, of which one at least is in any row of half its characters, be it plain or in base64."""
    row = max(_LONG, -(-len(text) // 2))
    yield from _spread(text, row)
    for string in _json(text):
        for form in _inside_base64(string):
            # So many letters belong to nothing but the bytes of such a row.
            yield from _spread(form, row * 8 // 6 - 1)


def _spread(form: str, row: int) -> Iterator[str]:
    """Parts of a form, of which one at least is in any row of so many of its letters."""
    size = max(_LONG, -(-row // 2))
    for start in range(0, len(form) - size + 1, row - size + 1):
        yield form[start : start + size]


_PADDING = r"(?:=|%3[Dd]|\\{1,15}u003[Dd]){0,2}"


def _written(form: str) -> str:
    """Return the pattern of a form in strings of JSON, Go, HCL or Python, in URLs and in HTML, however deep."""
    pattern = "".join(map(_spelled, re.findall(r"\\+|[^\\]", form)))
    return pattern if len(form) >= _SHORT else rf"(?<!\w){pattern}(?!\w)"


@lru_cache(4096)
def _spelled(part: str) -> str:
    """Return the pattern of a letter, or of a row of backslashes: one by one, these could be read in endless ways."""
    char, count = part[0], len(part)
    if char == "\\":
        single = r"%(?:25){0,4}5[Cc]|\\{1,15}(?:u00|x)5[Cc]"
        return rf"(?:\\{{{count},{16 * count}}}|(?:{single}){{{count}}})"
    if char.isascii() and char.isalnum():
        return char
    # A string in a string has its backslashes doubled; a limit keeps a long row of them from taking long.
    code = ord(char)
    escapes = [_ESCAPED[char]] if char in _ESCAPED else []
    units = _hexadecimal(char.encode("utf-16-be", "surrogatepass"), 2)
    octets = _hexadecimal(char.encode("utf-8", "surrogateescape"), 1)
    escapes += ["".join(("u", units[0], *(rf"\\{{1,15}}u{unit}" for unit in units[1:])))]
    escapes += ["".join(("x", octets[0], *(rf"\\{{1,15}}x{octet}" for octet in octets[1:])))]
    escapes += [f"x{_digits(f'{code:02x}')}"] if 0x7F < code <= 0xFF else []
    escapes += [f"U{_digits(f'{code:08x}')}"]
    spellings = [rf"\\{{0,15}}{re.escape(char)}", rf"\\{{1,15}}(?:{'|'.join(escapes)})"]
    spellings.append("".join(f"%(?:25){{0,4}}{octet}" for octet in octets))
    spellings += [r"\+"] if char == " " else []
    spellings += [rf"&(?:{_HTML[char]}|#0*{code}|#[xX]0*{_digits(f'{code:x}')});?"] if char in _HTML else []
    return f"(?:{'|'.join(spellings)})"


def _hexadecimal(data: bytes, size: int) -> list[str]:
    """Patterns of the numbers, of as many bytes each, in either case of letters."""
    return [_digits(data[at : at + size].hex()) for at in range(0, len(data), size)]


def _digits(text: str) -> str:
    return re.sub("[a-f]", lambda found: f"[{found[0]}{found[0].upper()}]", text)
