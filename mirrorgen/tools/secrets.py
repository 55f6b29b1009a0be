"""Values of credentials: what programs say is read as it is, and what is quoted from them goes through here."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MASK = "***"

_SHORT = 4
"""Characters below which a value is masked only where it stands as a word: `a` is in every sentence."""
_LONG = 8
"""Characters from which a part of something is sure to be a part of nothing else."""

_ESCAPED = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}


@dataclass(frozen=True, slots=True)
class Secrets:
    """What must not be read in a text.

    Attributes:
        patterns: of the values, in every spelling that programs print.
    """

    patterns: tuple[re.Pattern[str], ...] = ()

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
        written = {_written(form) for form in alone - {""}} | {_written(form) + _PADDING for form in encoded | inside}
        return cls(tuple(re.compile(f"(?=({pattern}))") for pattern in sorted(written)))

    def redact(self, text: str) -> str:
        """Return a text for people, with every secret in it masked.

        It may have changed more than secrets, where one of them is a common word: what is to be understood by a
        program must be read before.
        """
        # Secrets may overlap, and nothing of either may be left.
        spans = sorted(found.span(1) for pattern in self.patterns for found in pattern.finditer(text))
        parts, end = [], 0
        for start, stop in spans:
            if start >= end:
                parts += [text[end:start], MASK]
            end = max(end, stop)
        return "".join([*parts, text[end:]])


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
            if len(mine) >= _LONG:
                yield mine


_PADDING = r"(?:=|%3[Dd]|\\{1,15}u003[Dd]){0,2}"


def _written(form: str) -> str:
    """Return the pattern of a form in strings of JSON, Go, HCL or Python, in URLs and in HTML, however deep."""
    pattern = "".join(map(_spelled, re.findall(r"\\+|[^\\]", form)))
    return pattern if len(form) >= _SHORT else rf"(?<!\w){pattern}(?!\w)"


def _spelled(part: str) -> str:
    """Return the pattern of a letter, or of a row of backslashes: one by one, these could be read in endless ways."""
    char, count = part[0], len(part)
    if char == "\\":
        single = r"%(?:25){0,4}5[Cc]|\\{1,15}(?:u00|x)5[Cc]"
        return rf"(?:\\{{{count},{16 * count}}}|(?:{single}){{{count}}})"
    if char.isascii() and char.isalnum():
        return char
    # A string in a string has its backslashes doubled; a limit keeps a long row of them from taking long.
    spellings = [rf"\\{{0,15}}{re.escape(char)}"]
    spellings += [rf"\\{{1,15}}{_ESCAPED[char]}"] if char in _ESCAPED else []
    units = char.encode("utf-16-be", "surrogatepass").hex()
    spellings.append("".join(rf"\\{{1,15}}u(?i:{units[index : index + 4]})" for index in range(0, len(units), 4)))
    octets = char.encode("utf-8", "surrogateescape")
    for before in ("%(?:25){0,4}", r"\\{1,15}x"):
        spellings.append("".join(f"{before}(?i:{octet:02x})" for octet in octets))
    spellings += [rf"\\{{1,15}}x(?i:{ord(char):02x})", rf"\\{{1,15}}U(?i:{ord(char):08x})"]
    spellings += [r"\+"] if char == " " else []
    spellings += [re.escape(html.escape(char))] if html.escape(char) != char else []
    return f"(?:{'|'.join(spellings)})"
