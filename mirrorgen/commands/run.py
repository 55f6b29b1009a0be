"""`mirrorgen run`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mirrorgen.commands.aiming import AllTargets, each_target, is_target_on_line, named_target, names_target
from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import screen
from mirrorgen.commands.lists import names_list
from mirrorgen.commands.options import (
    RegsyncBin,
    Retries,
    RetryWait,
    TerraformBin,
    Wait,
    load_usable,
    runtime_for,
    show_problems,
    warn_of_outdated,
)
from mirrorgen.commands.plan import plan_result
from mirrorgen.commands.reported import ReportFile, Result, reported
from mirrorgen.commands.status import status_result
from mirrorgen.commands.steps import Steps
from mirrorgen.commands.sync import sync_result
from mirrorgen.errors import ToolFailed, UsageError
from mirrorgen.outcomes import ExitCode, worst
from mirrorgen.reporting.formats import ResultFormat

if TYPE_CHECKING:
    from mirrorgen.operations.copying.syncing import Patience
    from mirrorgen.operations.planning import MirrorPlan
    from mirrorgen.operations.runtime import Runtime
    from mirrorgen.project import Loaded


@boundary
@names_list
@names_target
def run(
    file: Path,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nobody; needed where there is no terminal.")] = False,
    allow_destroy: Annotated[
        bool, typer.Option("--allow-destroy", help="Also destroy repositories, with the images in them.")
    ] = False,
    output: Annotated[ResultFormat, typer.Option("--format", help="How the results are shown.")] = ResultFormat.TEXT,
    retries: Retries = 2,
    retry_wait: RetryWait = 30,
    report: ReportFile = None,
    wait: Wait = False,
    all_targets: AllTargets = False,
    terraform_bin: TerraformBin = None,
    regsync_bin: RegsyncBin = None,
) -> ExitCode:
    """Plan, ask, apply, sync and show the status.

    With --all-targets the repositories of all targets are made before the first is filled, and that before the others.
    It needs --yes.

    Shows what would be done and asks on the terminal; then makes the repositories, copies the images, and looks at what
    the target holds. What fails in one step keeps no image from its copy that can be copied.

    Exits with the worst of what happened: as apply, sync and status do, and as plan does, unless it only found
    something to do. If the answer is no, as plan does.
    """
    from mirrorgen.operations.copying.syncing import Patience

    if not yes and not screen().has_people_to_ask:
        raise UsageError(
            "there is no terminal on which to ask whether this is to be done",
            hint="give --yes, or look first with `mirrorgen plan`",
        )

    def opened(steps: Steps) -> _Run:
        loaded = load_usable(file)
        warn_of_outdated(loaded)
        runtime = runtime_for(loaded, options={"regsync": regsync_bin, "terraform": terraform_bin})
        patience = Patience(retries, retry_wait)
        return _Run(loaded, runtime, steps, patience, yes=yes, allow_destroy=allow_destroy, wait=wait)

    if all_targets:
        if is_target_on_line() or report or output is ResultFormat.JSON or not yes:
            raise UsageError("--all-targets needs --yes, and takes neither --target, --report nor --format json")
        return _run_all(file, lambda: opened(Steps(output)), is_page=output is ResultFormat.MARKDOWN)
    steps = Steps(output)
    return reported(
        "run", lambda: opened(steps).go(), master_list=file, output=output, report=report, show=steps.finish
    )


def _run_all(file: Path, opened: Callable[[], _Run], *, is_page: bool) -> ExitCode:
    """Run for each target; ECR may replicate into repositories of the others as soon as the first is filled."""
    stuck: set[str] = set()

    def make() -> ExitCode:
        stuck.add(named_target())
        code = opened().make()
        stuck.discard(named_target())
        return code

    def fill() -> ExitCode:
        if named_target() in stuck:
            screen().note("nothing is copied, for the reason above")
            return ExitCode.OK
        # What a role lends may have run out by now: the target is opened anew.
        return opened().fill()

    made, filled = (each_target(file, do, is_page=is_page) for do in (make, fill))
    return worst([*made.values(), *filled.values()])


@dataclass(frozen=True)
class _Run:
    loaded: Loaded
    runtime: Runtime
    steps: Steps
    patience: Patience
    yes: bool
    allow_destroy: bool
    wait: bool

    def go(self) -> Result:
        """Take the steps.

        Raises:
            MirrorgenError: the plan cannot be made, for a reason that would keep images from being copied, too.
        """
        made = self._plan()
        if not (self.yes or (made and made.is_done) or self._is_wanted(made)):
            screen().note("nothing was done")
            return self.steps.result(self.steps.taken["plan"].exit_code)
        self._apply_planned(made)
        self._fill(shows_problems=made is None)
        return self.steps.result(self._exit_code())

    def make(self) -> ExitCode:
        """Take the steps that make the repositories.

        Of the plan only that nothing can be applied counts: what cannot be copied the sync says, once the first is
        filled, and the status what is not as the list asks.

        Raises:
            MirrorgenError: the plan cannot be made, for a reason that would keep images from being copied, too.
        """
        made = self._plan()
        self._apply_planned(made)
        is_stuck = made is None or not made.is_saved
        return worst([step.exit_code for name, step in self.steps.taken.items() if name == "apply" or is_stuck])

    def fill(self) -> ExitCode:
        """Take the steps that copy, and look at what has come of it."""
        self._fill(shows_problems=False)
        return self._exit_code()

    def _apply_planned(self, made: MirrorPlan | None) -> None:
        if made and made.is_saved and self._is_provisioned:
            self.steps.take("apply", self._apply)

    def _fill(self, *, shows_problems: bool) -> None:
        self.steps.take("sync", lambda: sync_result(self.runtime, patience=self.patience))
        self.steps.take("status", lambda: self._status(shows_problems=shows_problems), whole=True)

    @property
    def _is_provisioned(self) -> bool:
        return self.runtime.desired.target.is_provisioned

    def _plan(self) -> MirrorPlan | None:
        """Return the plan; None where a program failed, which need not keep images from being copied."""
        from mirrorgen.operations.planning import make_plan

        made: MirrorPlan | None = None

        def plan() -> Result:
            nonlocal made
            made = make_plan(self.runtime, wait=self.wait)
            return plan_result(made)

        self.steps.take("plan", plan, tolerated=ToolFailed, whole=not self.yes)
        show_problems(made.problems if made else (), self.loaded)
        return made

    def _is_wanted(self, made: MirrorPlan | None) -> bool:
        """Ask; what has been shown to programs alone is shown to people first."""
        from mirrorgen.reporting.plans import view_plan
        from mirrorgen.reporting.views import show

        if made and self.steps.output is ResultFormat.JSON:
            screen().note(show(view_plan(made), ResultFormat.TEXT))
        return screen().ask(self._question(made))

    def _question(self, made: MirrorPlan | None) -> str:
        if made is None:
            return "The plan failed. Copy all the same, into the repositories that are there?"
        if not made.is_saved:
            return "Nothing will be applied. Copy all the same, into the repositories that are there?"
        if made.destroyed and not self.allow_destroy:
            return "Without --allow-destroy nothing will be applied. Copy all the same?"
        return "Apply and copy?" if self._is_provisioned else "Copy?"

    def _apply(self) -> Result:
        from mirrorgen.operations.repositories.applying import apply_plan
        from mirrorgen.reporting.plans import view_applied

        applied = apply_plan(self.runtime, allow_destroy=self.allow_destroy, wait=self.wait)
        return Result(ExitCode.OK, view_applied(applied))

    def _status(self, *, shows_problems: bool) -> Result:
        from mirrorgen.operations.holding.status import read_status

        found = read_status(self.runtime, upstream=False, findings=False, now=datetime.now(UTC))
        if shows_problems:
            show_problems(found.problems, self.loaded)
        return status_result(found)

    def _exit_code(self) -> ExitCode:
        """What was only to be done has been done, or the other steps say that it was not."""
        codes = {name: step.exit_code for name, step in self.steps.taken.items()}
        planned = codes.pop("plan", ExitCode.OK)
        return worst([*codes.values(), ExitCode.OK if planned is ExitCode.DIFFERENT else planned])
