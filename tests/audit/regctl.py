"""regctl as far as mirrorgen asks it, for a simulated world."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tests.audit.world import Refusal, World, for_platform


def answer(world: World, arguments: Sequence[str]) -> tuple[int, str, str]:
    """Return exit code, standard output and standard error of `regctl`."""
    try:
        if arguments[:2] == ["tag", "ls"]:
            return 0, json.dumps({"name": "", "tags": world.list_upstream(arguments[-1])}), ""
        assert arguments[:2] == ["manifest", "head"]
        return 0, _head(world, arguments[-1], arguments[3] if "--platform" in arguments else None), ""
    except Refusal as error:
        return 1, "", f"failed to ask {arguments[-1]}: {error}"


def _head(world: World, reference: str, platform: str | None) -> str:
    name, _, given = reference.partition("@")
    repository, _, tag = (name, "", "") if given else name.rpartition(":")
    found = for_platform(world.ask_upstream(repository, given or tag, pull=bool(platform)), platform)
    if found is None:
        raise Refusal(404, "platform not found")
    return found
