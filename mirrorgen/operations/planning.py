"""Plan: what Terraform and regsync would do, as one answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

from mirrorgen.desired.state import DesiredState
from mirrorgen.destinations.port import Destination, Holdings, SettingDifference
from mirrorgen.model.references import Source
from mirrorgen.operations.copying.evidence import brought
from mirrorgen.operations.copying.planning import plan_copies
from mirrorgen.operations.copying.pushing import Pushing, foresee_pushes
from mirrorgen.operations.copying.replicating import compare
from mirrorgen.operations.repositories.planning import (
    REPOSITORY_POLICY,
    creates_repository,
    plan_repositories,
    unmanaged,
    unmanaged_failures,
)
from mirrorgen.operations.repositories.renamed import Renames
from mirrorgen.operations.repositories.saved import work_folder
from mirrorgen.operations.runtime import Runtime
from mirrorgen.operations.upstream.selecting import Work, prepare
from mirrorgen.outcomes import Failure, TagRef
from mirrorgen.problems import Problem
from mirrorgen.tools.terraform import Change


@dataclass(frozen=True, slots=True)
class MirrorPlan:
    """What is to be done.

    Attributes:
        changes: to repositories and their policies, and to what Terraform's state says of them.
        copies: tags that regsync would copy.
        failures: tags that are neither in the target nor upstream, what could not be looked at, idle rules,
            repositories that Terraform would fail to create.
        problems: rules that select nothing now, with paths in the list.
        sources: upstream repositories of each repository of the list, by its name.
        lost: how many tagged images the repositories hold that would be destroyed, by their name.
        outputs: names of Terraform's output values that change.
        is_applicable: whether applying Terraform's plan does anything, be it to its state alone.
        unmanaged: those of `changes` that would fail, because the repository exists; the plan is not saved then.
        lost_digests: digest of every image in the repositories that would be destroyed, by their name.
        renames: which of these repositories have another name in the list.
        successors: how many tagged images each repository of such a name holds; None for one that is not there.
        pushing: what the copies push; None where nothing is copied, or the target takes whatever comes.
        registry: settings of the registry itself that are not as the list asks.
        access: who may pull besides those who own the registry, in words, by each repository of the list whose policy
            Terraform changes; nothing for nobody.
        overwritten: repositories of which Terraform makes a policy where others have put one.
        replicated: tags that ECR has yet to copy from the first target, where that is not for regsync.
    """

    changes: tuple[Change, ...]
    copies: tuple[TagRef, ...]
    failures: tuple[Failure, ...]
    problems: tuple[Problem, ...] = ()
    sources: Mapping[str, tuple[Source, ...]] = field(default_factory=dict)
    lost: Mapping[str, int] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    is_applicable: bool = False
    unmanaged: tuple[Change, ...] = ()
    lost_digests: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    renames: Renames = field(default_factory=Renames)
    successors: Mapping[str, int | None] = field(default_factory=dict)
    pushing: Pushing | None = None
    registry: tuple[SettingDifference, ...] = ()
    access: Mapping[str, str] = field(default_factory=dict)
    overwritten: tuple[str, ...] = ()
    replicated: tuple[TagRef, ...] = ()

    @property
    def destroyed(self) -> tuple[Change, ...]:
        """Changes that would lose a repository with its images."""
        return tuple(change for change in self.changes if change.destroys_repository)

    @property
    def is_pending(self) -> bool:
        """Whether anything is left to do, be it by somebody else."""
        is_changed = self.changes or self.outputs or self.is_applicable or self.registry
        return bool(is_changed or self.copies or self.replicated)

    @property
    def is_done(self) -> bool:
        """Whether everything is known to be as the list asks."""
        return not (self.is_pending or self.failures)

    @property
    def is_saved(self) -> bool:
        """Whether Terraform's plan was kept, for `apply` to carry out."""
        return not self.unmanaged


