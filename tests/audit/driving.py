"""The real commands, in this process, on a simulated world."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mirrorgen.cli import app
from mirrorgen.commands.options import runtime_for
from mirrorgen.destinations.ecr.target import EcrTarget
from mirrorgen.errors import MirrorgenError
from mirrorgen.operations.copying.planning import plan_copies
from mirrorgen.operations.runtime import Runtime
from mirrorgen.operations.upstream.selecting import prepare
from mirrorgen.outcomes import exit_code
from mirrorgen.project import load
from mirrorgen.tools import crews
from mirrorgen.tools.runner import Completed
from mirrorgen.tools.secrets import Secrets
from mirrorgen.tools.toolbox import Toolbox
from mirrorgen.tools.versions import Found, tool_specs
from tests.audit import regctl
from tests.audit.ecr import SimulatedClient, SimulatedEcr
from tests.audit.regsync import Regsync
from tests.audit.world import World

ACCOUNT, REGION = "123456789012", "eu-west-1"


@dataclass(frozen=True)
class Said:
    """What a command said, and what was so at its beginning and its end.

    Attributes:
        exit_code, result, text: of the command; `result` is None where it printed none.
        first: digest by tag of each repository that it has looked at, as it was then.
        last: the same at the end; None for a repository that is not there any more.
    """

    exit_code: int
    result: Any
    text: str
    first: Mapping[str, Mapping[str, str]]
    last: Mapping[str, Mapping[str, str] | None]


class InTurn(Executor):
    """Does one thing after the other, so that a scenario always runs the same way."""

    def __init__(self, *_: Any, **__: Any) -> None: ...

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done

    def map(self, fn: Callable[..., Any], *iterables: Iterable[Any], **_: Any) -> Iterator[Any]:
        return map(fn, *iterables)


@dataclass(frozen=True)
class Programs:
    """Runs what stands for the programs of a world."""

    world: World
    secrets: Secrets = field(default_factory=Secrets)

    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: str = "",
        on_stderr_line: Callable[[str], None] | None = None,
        **_: Any,
    ) -> Completed:
        self.world.program += 1
        name, *arguments = argv
        if name.endswith("regctl"):
            return Completed(tuple(argv), *regctl.answer(self.world, arguments))
        lines: list[str] = []

        def tell(line: str) -> None:
            lines.append(line)
            if on_stderr_line:
                on_stderr_line(line)

        code = Regsync(self.world, arguments[0], arguments[-1], tell).run(stdin)
        return Completed(tuple(argv), code, "", "\n".join(lines))


class Driver:
    """Lets commands run on a list and a world.

    Args:
        folder: where the list is, as `images.yaml`.
        patch: what puts the world in the place of programs and AWS.
    """

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._patch = patch
        patch.setattr(crews, "ThreadPoolExecutor", InTurn)

    def write(self, text: str) -> None:
        """Begin with a list that has no lock."""
        for name in ("images.lock.yaml", "plan.json"):
            (self._folder / name).unlink(missing_ok=True)
        (self._folder / "images.yaml").write_text(text, encoding="utf-8")

    def read(self, name: str) -> str | None:
        path = self._folder / name
        return path.read_text(encoding="utf-8") if path.exists() else None

    def run(self, world: World, command: str, *options: str) -> Said:
        client = self._enter(world)
        arguments = [command, "--file", self.path("images.yaml"), "--format", "json", *options]
        done = CliRunner().invoke(app, arguments, env={"NO_COLOR": "1"})
        return _said(world, client, done.exit_code, json.loads(done.stdout or "null"), done.stdout + done.stderr)

    def plan(self, world: World, only: Sequence[str]) -> Said:
        """Plan the copies alone: repositories are Terraform's, and not in these worlds."""
        client = self._enter(world)
        runtime = runtime_for(load(self._folder / "images.yaml"), only=only)
        try:
            work = prepare(runtime)
            copies, failures = plan_copies(runtime, work, runtime.held(work.desired))
        except MirrorgenError as error:
            return _said(world, client, int(error.exit_code), None, error.message)
        result = {
            "copies": [ref.document() for ref in copies],
            "failures": [failure.document() for failure in failures],
        }
        return _said(world, client, int(exit_code(failures)), result, "")

    def _enter(self, world: World) -> SimulatedClient:
        client, programs = SimulatedClient(world), Programs(world)
        self._patch.setattr(Runtime, "runner", programs)
        self._patch.setattr(Runtime, "toolbox", _toolbox(programs))
        self._patch.setattr(Runtime, "destination", property(lambda runtime: _ecr(runtime, client)))
        return client

    def path(self, name: str) -> str:
        return str(self._folder / name)


def _said(world: World, client: SimulatedClient, exit_code: int, result: Any, text: str) -> Said:
    last = {name: world.shelves[name].active() if name in world.shelves else None for name in client.first}
    return Said(exit_code, result, text, client.first, last)


def _toolbox(programs: Programs) -> Toolbox:
    found = {name: Found(spec, Path(f"/bin/{name}"), spec.tested, "") for name, spec in tool_specs().items()}
    return Toolbox(programs, {}, {}, found)


def _ecr(runtime: Runtime, client: SimulatedClient) -> SimulatedEcr:
    assert isinstance(runtime.desired.target, EcrTarget)
    target = replace(runtime.desired.target, account_id=ACCOUNT, region=REGION)
    return SimulatedEcr(target, client, runtime.say)  # type: ignore[arg-type]
