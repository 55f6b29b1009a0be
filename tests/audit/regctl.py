"""regctl as far as mirrorgen asks it, for a simulated world."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tests.audit.world import Refusal, World, children, for_platform


def answer(world: World, arguments: Sequence[str]) -> tuple[int, str, str]:
    """Return exit code, standard output and standard error of `regctl`."""
    try:
        if arguments[:2] == ["tag", "ls"]:
            return 0, json.dumps({"name": "", "tags": world.list_upstream(arguments[-1])}), ""
        if arguments[:2] == ["manifest", "get"]:
            return 0, _body(_ask(world, arguments[-1], pull=True)), ""
        assert arguments[:2] == ["manifest", "head"]
        return 0, _head(world, arguments[-1], arguments[3] if "--platform" in arguments else None), ""
    except Refusal as error:
        return 1, "", f"failed to ask {arguments[-1]}: {error}"


def _head(world: World, reference: str, platform: str | None) -> str:
    found = for_platform(_ask(world, reference, pull=bool(platform)), platform)
    if found is None:
        raise Refusal(404, "platform not found")
    return found


def _ask(world: World, reference: str, *, pull: bool) -> str:
    name, _, given = reference.partition("@")
    repository, _, tag = (name, "", "") if given else name.rpartition(":")
    return world.ask_upstream(repository, given or tag, pull=pull)


def _body(name: str) -> str:
    """What the image names; these bytes do not have its digest, and only what they say is looked at."""
    parts = children(name).items()
    named = [(platform.split("/"), part) for platform, part in parts]
    manifests = [
        {"digest": part, "platform": {"os": system, "architecture": machine}} for (system, machine), part in named
    ]
    return json.dumps({"manifests": manifests} if manifests else {})
