"""Move: a repository of another name is made, filled from the old one and held against it; then the old one goes.

Each step looks at what is there and does what is left, so that a move that was cut off is begun again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mirrorgen.errors import InputError, ToolFailed
from mirrorgen.operations.repositories.adopting import adoption_hint, imports_applied
from mirrorgen.operations.repositories.emptying import empty_repositories, require_listed
from mirrorgen.operations.repositories.planning import creates_repository, plan_part
from mirrorgen.operations.repositories.refilling import Held, lacking, obstacles, refill, tags_of
from mirrorgen.operations.repositories.renamed import Rename, Renames
from mirrorgen.operations.repositories.saved import Moving, WorkFolder, work_folder
from mirrorgen.operations.repositories.steps import Step
from mirrorgen.operations.runtime import Runtime
from mirrorgen.outcomes import Failure, Kind, TagRef
from mirrorgen.tools.already_exists import AlreadyExists
from mirrorgen.tools.regsync import Event
from mirrorgen.tools.terraform import Change, TerraformPlan, hcl_string

_LACKS = "is not there; nothing was destroyed"
_SAID = 3
"""How many addresses a sentence names."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move came to.

    Attributes:
        renames: what the plan said of names.
        images: how many images each old repository held that are in the new one, by the old name; without those that
            were not looked at, or not proven.
        created, destroyed: names of repositories, sorted.
        failures: tags and images that are not in the new repository.
    """

    renames: Renames
    images: Mapping[str, int] = field(default_factory=dict)
    created: tuple[str, ...] = ()
    destroyed: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()


def move(
    runtime: Runtime,
    steps: Collection[Step],
    *,
    wait: bool = False,
    also: Callable[[Sequence[Change]], None] = lambda _changes: None,
    on_event: Callable[[Event], None] | None = None,
) -> Moved:
    """Move the images of renamed repositories, as the saved plan shows them; nothing else of it is done.

    Args:
        runtime: of the list the plan was made for.
        steps: what may be done.
        wait: whether to wait for another run in the folder.
        also: looks at what would be destroyed before it is, and raises what speaks against it.
        on_event: told each thing that regsync does, as it happens.

    Raises:
        InputError: the target's repositories are not Terraform's, there is no plan, it is out of date, images have come
            into an old repository since, or an earlier step is not done.
        Occupied: another run works in the folder.
        ToolUnusable, ToolFailed, UsageError: a tool cannot do its part.
    """
    if not runtime.desired.target.is_provisioned:
        raise InputError(f"{runtime.desired.target.label} has no state of Terraform: a push makes its repositories")
    with_regsync = ["regsync", *runtime.desired.target.programs] if Step.COPY in steps else []
    with_terraform = ["terraform"] if set(steps) & {Step.CREATE, Step.DESTROY} else []
    runtime.toolbox.require(*with_regsync, *with_terraform)
    folder = work_folder(runtime)
    with folder.turn("mirrorgen move", wait=wait, say=runtime.say):
        runtime.require_rendered()
        moving = folder.require_moving()
        if not moving.shown.renames.sure:
            return Moved(moving.shown.renames)
        _require_nothing_of_the_state(moving)
        return _Move(runtime, folder, moving).go(steps, also, on_event)


@dataclass
class _Move:
    """A move under way; `moving` is what is kept of it for a run after this one."""

    runtime: Runtime
    folder: WorkFolder
    moving: Moving

    def go(
        self,
        steps: Collection[Step],
        also: Callable[[Sequence[Change]], None],
        on_event: Callable[[Event], None] | None,
    ) -> Moved:
        moved = Moved(self._renames)
        if Step.COPY in steps:
            # What keeps images from being copied is found before anything is made for them.
            held = self._held()
            found = obstacles(self._open(held), held, self.moving.verified)
            if found:
                return replace(moved, failures=tuple(found))
        if Step.CREATE in steps:
            moved = replace(moved, created=self._create())
        if Step.COPY in steps:
            moved = self._copy(moved, on_event)
        if Step.DESTROY in steps and not moved.failures:
            moved = self._destroy(moved, also)
        return moved

    @property
    def _renames(self) -> Renames:
        return self.moving.shown.renames

    @property
    def _old(self) -> set[str]:
        return {rename.old for rename in self._renames.sure}

    @property
    def _new(self) -> set[str]:
        return {rename.new for rename in self._renames.sure}

    def _create(self) -> tuple[str, ...]:
        """Make the new repositories, with all that the list asks of them."""
        registry = self.runtime.destination.target.host
        # Until the old ones are gone, the state says of the new ones that they are filled from there: another plan then
        # finds the same names.
        refilled = {
            new: [f"{registry}/{rename.old}" for rename in self._renames.sure if rename.new == new] for new in self._new
        }
        plan = self._plan(self._new, staying=self._renames.sources, refilled=refilled)
        _require_shown(change for change in plan.changes if change.name not in self._new or change.destroys_repository)
        self.folder.keep_moving(self.moving)
        self._apply(plan)
        imports_applied(self.runtime.workplace)
        self.folder.keep_moving(self.moving)
        return tuple(sorted(change.name for change in plan.changes if creates_repository(change)))

    def _copy(self, moved: Moved, on_event: Callable[[Event], None] | None) -> Moved:
        """Copy what the new repositories lack, and note what both have then."""
        held = self._held()
        renames = self._filled(held)
        held, failures = refill(self.runtime, renames, held, self.moving.verified, on_event=on_event)
        moved = _counted(moved, renames, held, failures)
        verified = {rename.old: tags_of(held[rename.old]) for rename in renames if rename.old in moved.images}
        self.moving = replace(self.moving, verified={**self.moving.verified, **verified})
        self.folder.keep_moving(self.moving)
        return moved

    def _destroy(self, moved: Moved, also: Callable[[Sequence[Change]], None]) -> Moved:
        """Let the old repositories go, if the new ones have all that they hold."""
        held = self._held()
        renames = self._filled(held)
        failures = [
            Failure(TagRef(lack.rename.new, lack.tag), Kind.UNAVAILABLE, f"{lack.digest} of {lack.rename.old} {_LACKS}")
            for lack in lacking(renames, held, self.moving.verified)
        ]
        moved = _counted(moved, renames, held, failures)
        if failures:
            return moved
        staying = {name: sources for name, sources in self._renames.sources.items() if name not in self._old}
        plan = self._plan(self._old, staying=staying, refilled={})
        _require_shown(change for change in plan.changes if change.name not in self._old or change.action != "delete")
        also(plan.changes)
        self.folder.keep_moving(self.moving)
        destroyed = sorted(change.name for change in plan.changes if change.destroys_repository)
        empty_repositories(self.runtime, {name: self.moving.shown.lost[name] for name in destroyed})
        self._apply(plan)
        self.folder.discard_plan()
        return replace(moved, destroyed=tuple(destroyed))

    def _held(self) -> Held:
        """Ask what the old repositories and the new ones hold; the old ones nothing that was not shown."""
        held = self.runtime.destination.images(sorted(self._old | self._new))
        require_listed(held, {name: self.moving.shown.lost[name] for name in self._old})
        return held

    def _open(self, held: Held) -> list[Rename]:
        """Return the renamed repositories of which the old ones are there still."""
        return [rename for rename in self._renames.sure if held[rename.old] is not None]

    def _filled(self, held: Held) -> list[Rename]:
        """Return the same, of which the new ones are there, too."""
        renames = self._open(held)
        absent = sorted({rename.new for rename in renames if held[rename.new] is None})
        if absent:
            hint = "`mirrorgen move --step create` makes them"
            raise InputError(f"there are no repositories to move images into yet: {', '.join(absent)}", hint=hint)
        return renames

    def _plan(
        self, names: Collection[str], *, staying: Mapping[str, Sequence[str]], refilled: Mapping[str, Sequence[str]]
    ) -> TerraformPlan:
        changes = self.moving.shown.plan.changes
        absent = {change.name for change in changes if creates_repository(change)} - self._new
        addresses = {change.address for change in changes if change.name in names}
        # A run that was cut off may have made a repository, and not its policy: of the one to be made, all is named.
        addresses |= {
            change.address.replace(f"[{hcl_string(rename.old)}]", f"[{hcl_string(rename.new)}]")
            for rename in self._renames.sure
            for change in changes
            if rename.new in names and change.name == rename.old and change.is_repository
        }
        return plan_part(self.runtime, sorted(addresses), staying=staying, refilled=refilled, absent=absent)

    def _apply(self, plan: TerraformPlan) -> None:
        if not plan.is_applicable:
            return
        self.runtime.say("terraform apply")
        try:
            self.runtime.terraform().apply(self.folder.step_file)
        except AlreadyExists as error:
            existing = [change for change in plan.changes if change.address in error.addresses]
            raise ToolFailed(error.message, hint=adoption_hint(existing)) from error


def _counted(moved: Moved, renames: Iterable[Rename], held: Held, failures: Sequence[Failure]) -> Moved:
    """Say how many images each old repository has in the new one, of those of which nothing is missing."""
    failed = {failure.ref.repository for failure in failures}
    images = {rename.old: len(held[rename.old] or ()) for rename in renames if rename.new not in failed}
    return replace(moved, images=images, failures=tuple(failures))


def _require_nothing_of_the_state(moving: Moving) -> None:
    new = {rename.new for rename in moving.shown.renames.sure}
    taken = [
        change.address
        for change in moving.shown.plan.changes
        if (change.import_id or change.moved_from) and change.name not in new
    ]
    if taken:
        raise InputError(
            f"the plan also imports or moves in Terraform's state: {', '.join(taken[:_SAID])}",
            hint="apply that first, with the names as they were; then change the names",
        )


def _require_shown(strange: Iterable[Change]) -> None:
    """Make sure that a part of the plan is a part of what was shown."""
    said = [f"{change.action} {change.address}" for change in strange]
    if said:
        message = f"Terraform would now do what was not shown: {', '.join(said[:_SAID])}; nothing was done"
        raise InputError(message, hint="run `mirrorgen plan` again")
