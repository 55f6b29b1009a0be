"""New text of a list, in the form in which people write it: short lists of tags in brackets, long ones with dashes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mirrorgen.importing.drafts import Draft
from mirrorgen.master_list.writing import tags_document
from mirrorgen.model.images import Copying

HEAD = """\
# target:
#   account_id: "123456789012"   # left out: AWS_ACCOUNT_ID
#   region: eu-west-1            # left out: AWS_REGION
"""
"""What a new list starts with, as that of `mirrorgen init` does."""

_WIDTH = 120
_LARGE = frozenset({"tags", "digests", "registries"})
# No version of YAML reads these as anything but text: names of variables, and names with a dot or a slash.
_PLAIN = re.compile(r"[A-Z]+(?:_[A-Z0-9]+)+|[a-z][a-z0-9_-]*[./](?:[a-z0-9._/-]|:(?=[0-9]))*")
_KEYS = frozenset(
    {"source", "tags", "platforms", "referrers", "digest_tags", "pin", "repository", "registries"}
    | {"labels", "exact", "digests", "match", "semver", "exclude", "newest", "order", "suffix", "moving"}
    | {"credentials", "username_env", "password_env", "alias", "requests_per_second", "concurrent_requests"}
    | {
        "ecr",
        "tag_mutability",
        "scan_on_push",
        "encryption",
        "type",
        "kms_key",
        "pull",
        "accounts",
        "organization",
        "lambda",
    }
    | {"lifecycle", "untagged_days", "keep_last", "rules", "rulePriority", "description", "selection", "action"}
    | {"tagStatus", "tagPrefixList", "tagPatternList", "storageClass", "countType", "countUnit", "countNumber"}
    | {"targetStorageClass"}
    | {"rate_limit", "min", "retry", "pulls_per_six_hours", "hostname", "tls", "path_prefix"}
)


def list_text(registries: Mapping[str, Any], entries: Iterable[Mapping[str, Any]]) -> str:
    """Return the text of a new list.

    Args:
        registries: what stands under this key, by host.
        entries: what stands under `images`.
    """
    settings = block_lines({"registries": registries}, 0) if registries else ""
    lines = "".join(f"  - {block_lines(entry, 4).lstrip()}" for entry in entries)
    return f"{HEAD}{settings}images:\n{lines}"


def entry_document(draft: Draft) -> dict[str, Any]:
    """Return the data of a new entry: what is not said has its default."""
    asked, default = draft.copying, Copying()
    copying = {
        "platforms": asked.platform,
        "referrers": asked.referrers,
        "digest_tags": asked.digest_tags,
        "pin": asked.pin if asked.pin != default.pin else None,
    }
    return {
        "source": str(draft.source),
        "tags": tags_document(draft.added),
        **{key: value for key, value in copying.items() if value},
        **({"repository": draft.own_name} if draft.own_name else {}),
        **draft.settings,
    }


def block_lines(data: Mapping[str, Any], indent: int) -> str:
    """Return the lines of a mapping; each has so many blanks before it."""
    return "".join(f"{' ' * indent}{line}\n" for line in _lines(data))


def in_brackets(value: Any) -> str:
    """Return a value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key, inner)}: {in_brackets(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_item(item) for item in value) + "]"
    return _scalar(value)


def _lines(data: Mapping[str, Any]) -> Iterator[str]:
    for key, value in data.items():
        line = f"{_key(key, value)}: {in_brackets(value)}"
        if isinstance(value, Mapping) and (key in _LARGE or len(line) > _WIDTH):
            yield f"{_key(key, value)}:"
            yield from (f"  {inner}" for inner in _lines(value))
        elif isinstance(value, list) and len(line) > _WIDTH:
            yield f"{_key(key, value)}:"
            yield from (f"  - {_item(item)}" for item in value)
        else:
            yield line


def _key(key: str, value: Any) -> str:
    """A key as it is written: tags, which have digests behind them, are in quotes, and hosts are not."""
    return key if key in _KEYS else _scalar(key) if isinstance(value, Mapping) else _quoted(key)


def _item(value: Any) -> str:
    return _quoted(value) if isinstance(value, str) else in_brackets(value)


def _scalar(value: str | bool | int | None) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    return value if _PLAIN.fullmatch(value) else _quoted(value)


def _quoted(text: str) -> str:
    """A text in quotes; in single ones a backslash is one, and what cannot be seen has no other way to be written."""
    if "\\" in text and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    written = json.dumps(text, ensure_ascii=False)
    return "".join(each if each.isprintable() else f"\\U{ord(each):08x}" for each in written)
