"""Files of regsync with one step, and what is made of them."""

from __future__ import annotations

from typing import Any

from mirrorgen.readers.contract import Reading
from mirrorgen.readers.regsync import FORMAT
from tests.readers.dialects import reading, taken


def read(text: str, **around: Any) -> Reading:
    return reading(FORMAT, text, **around)


def step(
    more: str, kind: str = "repository", source: str = "nginx", target: str = "mirror.example.com/web/nginx"
) -> str:
    """A file of one step, with further lines of it."""
    return f"sync:\n  - source: {source}\n    target: {target}\n    type: {kind}\n    {more}\n"


def only(text: str) -> Any:
    """The tags of the one image of a file in which nothing is refused."""
    found = read(text)
    assert not found.refused
    [(_, tags, _)] = taken(found)
    return tags


def why(text: str) -> str:
    """Why nothing of a file of one step is taken."""
    found = read(text)
    assert not found.images
    [refusal] = found.refused
    return refusal.reason
