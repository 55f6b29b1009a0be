"""The steps of a command that is made of others: each is shown when it is done, and none stops the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mirrorgen.commands.everywhere import screen
from mirrorgen.commands.reported import Result, show_result, summarize
from mirrorgen.errors import MirrorgenError
from mirrorgen.outcomes import ExitCode
from mirrorgen.reporting.formats import ResultFormat
from mirrorgen.reporting.steps import Step, view_steps


@dataclass
class Steps:
    """What has been done so far.

    Attributes:
        output: how it is shown; a JSON document has all steps, and is printed at the end.
        taken: what came of each step, by the name of its command.
    """

    output: ResultFormat
    taken: dict[str, Step] = field(default_factory=dict)

    def take(
        self,
        name: str,
        do: Callable[[], Result],
        *,
        tolerated: type[MirrorgenError] = MirrorgenError,
        whole: bool = False,
    ) -> None:
        """Take a step and show what came of it.

        Args:
            name: of the command that does the same.
            do: does it.
            tolerated: what may keep it from its end without stopping the run; it is shown, and counts.
            whole: show all of it also with `--quiet`, if there is anything to say.

        Raises:
            MirrorgenError: of `do`, where it is not tolerated.
        """
        try:
            result = do()
        except tolerated as error:
            screen().fail(error.message, hint=error.hint)
            self.taken[name] = Step(error.exit_code, error=error.message)
            return
        self._show(name, result, whole=whole)
        self.taken[name] = Step(result.exit_code, result.view.document)

    def result(self, exit_code: ExitCode) -> Result:
        """Return what has been done as one result."""
        return Result(exit_code, view_steps(self.taken))

    def finish(self, result: Result) -> None:
        """Print the document that has all steps, where one is wanted."""
        if self.output is ResultFormat.JSON:
            show_result(result.view, self.output)

    def _show(self, name: str, result: Result, *, whole: bool) -> None:
        title = f"mirrorgen {name}"
        summarize(title, result.view)
        if self.output is ResultFormat.JSON:
            return
        if self.output is ResultFormat.MARKDOWN:
            screen().show_document(f"## {title}\n\n")
        elif screen().quiet and result.exit_code is ExitCode.OK:
            return
        elif self.taken and not screen().quiet:
            screen().show("\n")
        show_result(result.view, self.output, is_change=not whole)
