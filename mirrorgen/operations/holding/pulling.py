"""Whether the target gives an image to somebody who pulls it: its index is not enough, the platforms must be there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mirrorgen.consumers.covering import Use
from mirrorgen.destinations.port import Pullable
from mirrorgen.operations.runtime import Runtime


def not_pullable(runtime: Runtime, uses: Iterable[Use]) -> Mapping[tuple[str, str], str]:
    """Ask the target for what the list puts there.

    Args:
        runtime: of the list.
        uses: images that the list mirrors.

    Returns:
        Why it cannot be pulled, by `Use.key`, for each that cannot.

    Raises:
        ToolUnusable, ToolFailed, UsageError: the target cannot be asked.
    """
    wanted = {use.key: use for use in uses}
    names: dict[str, list[str]] = {}
    for repository, name in wanted:
        names.setdefault(repository, []).append(name)
    found = runtime.destination.pullable(names)
    label = runtime.destination.target.label
    reasons = {(at, name): _reason(found[at][name], use, label) for (at, name), use in wanted.items()}
    return {key: reason for key, reason in reasons.items() if reason}


def _reason(found: Pullable, use: Use, label: str) -> str:
    settled = use.finding.copy.digest
    if not found.digest:
        return found.reason or f"{label} does not have it"
    if found.lacking:
        return f"{label} has its index, and not {', '.join(found.lacking)}"
    if settled and found.digest != settled:
        return f"{label} has {found.digest}, and the list or its lock {settled}"
    return ""
