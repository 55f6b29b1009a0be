"""The programs at hand: each is looked for once, and what a command requires is said by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mirrorgen.errors import ToolUnusable
from mirrorgen.tools.runner import Runner
from mirrorgen.tools.versions import Found, Tool, find_tool, remedy


@dataclass
class Toolbox:
    """Programs of one environment.

    Attributes:
        runner: runs them, to ask their versions.
        env: the environment in which they are looked for.
        options: paths given on the command line, by name of the program.
        around: the folder of the list, whose programs are none of these.
    """

    runner: Runner
    env: Mapping[str, str]
    options: Mapping[str, Path | None] = field(default_factory=dict)
    around: Path | None = field(default=None, kw_only=True)
    _found: dict[str, Found] = field(default_factory=dict)

    def find(self, name: str) -> Found:
        """Look for a program.

        Raises:
            UsageError: the option or the variable for it names something that is not there.
        """
        if name not in self._found:
            self._found[name] = find_tool(
                name, self.runner, self.env, option=self.options.get(name), around=self.around
            )
        return self._found[name]

    def get(self, name: str) -> Tool:
        """Return a program.

        Raises:
            ToolUnusable: it is missing, too old or broken.
            UsageError: the option or the variable for it names something that is not there.
        """
        return self.find(name).usable()

    def require(self, *names: str) -> None:
        """Make sure that programs can be used, before any of them starts to work.

        Raises:
            ToolUnusable: some are missing, too old or broken; all of them are named.
            UsageError: the option or the variable for one names something that is not there.
        """
        troubled = [found for found in map(self.find, names) if found.trouble]
        if len(troubled) == 1:
            troubled[0].usable()
        if troubled:
            message = "; ".join(f"{found.spec.name}: {found.trouble}" for found in troubled)
            raise ToolUnusable(message, hint="; ".join(dict.fromkeys(remedy(found.spec) for found in troubled)))
