"""regsync as cmd/regsync/root.go and image.go of regclient are written, for a simulated world."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from tests.audit.logging import request
from tests.audit.world import STRANGE, Refusal, World, children, digest, for_platform

KILLED = -9

_LEVELS = {"trace": -8, "debug": -4}
_NAMES = {-8: "DEBUG-4", -4: "DEBUG", 0: "INFO", 4: "WARN", 8: "ERROR"}


class _Killed(Exception):
    """By the system, between one line and the next."""


class _Failed(Exception):
    """What regsync returns as an error."""


@dataclass
class Regsync:
    """One run.

    Attributes:
        world: what it asks, and copies within.
        command: `once` or `check`.
        verbosity: `trace` or `debug`.
        tell: gets each line of standard error.
    """

    world: World
    command: str
    verbosity: str
    tell: Callable[[str], None]
    _seen: dict[str, str] = field(default_factory=dict)

    def run(self, config: str) -> int:
        """Read the configuration from standard input, do it, and return the exit code."""
        if self.world.fault("regsync-fails", ""):
            self.tell("Error: unable to parse config")
            return 1
        try:
            # Each entry is done, whatever came of those before.
            failed = [self._entry(entry) for entry in yaml.load(config, yaml.CSafeLoader)["sync"]]
        except _Killed:
            return KILLED
        return 1 if any(failed) else 0

    def _log(self, level: int, message: str, **fields: Any) -> None:
        if self.world.fault("regsync-killed", ""):
            raise _Killed
        if level >= _LEVELS[self.verbosity]:
            self.tell(json.dumps({"time": "T", "level": _NAMES[level], "msg": message, **fields}))

    def _entry(self, entry: Mapping[str, Any]) -> bool:
        """Return whether anything failed."""
        if entry["type"] == "image":
            return self._image(entry, entry["source"], entry["target"])
        source = entry["source"]
        try:
            listed = self.world.list_upstream(source)
        except Refusal as error:
            self._log(8, "Failed getting source tags", source=f"{source}:latest", error=f"failed to list: {error}")
            return True
        patterns = [re.compile(pattern) for pattern in entry["tags"]["allow"]]
        tags = [tag for tag in listed if any(pattern.fullmatch(tag) for pattern in patterns)]
        if not tags:
            self._log(4, "No matching tags found", source=f"{source}:latest", available=listed)
        failed = [self._image(entry, f"{source}:{tag}", f"{entry['target']}:{tag}") for tag in tags]
        return any(failed)

    def _image(self, entry: Mapping[str, Any], source: str, target: str) -> bool:
        try:
            self._reference(entry, source, target)
        except (Refusal, _Failed) as error:
            self._log(8, "Failed to sync", target=target, source=source, error=str(error))
            return True
        return False

    def _reference(self, entry: Mapping[str, Any], source: str, target: str) -> None:
        found = self._source(source)
        held = self._target(target)
        is_whole = bool(entry.get("referrers") or entry.get("digestTags"))
        if held == found and not is_whole:
            self._log(-4, "Image matches", source=source, target=target)
            return
        if found == digest(STRANGE):
            self._log(0, "Skipping unsupported media type", ref=source, mediaType="application/x-strange")
            return
        matches, wanted, platform = held == found, found, entry.get("platform")
        if platform and children(found):
            wanted = self._for_platform(source, found, platform)
            source = f"{source.partition('@')[0]}@{wanted}"
            matches = matches or held == wanted
            if matches:
                self._log(-4, "Image matches for platform", source=source, platform=platform, target=target)
                return
        self._log(0, "Image refreshing" if matches else "Image sync needed", source=source, target=target)
        if self.command == "once":
            self._copy(source, target, is_whole)

    def _for_platform(self, source: str, found: str, platform: str) -> str:
        # What it got for an index it keeps for as long as it runs.
        got = self._seen[found] = self._seen.get(found) or self._source(source, pull=True)
        part = for_platform(got, platform)
        if part is None:
            self._log(4, "Platform could not be found in source manifest list", platform=platform)
            raise _Failed("not found")
        return part

    def _copy(self, source: str, target: str, is_whole: bool) -> None:
        """imageCopyOpt: looks at the target once more, and at the source where its digest is not given."""
        held, given = self._target(target), source.partition("@")[2]
        if held and not given:
            given = self._source(source)
        if held and not is_whole and held == given:
            return
        name = given
        if held != given or children(held or ""):
            name = self._source(source, pull=True)
            for part in children(name).values():
                self._copy(f"{_repository(source)}@{part}", f"{_repository(target)}@{part}", is_whole)
        if is_whole:
            self._referrers(source, name)
        if held != name:
            self._push(target, name)

    def _referrers(self, source: str, name: str) -> None:
        """These registries have no list of referrers but under a tag, and nothing there."""
        repository = _repository(source)
        self.world.ask_for_referrers(repository)
        self._request("GET", repository, name.replace(":", "-"), "404 Not Found", "")

    def _source(self, reference: str, *, pull: bool = False) -> str:
        name, _, given = reference.partition("@")
        repository, _, tag = (name, "", "") if given and ":" not in name else name.rpartition(":")
        method = "GET" if pull else "HEAD"
        try:
            found = self.world.ask_upstream(repository, given or tag, pull=pull)
        except Refusal as error:
            self._request(method, repository, given or tag, f"{error.code} refused", "")
            raise
        self._request(method, repository, given or tag, "200 OK", found)
        return found

    def _target(self, reference: str) -> str | None:
        repository, tag = reference.split("@") if "@" in reference else reference.rsplit(":", 1)
        try:
            found = self.world.ask_ecr(repository.partition("/")[2], tag)
        except Refusal as error:
            self._request("HEAD", repository, tag, f"{error.code} refused", "")
            return None
        self._request("HEAD", repository, tag, "200 OK", found)
        return found

    def _push(self, reference: str, name: str) -> None:
        repository, given = reference.split("@") if "@" in reference else reference.rsplit(":", 1)
        try:
            self.world.push(repository.partition("/")[2], given, name)
        except Refusal as error:
            self._request("PUT", repository, given, f"{error.code} refused", "")
            raise _Failed(f"failed to push manifest: {error}") from error
        self._request("PUT", repository, given, "201 Created", name)

    def _request(self, method: str, repository: str, reference: str, status: str, found: str) -> None:
        self._log(-8, "reg http request", **request(method, repository, reference, status, found))


def _repository(reference: str) -> str:
    name, at, _ = reference.partition("@")
    return name if at and ":" not in name else name.rpartition(":")[0]
