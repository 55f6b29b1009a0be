"""Values of credentials: what programs say is read as it is, and what is quoted from them goes through here."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

MASK = "***"

_SHORT = 4
"""Characters below which a value is masked only where it stands as a word: `a` is in every sentence."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What must not be read in a text.

    Attributes:
        forms: the values, and what they look like in the encodings that programs print.
    """

    forms: frozenset[str] = frozenset()

    @classmethod
    def of(cls, values: Iterable[str] = (), *, pairs: Iterable[tuple[str, str]] = ()) -> Secrets:
        """Return the secrets of an environment.

        Args:
            values: each secret by itself.
            pairs: user names and passwords that sign in together; a user name by itself is no secret, and may well be a
                part of repository names.
        """
        joined = list(pairs)
        alone = {value for value in (*values, *(password for _, password in joined)) if value}
        headers = {f"{user}:{password}" for user, password in joined if user and password}
        encoded = {form for text in alone | headers for form in _base64(text)}
        return cls(frozenset(form for value in alone | encoded for form in _written(value)))

    def redact(self, text: str) -> str:
        """Return a text for people, with every secret in it masked.

        It may have changed more than secrets, where one of them is a common word: what is to be understood by a
        program must be read before.
        """
        # The longest first, so that nothing is left of it where another secret is a part of it.
        forms = sorted(self.forms, key=lambda form: (-len(form), form))
        if not forms:
            return text
        return re.sub("|".join(map(_pattern, forms)), MASK, text)


def _pattern(form: str) -> str:
    return re.escape(form) if len(form) >= _SHORT else rf"(?<!\w){re.escape(form)}(?!\w)"


def _base64(text: str) -> Iterator[str]:
    """As in the header of basic authentication, and in Docker's configuration."""
    data = text.encode("utf-8", "surrogateescape")
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        encoded = encode(data).decode()
        yield from (encoded, encoded.rstrip("="))


def _written(value: str) -> Iterator[str]:
    """As it is, in a string of JSON, Go or Python, and in a URL."""
    yield value
    for ascii_only in (True, False):
        escaped = json.dumps(value, ensure_ascii=ascii_only)[1:-1]
        # Go's encoding/json escapes what HTML would take for markup.
        yield from (escaped, re.sub("[<>&]", lambda found: f"\\u{ord(found[0]):04x}", escaped))
    yield from (quote(value, safe="", errors="surrogateescape"), quote(value, errors="surrogateescape"))
    yield quote_plus(value, errors="surrogateescape")
