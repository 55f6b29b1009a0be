"""What regclient's programs log of their requests at the trace level (internal/reghttp/http.go)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

REQUEST = "reg http request"
"""The message of such a line."""

TRACED = ("--logopt", "json", "-v", "trace")
"""Options of a program that is to log them, each as a line of JSON."""

_BEGUN = re.compile(rf'.{{0,200}}"msg":"{REQUEST}","req-method":"GET","req-url":"(?P<url>[^"]*/manifests/[^"]*)"')
# A registry that says so is asked again by regclient itself, as one that does not answer (reghttp.Client).
_AGAIN = frozenset({408, 429, 500, 502, 504})
_UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True)
class Pull:
    """A GET request for a manifest, which a registry counts as a pull.

    Attributes:
        url: of it.
        is_final: whether regclient does not ask the same again.
    """

    url: str
    is_final: bool


class Stopped(Exception):
    """The program is to end before it makes another request."""


OnPull = Callable[[Pull], None]
"""Told each pull; may raise `Stopped`."""


def read_request(line: str) -> Mapping[str, Any] | None:
    """Read a log line about a request for a manifest; None for any other line."""
    # Most lines are about requests, and few of these about a manifest.
    if REQUEST not in line or "/manifests/" not in line:
        return None
    try:
        data: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) and data.get("msg") == REQUEST else None


def read_pull(line: str) -> Pull | None:
    """Read a log line about a pull; None for any other line, and for a pull that was asked who it is first."""
    data = read_request(line)
    if data is None:
        # Of a long line, which a registry makes so with its headers, only the beginning may have come.
        begun = _BEGUN.match(line)
        return Pull(begun["url"], is_final=False) if begun else None
    url = str(data.get("req-url", ""))
    if data.get("req-method") != "GET" or "/manifests/" not in url:
        return None
    code = str(data.get("resp-status", "")).partition(" ")[0]
    status = int(code) if code.isascii() and code.isdigit() and len(code) < 4 else 0
    if status == _UNAUTHORIZED:
        return None
    return Pull(url, bool(status) and status not in _AGAIN)
