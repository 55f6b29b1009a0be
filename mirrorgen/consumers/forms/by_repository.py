"""Repositories of the mirror for those of upstream, where a form goes by repositories and knows no tags."""

from __future__ import annotations

from collections.abc import Iterator

from mirrorgen.consumers.forms.contract import Left, Order
from mirrorgen.consumers.forms.spelling import spellings, written_name
from mirrorgen.errors import UsageError
from mirrorgen.model.references import Source


def by_repository(order: Order) -> tuple[dict[Source, str], tuple[Left, ...]]:
    """Return the repository of the target, with its host, for each upstream repository of an order; and what is left.

    Raises:
        UsageError: digests are asked for.
    """
    require_no_digests(order)
    targets: dict[Source, str] = {}
    left = []
    for source, brought in order.sources():
        names = sorted({each.name for each in brought})
        others = [str(other) for each in brought for other in order.mirror.others_in(each)]
        if len(names) > 1:
            left.append(Left(str(source), f"this form has no tags, and its tags are in {' and '.join(names)}"))
        elif others:
            left.append(Left(str(source), f"this form has no tags, and {names[0]} has tags of {others[0]}, too"))
        else:
            targets[source] = names[0]
    return targets, (*left, *_called_otherwise(order, targets))


def require_no_digests(order: Order) -> None:
    """Refuse an order that no form without tags can meet.

    Raises:
        UsageError: digests are asked for.
    """
    if order.pin:
        raise UsageError("this form has no tags, so it can have no digests", hint="leave out --digest")


def _called_otherwise(order: Order, targets: dict[Source, str]) -> Iterator[Left]:
    """Yield the images under names that those who pull do not take for the repository: another host for them."""
    for use in order.uses:
        name, source = written_name(use.image.written), use.image.source
        if use.finding.is_mirrored and source in targets and "$" not in name and name not in spellings(source):
            reason = f"{name} is another name for those who pull, and this form has {source} alone"
            yield Left(use.image.written, reason, use.image.place, f"write {source}")