def make_plan(runtime: Runtime, *, wait: bool = False) -> MirrorPlan:
    """Ask Terraform and regsync what they would do, and save Terraform's plan for `apply`.

    Args:
        runtime: of the list.
        wait: whether to wait for another run in the folder.

    Raises:
        InputError: the generated files or the module do not fit the list.
        Occupied: another run works in the folder.
        ToolUnusable, ToolFailed, UsageError: a tool cannot do its part.
    """
    # What is missing on this machine, or in our way, is said before Terraform takes its minute.
    runtime.require_copying(*(["terraform"] if runtime.desired.target.is_provisioned else []))
    runtime.require_rendered()
    with ExitStack() as turn:
        if runtime.desired.target.is_provisioned:
            turn.enter_context(work_folder(runtime).turn("mirrorgen plan", wait=wait, say=runtime.say))
        return _make_plan(runtime)


def _make_plan(runtime: Runtime) -> MirrorPlan:
    # Who is signed in, and where, is found out before upstreams are asked.
    destination = runtime.destination
    work = prepare(runtime)
    shown = plan_repositories(runtime)
    terraform = shown.plan
    concerned = [change.name for change in terraform.changes if _is_looked_up(change)]
    wanted = {repository.name: repository.tags for repository in work.desired.repositories}
    held = destination.held({**dict.fromkeys(concerned, ()), **wanted})
    successors = {rename.new for rename in shown.renames.sure}
    existing = unmanaged(terraform.changes, held)
    if existing:
        work_folder(runtime).discard_plan()
    copies, replicated, failures = _to_bring(runtime, work, held)
    entries = brought(work.desired)
    registry = destination.registry_differences()
    return MirrorPlan(
        changes=terraform.changes,
        copies=copies,
        failures=(*unmanaged_failures(existing), *failures, *registry.failures(destination.target.host)),
        problems=work.problems,
        sources={repo.name: tuple(entry.source for entry in repo.entries) for repo in runtime.desired.repositories},
        lost={
            change.name: _image_count(held[change.name]) for change in terraform.changes if change.destroys_repository
        },
        outputs=terraform.outputs,
        is_applicable=terraform.is_applicable,
        unmanaged=existing,
        lost_digests=shown.lost,
        renames=shown.renames,
        successors={name: None if held[name] is None else _image_count(held[name]) for name in successors},
        pushing=foresee_pushes(destination.target, [entries[ref].copying for ref in copies]),
        registry=registry.found,
        access=_access(runtime.desired, terraform.changes),
        overwritten=_overwritten(destination, terraform.changes),
        replicated=replicated,
    )


def _to_bring(
    runtime: Runtime, work: Work, held: Holdings
) -> tuple[tuple[TagRef, ...], tuple[TagRef, ...], tuple[Failure, ...]]:
    """Return what regsync copies, what ECR replicates, and what neither can bring or look at."""
    if runtime.desired.target.replicated_from is None:
        copies, failures = plan_copies(runtime, work, held)
        return copies, (), failures
    plan = compare(runtime, work, held)
    # What the first does not hold yet comes once it does; whether upstream has it, its own plan says.
    later = {failure.ref for failure in plan.later}
    return (), tuple(sorted({*plan.behind, *later})), tuple(f for f in plan.failures if f not in plan.later)


def _is_looked_up(change: Change) -> bool:
    """Whether it matters what is in ECR: images that would be lost, or a repository that would be made twice."""
    return change.destroys_repository or creates_repository(change)


def _access(desired: DesiredState, changes: Iterable[Change]) -> dict[str, str]:
    concerned = {change.name for change in changes if change.resource_type == REPOSITORY_POLICY}
    found = desired.who_may_pull()
    return {name: found[name] for name in sorted(concerned & found.keys())}


def _overwritten(destination: Destination, changes: Iterable[Change]) -> tuple[str, ...]:
    """To make a policy is to put it in the place of one that is there, without an error."""
    new = {change.name for change in changes if creates_repository(change)}
    made = {change.name for change in changes if change.resource_type == REPOSITORY_POLICY and change.makes_anew}
    return tuple(sorted(destination.with_repository_policy(sorted(made - new))))


def _image_count(tags: Mapping[str, str] | None) -> int:
    return len(set((tags or {}).values()))
