"""A destination that holds what a test says, and regsync that answers what a test says."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from mirrorgen.desired.state import DesiredState
from mirrorgen.destinations.port import Holdings, SettingDifference, StoredImage
from mirrorgen.model.targets import Settings, Target
from mirrorgen.operations.runtime import Runtime
from mirrorgen.tools.runner import Completed
from mirrorgen.tools.toolbox import Toolbox
from mirrorgen.tools.versions import Found, tool_specs

PUSHED = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


@dataclass
class MemoryDestination:
    """A registry that holds one thing after the other, each time that it is asked; the last one for ever."""

    target: Target
    answers: list[Holdings]
    others: tuple[str, ...] = ()
    tells_age: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)
    deleted: list[tuple[str, str]] = field(default_factory=list)

    def held(self, wanted: Mapping[str, Collection[str]]) -> Holdings:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return {name: answer[name] for name in wanted}

    def images(self, names: Iterable[str]) -> Mapping[str, tuple[StoredImage, ...] | None]:
        return {
            name: None if tags is None else tuple(StoredImage(digest, (tag,), PUSHED) for tag, digest in tags.items())
            for name, tags in self.held(dict.fromkeys(names, ())).items()
        }

    def differences(self, wanted: Mapping[str, Settings]) -> Mapping[str, tuple[SettingDifference, ...] | None]:
        return {name: None if tags is None else () for name, tags in self.held(dict.fromkeys(wanted, ())).items()}

    def strays(self, names: Collection[str]) -> tuple[str, ...]:
        return tuple(name for name in self.others if name not in names)

    def expiring(self, settings: Settings, images: Sequence[StoredImage], *, now: datetime) -> Mapping[str, str]:  # noqa: ARG002
        return {}

    def delete(self, repository: str, tags: Sequence[tuple[str, str]]) -> Mapping[str, str]:
        self.deleted += [(repository, tag) for tag, _ in tags]
        return {}


@dataclass
class AnsweringRunner:
    """Runs nothing.

    Attributes:
        runs: exit code and log lines of each run of regsync, one after the other.
        listings: what regctl lists, by upstream repository; one that is not here is down.
        given: what regsync was given on standard input, each time.
    """

    runs: list[tuple[int, Sequence[str]]]
    listings: Mapping[str, Sequence[str]]
    given: list[str] = field(default_factory=list)

    def run(
        self, argv: Sequence[str], *, stdin: str = "", on_stderr_line: Callable[[str], None] | None = None, **_: Any
    ) -> Completed:
        if argv[1:3] == ["tag", "ls"]:
            tags = self.listings.get(argv[-1])
            if tags is None:
                return Completed(tuple(argv), 1, "", "dial tcp: connection refused")
            return Completed(tuple(argv), 0, "\n".join(tags), "")
        self.given.append(stdin)
        code, lines = self.runs.pop(0)
        for said in lines:
            if on_stderr_line:
                on_stderr_line(said)
        return Completed(tuple(argv), code, "", "\n".join(lines))


def line(source: str, target: str, *, message: str = "Image sync needed", error: str = "") -> str:
    """Return what regsync logs of an image; with an error that it failed.

    Args:
        source: reference of the upstream image.
        target: repository and tag in the target.
        message: what it says.
        error: why it failed.
    """
    said = {"msg": "Failed to sync", "error": error} if error else {"msg": message}
    return json.dumps({**said, "source": source, "target": f"registry.example.com/{target}"})


def runtime_of(
    root: Path,
    desired: DesiredState,
    *held: Holdings,
    runs: Sequence[tuple[int, Sequence[str]]] = (),
    listings: Mapping[str, Sequence[str]] | None = None,
) -> Runtime:
    """Return a run for a list, with a target and programs that answer so.

    Args:
        root: the folder of the list.
        desired: what the list asks for.
        held: what the target holds, each time that it is asked.
        runs: exit code and log lines of each run of regsync.
        listings: the tags that upstreams have.
    """
    runtime = Runtime(root, desired, environ={})
    runner = AnsweringRunner(list(runs), listings or {})
    found = {name: Found(spec, Path(f"/bin/{name}"), spec.tested, "") for name, spec in tool_specs().items()}
    runtime.runner = runner
    runtime.toolbox = Toolbox(runner, {}, {}, found)
    runtime.destination = MemoryDestination(desired.target, list(held))
    return runtime
