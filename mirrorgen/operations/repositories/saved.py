"""The work folder below `terraform/`: the plan that `apply` applies, and whose turn it is."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from mirrorgen.errors import InputError, MirrorgenError
from mirrorgen.files import open_private, read_file, write_file, write_files
from mirrorgen.operations.repositories.renamed import Rename, Renames
from mirrorgen.operations.runtime import Runtime
from mirrorgen.tools.terraform import Change, TerraformPlan

_FOLDER = Path("terraform/.mirrorgen")
_PLAN, _SHOWN, _TURN = "plan.tfplan", "plan.json", "run.lock"
_MOVING, _STEP, _STEP_VARIABLES = "move.json", "step.tfplan", "step.tfvars.json"
_PLAN_AGAIN = "run `mirrorgen plan` first; `apply` applies exactly what it showed"


class Occupied(MirrorgenError):
    """Another run works in the folder."""


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """What was shown of a plan.

    Attributes:
        plan: what Terraform would do.
        lost: digests of the images of each repository that it destroys, by its name.
        renames: which of these repositories have another name in the list.
    """

    plan: TerraformPlan
    lost: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    renames: Renames = field(default_factory=Renames)


@dataclass(frozen=True, slots=True)
class Moving:
    """A move that has begun: the plan that was shown, which Terraform could not apply any more, and what came of it.

    Attributes:
        shown: of the plan.
        verified: digest by tag that an old repository and its new one both had, by the old name.
    """

    shown: SavedPlan
    verified: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Document:
    """What is kept of a plan: digests of what it was made from and of the plan itself, and what was shown."""

    inputs: str
    plan: str
    moving: Moving


@dataclass(frozen=True, slots=True)
class WorkFolder:
    """What runs of one list keep beside its Terraform module.

    Attributes:
        root: the folder of the list.
        target: whose plan it is, of several; otherwise nothing. Turns are those of the module, which they share.
    """

    root: Path
    target: str = ""

    @property
    def plan_file(self) -> Path:
        """Terraform's saved plan."""
        return self._plan_folder / _PLAN

    @property
    def step_file(self) -> Path:
        """Terraform's plan for a part of what was shown."""
        return self._plan_folder / _STEP

    @contextmanager
    def turn(self, command: str, *, wait: bool, say: Callable[[str], None]) -> Iterator[None]:
        """Let one run after the other work here: they share Terraform's state and the saved plan.

        The kernel ends a turn with its process, however that ends, so that none is left over.

        Args:
            command: what this run is called in the error of another.
            wait: whether to wait for a run that is under way.
            say: told whom this one waits for.

        Raises:
            Occupied: another run is under way, and this one does not wait.
            InputError: the folder cannot be written to.
        """
        with self._open_turn() as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = f"{_holder(stream)} works in {self.root}"
                if not wait:
                    hint = "wait until it has ended, or give --wait"
                    raise Occupied(f"{holder}; nothing was done", hint=hint) from None
                say(f"waiting: {holder}")
                fcntl.flock(stream, fcntl.LOCK_EX)
            _write(stream, json.dumps({"pid": os.getpid(), "command": command}))
            try:
                yield
            finally:
                _write(stream, "")

    def seal(self, shown: SavedPlan) -> None:
        """Keep what was shown of the plan, and note which plan it is and what that was made from.

        Raises:
            InputError: the folder cannot be written to.
        """
        document = {"inputs": self._inputs_digest(), "plan": self._plan_digest(), "shown": asdict(shown)}
        write_file(self._plan_folder / _SHOWN, json.dumps(document), project=self.root, is_private=True)

    def require_current_plan(self) -> SavedPlan:
        """Return what was shown of the plan, which is the one that is there and whose inputs are as they were.

        Raises:
            InputError: there is none, the list or the module has changed since, or nobody can tell.
        """
        plan, kept = (read_file(path, project=self.root) for path in (self.plan_file, self._plan_folder / _SHOWN))
        if not plan or kept is None:
            raise InputError("there is no saved plan", hint=_PLAN_AGAIN)
        document = self._read(_SHOWN, kept)
        if document.plan != self._plan_digest():
            raise InputError("the saved plan is not the one that was shown", hint=_PLAN_AGAIN)
        self._require_same_inputs(document)
        return document.moving.shown

    def require_moving(self) -> Moving:
        """Return the move that has begun, or that the saved plan makes possible.

        Raises:
            InputError: as `require_current_plan` says.
        """
        kept = read_file(self._plan_folder / _MOVING, project=self.root)
        if kept is None or read_file(self._plan_folder / _SHOWN, project=self.root) is not None:
            return Moving(self.require_current_plan())
        document = self._read(_MOVING, kept)
        self._require_same_inputs(document)
        return document.moving

    def keep_moving(self, moving: Moving) -> None:
        """Note how far a move has come. The saved plan is out of date with its first step, and goes.

        Raises:
            InputError: the folder cannot be written to.
        """
        document = {"inputs": self._inputs_digest(), **asdict(moving)}
        write_file(self._plan_folder / _MOVING, json.dumps(document), project=self.root, is_private=True)
        self._remove(_PLAN, _SHOWN)

    def write_step_variables(self, document: Mapping[str, Any]) -> Path:
        """Write variables for a part of what was shown, and say where.

        Raises:
            InputError: the folder cannot be written to.
        """
        path = self._plan_folder / _STEP_VARIABLES
        write_file(path, json.dumps(document), project=self.root, is_private=True)
        return path

    def discard_plan(self) -> None:
        """Remove the saved plan: it was applied, would fail, or a new one is being made.

        Raises:
            InputError: something else is in its place.
        """
        self._remove(_PLAN, _SHOWN, _MOVING, _STEP, _STEP_VARIABLES)

    def make_room(self, path: Path) -> None:
        """Put an empty file in the place of a plan, for Terraform to fill.

        A plan holds the state, which is nobody else's business; left alone Terraform lets everybody read it.

        Raises:
            InputError: something else is in its place.
        """
        write_file(path, "", project=self.root, is_private=True)

    def _remove(self, *names: str) -> None:
        folder = self._plan_folder.relative_to(self.root)
        write_files(self.root, {f"{folder}/{name}": None for name in names})

    def _read(self, name: str, kept: bytes) -> _Document:
        try:
            document = json.loads(kept)
            moving = Moving(_shown(document["shown"]), document.get("verified", {}))
            return _Document(document["inputs"], document.get("plan", ""), moving)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            message = f"{self._plan_folder / name} does not say what the saved plan was made from"
            raise InputError(message, hint="run `mirrorgen plan` again; it writes both anew") from error

    def _require_same_inputs(self, document: _Document) -> None:
        if document.inputs != self._inputs_digest():
            raise InputError("the list or the Terraform module has changed since the plan was made", hint=_PLAN_AGAIN)

    @property
    def _plan_folder(self) -> Path:
        return self.root / _FOLDER / self.target

    def _open_turn(self) -> IO[str]:
        write_files(self.root, {f"{_FOLDER}/.gitignore": "*\n"})
        return open_private(self.root / _FOLDER / _TURN, project=self.root)

    def _plan_digest(self) -> str:
        return hashlib.sha256(read_file(self.plan_file, project=self.root) or b"").hexdigest()

    def _inputs_digest(self) -> str:
        module = self.root / "terraform"
        digest = hashlib.sha256()
        for name, path in sorted((path.relative_to(module).as_posix(), path) for path in _inputs(module, self.target)):
            digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
        return digest.hexdigest()


