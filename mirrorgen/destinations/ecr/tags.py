"""What AWS takes as a tag, of a resource or of whoever asks for one."""

from __future__ import annotations

import re

# https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html, and for principals
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
_TEXT = re.compile(r"[\w\s.:/=+\-@]*")

CHARACTERS = "letters, digits, spaces and . : / = + - @ _"
"""What keys and values are made of."""


def is_tag(key: str, value: str) -> bool:
    """Whether AWS takes a key and a value, which have no wildcards and no variables then."""
    return 1 <= len(key) <= 128 and len(value) <= 256 and all(_TEXT.fullmatch(text) for text in (key, value))
