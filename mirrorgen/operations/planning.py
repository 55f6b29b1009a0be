"""Plan: what Terraform and regsync would do, as one answer, and the saved plan that `apply` applies."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mirrorgen.desired.selection import NOT_UPSTREAM
from mirrorgen.destinations.ecr.tfvars import EXCLUSIONS, TFVARS
from mirrorgen.errors import InputError, ToolFailed
from mirrorgen.files import diff_files
from mirrorgen.model.references import Source
from mirrorgen.operations.copying.evidence import brought, failures_of, said_of
from mirrorgen.operations.copying.pending import pending
from mirrorgen.operations.copying.work import Work, prepare
from mirrorgen.operations.runtime import Runtime
from mirrorgen.outcomes import Failure, Kind, TagRef
from mirrorgen.problems import Problem
from mirrorgen.rendering.module import check_variables
from mirrorgen.tools.regsync import EventKind
from mirrorgen.tools.terraform import Change

_PLAN_FOLDER = Path("terraform/.mirrorgen")


@dataclass(frozen=True, slots=True)
class MirrorPlan:
    """What is to be done.

    Attributes:
        changes: to repositories and their policies.
        copies: tags that regsync would copy.
        failures: tags that are neither in the target nor upstream, what could not be looked at, idle rules.
        problems: rules that select nothing now, with paths in the list.
        sources: upstream repositories of each repository of the list, by its name.
        lost: how many tagged images the repositories hold that would be destroyed, by their name.
    """

    changes: tuple[Change, ...]
    copies: tuple[TagRef, ...]
    failures: tuple[Failure, ...]
    problems: tuple[Problem, ...] = ()
    sources: Mapping[str, tuple[Source, ...]] = field(default_factory=dict)
    lost: Mapping[str, int] = field(default_factory=dict)

    @property
    def destroyed(self) -> tuple[Change, ...]:
        """Changes that would lose a repository with its images."""
        return tuple(change for change in self.changes if change.destroys_repository)

    @property
    def is_pending(self) -> bool:
        """Whether anything is left to do."""
        return bool(self.changes or self.copies)


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A Terraform plan on disk, with what it was made from."""

    file: Path
    changes: tuple[Change, ...]


def make_plan(runtime: Runtime) -> MirrorPlan:
    """Ask Terraform and regsync what they would do, and save Terraform's plan for `apply`.

    Raises:
        InputError: the generated files or the module do not fit the list.
        ToolUnusable, ToolFailed, UsageError: a tool cannot do its part.
    """
    # What is missing on this machine, or in our way, is said before Terraform takes its minute.
    runtime.require_copying(*(["terraform"] if runtime.desired.target.is_provisioned else []))
    destination = runtime.destination
    work = prepare(runtime)
    changes = plan_repositories(runtime)
    copies, failures = plan_copies(runtime, work)
    sources = {
        repository.name: tuple(entry.source for entry in repository.entries)
        for repository in runtime.desired.repositories
    }
    destroyed = [change.name for change in changes if change.destroys_repository]
    held = destination.held(dict.fromkeys(destroyed, ())) if destroyed else {}
    lost = {name: len(set((tags or {}).values())) for name, tags in held.items()}
    return MirrorPlan(changes, copies, failures, work.problems, sources, lost)


def plan_repositories(runtime: Runtime) -> tuple[Change, ...]:
    """Let Terraform plan, keep the plan on disk, and return what it changes; nothing where pushes do."""
    require_rendered(runtime)
    if not runtime.desired.target.is_provisioned:
        return ()
    terraform = runtime.terraform()
    generated = runtime.desired.generated()[TFVARS]
    assert generated
    assert generated.document is not None
    check_variables(terraform.module, generated.document)
    folder = _plan_folder(runtime.root)
    discard_plan(runtime.root)
    runtime.say("terraform init")
    terraform.init()
    if runtime.files[EXCLUSIONS] is not None:
        terraform.require_exclusions()
    plan_file = folder / "plan.tfplan"
    runtime.say("terraform plan")
    terraform.plan(plan_file)
    changes = tuple(terraform.show(plan_file))
    (folder / "inputs.json").write_text(json.dumps({"sha256": _inputs_digest(runtime)}), encoding="utf-8")
    return changes


def plan_copies(runtime: Runtime, work: Work) -> tuple[tuple[TagRef, ...], tuple[Failure, ...]]:
    """Let regsync check what the target may lack; return tags to copy, and what is nowhere or cannot be looked at.

    Raises:
        ToolFailed: regsync failed, and nothing is known of any image.
    """
    held = runtime.held(work.desired)
    todo = pending(work.desired, held)
    if todo.is_empty:
        return (), work.failures
    runtime.say("regsync check")
    outcome = runtime.regsync().check(runtime.regsync_config(todo.desired))
    if outcome.trouble:
        raise ToolFailed(outcome.trouble)
    said, failed = said_of(outcome), failures_of(outcome, todo.desired)
    copies = {ref for ref, kind in said.items() if kind is EventKind.NEEDED}
    nowhere = [
        entry.failure(ref, Kind.NOT_UPSTREAM, NOT_UPSTREAM)
        for ref, entry in brought(todo.desired).items()
        if ref not in said and ref not in failed
    ]
    found = sorted([*failed.values(), *nowhere], key=lambda failure: failure.ref)
    return tuple(sorted(copies)), (*work.failures, *found)


def load_plan(runtime: Runtime) -> SavedPlan:
    """Return the plan that `plan` saved.

    Raises:
        InputError: there is none, or the list or the module has changed since.
    """
    folder = runtime.root / _PLAN_FOLDER
    plan_file, inputs_file = folder / "plan.tfplan", folder / "inputs.json"
    hint = "run `mirrorgen plan` first; `apply` applies exactly what it showed"
    if not plan_file.is_file() or not inputs_file.is_file():
        raise InputError("there is no saved plan", hint=hint)
    require_rendered(runtime)
    if json.loads(inputs_file.read_text(encoding="utf-8"))["sha256"] != _inputs_digest(runtime):
        raise InputError("the list or the Terraform module has changed since the plan was made", hint=hint)
    return SavedPlan(plan_file, tuple(runtime.terraform().show(plan_file)))


def discard_plan(root: Path) -> None:
    """Remove the saved plan: it was applied, or a new one is being made."""
    for name in ("plan.tfplan", "inputs.json"):
        (root / _PLAN_FOLDER / name).unlink(missing_ok=True)


def require_rendered(runtime: Runtime) -> None:
    """Make sure that the generated files on disk are what the list asks for.

    Raises:
        InputError: they are not.
    """
    if diff_files(runtime.root, runtime.files):
        raise InputError(
            "the generated files are not what the list asks for",
            hint="run `mirrorgen render` and look at the difference",
        )


def _plan_folder(root: Path) -> Path:
    folder = root / _PLAN_FOLDER
    # A plan holds the state, which is nobody else's business.
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    return folder


def _inputs_digest(runtime: Runtime) -> str:
    digest = hashlib.sha256()
    for path in sorted(
        [*(runtime.root / "terraform").glob("*.tf"), *(runtime.root / "terraform").glob("*.tfvars.json")]
    ):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
