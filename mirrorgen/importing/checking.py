"""Checking: whether a list with additions says what it is to say, and which of them makes it invalid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mirrorgen.importing.drafts import Draft
from mirrorgen.importing.outcomes import Key
from mirrorgen.master_list.writing import tags_document
from mirrorgen.problems import KeyPath, Problem


def unlike(
    before: Mapping[str, Any],
    after: Any,
    changed: Sequence[Draft],
    new: Sequence[Mapping[str, Any]],
    registries: Mapping[str, Any],
) -> list[int] | None:
    """Return the positions of entries that do not say what they are to say; None where anything else does not.

    Args:
        before: the data of the list without the additions.
        after: with them.
        changed: entries of the list that have more.
        new: data of the entries that it has more, in order.
        registries: settings that were added, by host.
    """
    settings = {**before.get("registries", {}), **registries}
    if not isinstance(after, dict) or _rest(after) != _rest(before) or after.get("registries", {}) != settings:
        return None
    wanted = [*(before.get("images") or ()), *new]
    for draft in changed:
        assert draft.image
        entry = wanted[draft.image.index]
        wanted[draft.image.index] = {**entry, "tags": _with_more(entry["tags"], draft)}
    if len(after["images"]) != len(wanted):
        return None
    return [
        position
        for position, (is_to_be, entry) in enumerate(zip(wanted, after["images"], strict=True))
        if entry != is_to_be and _in_any_order(entry) != _in_any_order(is_to_be)
    ]


def keys_at(problem: Problem, drafts: Sequence[Draft], numbers: Mapping[int, int], data: Any) -> set[Key]:
    """Return what was added where a problem is, or where what it is related to is; nothing if it was there before.

    Args:
        problem: of a list with additions.
        drafts: every entry, by its number.
        numbers: the number of an entry, by its position in the list.
        data: of the list.
    """
    if problem.code == "alias-collision":
        host = _host(problem, drafts, numbers)
        of_host = [(number, draft) for number, draft in enumerate(drafts) if draft.source.host == host]
        return {key for number, draft in of_host for key in keys_of(number, draft)}
    for path in (problem.path, problem.related or ()):
        keys = set(_keys_below(path, drafts, numbers, data))
        if keys:
            return keys
    return set()


def _host(problem: Problem, drafts: Sequence[Draft], numbers: Mapping[int, int]) -> str:
    match problem.path:
        case ("images", int(position), *_):
            return drafts[numbers[position]].source.host
    return str(problem.path[1])


def _keys_below(path: KeyPath, drafts: Sequence[Draft], numbers: Mapping[int, int], data: Any) -> Iterator[Key]:
    match path:
        case ("images", int(position), *rest) if position in numbers:
            number = numbers[position]
            keys = list(keys_of(number, drafts[number]))
            tag = _tag(rest, data["images"][position])
            yield from [key for key in keys if key[2] == tag and tag] or keys


def _tag(steps: Sequence[str | int], entry: Any) -> str:
    """The tag that a path within an entry leads to, or nothing."""
    match steps:
        case ["tags", "digests", str(tag)]:
            return tag
        case ["tags", int(index)] if index < len(entry["tags"]):
            return str(entry["tags"][index])
        case ["tags", "exact", int(index)] if index < len(entry["tags"]["exact"]):
            return str(entry["tags"]["exact"][index])
    return ""


def keys_of(number: int, draft: Draft) -> Iterator[Key]:
    """Yield what is to be added to an entry.

    Args:
        number: of the entry.
        draft: the entry.
    """
    yield from ((number, "exact", tag) for tag in draft.exact)
    yield from ((number, "digests", tag) for tag in draft.digests)
    if draft.rule:
        yield number, "rule", ""


def _rest(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key not in {"images", "registries"}}


def _with_more(tags: Any, draft: Draft) -> Any:
    """What stands under `tags` once the additions do."""
    added = tags_document(draft.added)
    if isinstance(tags, list) and isinstance(added, list):
        return [*tags, *added]
    has: dict[str, Any] = {"exact": tags} if isinstance(tags, list) else tags
    more: dict[str, Any] = {"exact": added} if isinstance(added, list) else added
    made = {**has, **more}
    if "exact" in has and "exact" in more:
        made["exact"] = [*has["exact"], *more["exact"]]
    if "digests" in has and "digests" in more:
        made["digests"] = {**has["digests"], **more["digests"]}
    return made


def _in_any_order(entry: Any) -> Any:
    """An entry with its tags sorted: where a new one stands among them is for the comments to say."""
    tags = entry.get("tags")
    if isinstance(tags, list):
        return {**entry, "tags": sorted(map(str, tags))}
    if isinstance(tags, dict) and isinstance(tags.get("exact"), list):
        return {**entry, "tags": {**tags, "exact": sorted(map(str, tags["exact"]))}}
    return entry
