"""regctl as far as mirrorgen asks it, for a simulated world."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from tests.audit.logging import request_line
from tests.audit.world import Refusal, World, children, for_platform, media_type


def answer(world: World, arguments: Sequence[str], tell: Callable[[str], None]) -> tuple[int, str]:
    """Tell what `regctl` logs and says on standard error, and return exit code and standard output."""
    is_traced = "trace" in arguments
    arguments = [argument for argument in arguments if argument not in {"--logopt", "json", "-v", "trace"}]
    asking = _Asking(world, tell if is_traced else lambda _line: None)
    command, where = arguments[:2], arguments[-1]
    try:
        if command == ["tag", "ls"]:
            return 0, json.dumps({"name": "", "tags": world.list_upstream(where)})
        if command == ["manifest", "get"]:
            return 0, _body(asking.ask(where, is_pull=True))
        if command == ["artifact", "list"]:
            return 0, json.dumps(asking.referrers(where))
        assert command == ["manifest", "head"]
        if "--format" in arguments:
            found = asking.ask(where)
            return 0, json.dumps({"digest": found, "mediaType": media_type(found)})
        return 0, asking.head(where, arguments[3] if "--platform" in arguments else None)
    except Refusal as error:
        tell(f"failed to ask {where}: {error}")
        return 1, ""


class _Asking:
    """Asks a world, and logs each request."""

    def __init__(self, world: World, tell: Callable[[str], None]) -> None:
        self._world = world
        self._tell = tell

    def head(self, reference: str, platform: str | None) -> str:
        found = for_platform(self.ask(reference, is_pull=bool(platform)), platform)
        if found is None:
            raise Refusal(404, "platform not found")
        return found

    def ask(self, reference: str, *, is_pull: bool = False) -> str:
        name, _, given = reference.partition("@")
        repository, _, tag = (name, "", "") if given else name.rpartition(":")
        try:
            found = self._world.ask_upstream(repository, given or tag, pull=is_pull)
        except Refusal as error:
            self._log(is_pull, repository, given or tag, f"{error.code} refused")
            raise
        self._log(is_pull, repository, given or tag, "200 OK")
        return found

    def referrers(self, reference: str) -> list[Any]:
        """These registries keep the list under a tag, and nothing refers to anything."""
        repository, _, name = reference.partition("@")
        self._world.ask_for_referrers(repository)
        self._log(True, repository, name.replace(":", "-"), "404 Not Found")
        return []

    def _log(self, is_pull: bool, repository: str, reference: str, status: str) -> None:
        self._tell(request_line("GET" if is_pull else "HEAD", repository, reference, status))


def _body(name: str) -> str:
    """What the image names; these bytes do not have its digest, and only what they say is looked at."""
    parts = children(name).items()
    named = [(platform.split("/"), part) for platform, part in parts]
    manifests = [
        {"digest": part, "mediaType": media_type(part), "platform": {"os": system, "architecture": machine}}
        for (system, machine), part in named
    ]
    return json.dumps({"manifests": manifests} if manifests else {})
