"""A destination that holds what a test says, and regsync that answers what a test says."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from mirrorgen.desired.state import DesiredState
from mirrorgen.destinations.port import Holdings, StoredImage
from mirrorgen.operations.runtime import Runtime
from mirrorgen.tools.runner import Completed
from mirrorgen.tools.secrets import Secrets
from mirrorgen.tools.toolbox import Toolbox
from mirrorgen.tools.versions import Found, tool_specs
from tests.memory_destination import MemoryDestination

PUSHED = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


@dataclass
class ChangingDestination(MemoryDestination):
    """A registry that holds one thing after the other, each time that it is asked for tags; the last one for ever."""

    answers: list[Holdings] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._hold(self.answers[0])

    def held(self, wanted: Mapping[str, Collection[str]]) -> Holdings:
        self._hold(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])
        return super().held(wanted)

    def _hold(self, answer: Holdings) -> None:
        self.stock = {
            name: [StoredImage(digest, (tag,), PUSHED) for tag, digest in tags.items()]
            for name, tags in answer.items()
            if tags is not None
        }


@dataclass
class AnsweringRunner:
    """Runs nothing.

    Attributes:
        runs: exit code and log lines of each run of regsync, one after the other.
        listings: what regctl lists, by upstream repository; one that is not here is down.
        given: what regsync was given on standard input, each time.
    """

    secrets = Secrets()

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
            return Completed(tuple(argv), 0, json.dumps({"name": "", "tags": list(tags)}), "")
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
    runtime.destination = ChangingDestination(desired.target, answers=list(held))
    return runtime