def work_folder(runtime: Runtime) -> WorkFolder:
    """Return the work folder of a run."""
    return WorkFolder(runtime.workplace, runtime.desired.target.list_name)


def _inputs(module: Path, target: str) -> Iterator[Path]:
    """Yield what Terraform reads of a root module and of the modules in it; what `init` has put there is in none.

    Variables of another target are not read for this one.
    """
    for pattern in ("*.tf", "*.tf.json", "*.tfvars", "*.tfvars.json"):
        for path in module.rglob(pattern):
            is_of_another = target and path.parent == module and _is_of_another(path.name, target)
            if not is_of_another and not any(part.startswith(".") for part in path.relative_to(module).parts):
                yield path


def _is_of_another(name: str, target: str) -> bool:
    """Whether a file has variables that Terraform reads only where it is told to, for another target.

    Source: https://developer.hashicorp.com/terraform/language/values/variables, "Variable definitions files".
    """
    if ".tfvars" not in name or name in {f"{target}.tfvars.json", "terraform.tfvars", "terraform.tfvars.json"}:
        return False
    return not name.removesuffix(".json").endswith(".auto.tfvars")


def _shown(document: Mapping[str, Any]) -> SavedPlan:
    plan = document["plan"]
    changes = tuple(Change(**{**change, "fields": tuple(change["fields"])}) for change in plan["changes"])
    lost = {name: tuple(digests) for name, digests in document["lost"].items()}
    return SavedPlan(TerraformPlan(changes, tuple(plan["outputs"]), plan["is_applicable"]), lost, _renames(document))


def _renames(document: Mapping[str, Any]) -> Renames:
    renames = document["renames"]
    sources = {name: tuple(found) for name, found in renames["sources"].items()}
    return Renames(tuple(Rename(**rename) for rename in renames["sure"]), renames["unsure"], sources)


def _holder(stream: IO[str]) -> str:
    stream.seek(0)
    try:
        holder = json.load(stream)
        return f"`{holder['command']}` (process {int(holder['pid'])})"
    except (ValueError, TypeError, KeyError):
        # It has come that far, and not yet said who it is.
        return "another run"


def _write(stream: IO[str], text: str) -> None:
    stream.truncate(0)
    stream.write(text)
    stream.flush()
