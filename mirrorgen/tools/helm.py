"""helm: what a chart makes of its values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mirrorgen.errors import ToolFailed
from mirrorgen.tools.bounds import Bounds
from mirrorgen.tools.runner import Runner
from mirrorgen.tools.versions import Tool

SECONDS = 120.0
BOUNDS = Bounds(output_bytes=64 * 1024 * 1024, memory_bytes=2 * 1024 * 1024 * 1024, grace_s=2.0)
"""A chart may be somebody else's, and its templates a program: more than this is refused, not waited for."""

_RELEASE = "release"


@dataclass(frozen=True, slots=True)
class Helm:
    """helm, which here renders charts that are on disk, and asks neither a cluster nor a registry.

    Attributes:
        tool: the program.
        runner: runs it.
        env: its whole environment.
    """

    tool: Tool
    runner: Runner
    env: Mapping[str, str]

    def template(self, chart: Path, values: Sequence[Path]) -> str:
        """Return the manifests that a chart makes.

        Args:
            chart: its folder, or its archive.
            values: files with values; a later one counts more.

        Raises:
            ToolFailed: it cannot be rendered.
        """
        try:
            done = self.runner.run(
                template_argv(self.tool.path, chart, values), env=self.env, timeout_s=SECONDS, bounds=BOUNDS
            )
        except ToolFailed as error:
            hint = "`helm dependency build` fetches what a chart is made of; its values may need --values FILE"
            raise ToolFailed(error.message, hint=hint) from error
        return done.stdout


def template_argv(helm: Path, chart: Path, values: Sequence[Path]) -> list[str]:
    """Return the command line; paths are absolute, so that none is taken for an option or the name of a repository."""
    files = [f"--values={path.absolute()}" for path in values]
    return [str(helm), "template", *files, _RELEASE, str(chart.absolute())]
