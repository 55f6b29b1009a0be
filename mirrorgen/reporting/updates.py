"""Which newer tags upstream has, what becomes of the list, and what is left to people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mirrorgen.desired.updates import LeftAlone, Reason, Update
from mirrorgen.operations.upstream.rewriting import ByHand
from mirrorgen.operations.upstream.updating import Offered
from mirrorgen.reporting.views import Block, Items, Table, View, failure_documents, upstream_items

_HEAD = ("source", "tag", "newer", "change", "leaves the list")

_TITLES = {
    Reason.RULES: "Chosen by rules, which find newer tags themselves",
    Reason.POLICY: "Not looked for, as `update: none` says",
    Reason.DIGEST: "Named by a digest",
    Reason.PRERELEASE: "Prereleases, of which nobody can tell what follows",
    Reason.NO_VERSION: "Without a version that another could follow",
}
_ALWAYS_SHOWN = {Reason.PRERELEASE, Reason.NO_VERSION}


def view_updates(
    offered: Offered,
    alone: Sequence[LeftAlone],
    by_hand: Sequence[ByHand],
    *,
    is_named: bool = False,
) -> View:
    """Return what is newer, what the policy does not allow, and for what nothing newer is looked for.

    Args:
        offered: what upstream has.
        alone: for what nothing newer is looked for.
        by_hand: what cannot be put into the list.
        is_named: whether the user has named the sources, and so is told of each what becomes of it.
    """
    document = {
        "updates": [_document(update) for update in offered.due],
        "beyond": [
            {**_place(update), "tag": update.tag, "newest": update.beyond, "policy": _policy(update)}
            for update in offered.updates
            if update.beyond
        ],
        "left_alone": [{**_place(each), "reason": str(each.reason), "tags": list(each.tags)} for each in alone],
        "by_hand": [
            {**_place(each.update), "what": each.what, "reason": each.why, "line": each.line} for each in by_hand
        ],
        "failures": failure_documents(offered.failures),
    }
    blocks: list[Block] = [
        Table(_HEAD, [_row(update) for update in offered.due]),
        Items("Newer still, and not allowed by the policy", _beyond(offered.updates)),
        Items("For you to change by hand", [_line(each) for each in by_hand]),
        *_alone(alone, is_named=is_named),
        *upstream_items(offered.failures),
    ]
    return View(document, blocks, _summary(offered))


def _place(found: Update | LeftAlone) -> dict[str, Any]:
    return {"source": str(found.entry.source), "repository": found.repository, "owner": found.entry.owner}


def _document(update: Update) -> dict[str, Any]:
    return {
        **_place(update),
        "tag": update.tag,
        "newer": update.newer,
        "change": update.level and str(update.level),
        "dropped": list(update.dropped),
    }


def _row(update: Update) -> tuple[str, ...]:
    return (
        str(update.entry.source),
        update.tag,
        update.newer or "-",
        str(update.level or "-"),
        ", ".join(update.dropped) or "-",
    )


def _summary(offered: Offered) -> str:
    newer = sum(update.newer is not None for update in offered.updates)
    dropped = sum(len(update.dropped) for update in offered.updates)
    unknown = " Not every upstream has answered." if offered.failures else ""
    if not offered.due:
        return f"Nothing newer is found.{unknown}"
    return f"Newer tags: {newer}, leaving the list: {dropped}.{unknown}"


def _beyond(updates: Iterable[Update]) -> list[str]:
    return [
        f"{update.entry.source}: {update.newer or update.tag} -> {update.beyond} ({_policy(update)})"
        for update in updates
        if update.beyond
    ]


def _policy(update: Update) -> str:
    policy = update.entry.image.update
    return policy if isinstance(policy, str) else "patterns"


def _line(each: ByHand) -> str:
    return f"{each.update.entry.source}, line {each.line}: {each.what}; {each.why}"


def _alone(alone: Sequence[LeftAlone], *, is_named: bool) -> Iterator[Items]:
    for reason, title in _TITLES.items():
        found = [each for each in alone if each.reason is reason and (is_named or reason in _ALWAYS_SHOWN)]
        yield Items(title, [": ".join(filter(None, (str(e.entry.source), ", ".join(e.tags)))) for e in found])
