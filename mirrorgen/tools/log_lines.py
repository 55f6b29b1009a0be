"""Lines of JSON as regclient's programs log them (Go's log/slog), also those of which only the beginning was kept."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_CHARACTERS = r'(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-f]{4})*'
_TEXT = re.compile(rf'"(msg|source|target|ref)":"({_CHARACTERS})"')
_ERROR = re.compile(rf'"error":"({_CHARACTERS})')


def read_log_line(line: str) -> Mapping[str, Any]:
    """Return what a line says; nothing for one that is no JSON."""
    try:
        data: Any = json.loads(line)
    except ValueError:
        return _beginning(line)
    return data if isinstance(data, dict) else {}


def _beginning(line: str) -> dict[str, str]:
    """Read a line that was cut: its last value is what a registry has answered. Texts in it have no bare quotes."""
    texts = dict(reversed(_TEXT.findall(line)))
    error = _ERROR.search(line)
    return {name: json.loads(f'"{text}"') for name, text in {**texts, "error": error[1] if error else ""}.items()}
