"""What came of a command that is made of others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mirrorgen.outcomes import ExitCode
from mirrorgen.reporting.views import View


@dataclass(frozen=True, slots=True)
class Step:
    """One of them.

    Attributes:
        exit_code: that it would have had as a command.
        result: what it found or did, or None.
        error: why it has not come to its end, or None.
    """

    exit_code: ExitCode
    result: Mapping[str, Any] | None = None
    error: str | None = None

    def document(self) -> dict[str, Any]:
        """Return the step as it stands in JSON."""
        return {"exit_code": int(self.exit_code), "error": self.error, "result": self.result}


def view_steps(steps: Mapping[str, Step]) -> View:
    """Return the steps that were taken, for programs; people have seen each as it was done."""
    return View({"steps": {name: step.document() for name, step in steps.items()}}, [])
