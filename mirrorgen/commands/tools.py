"""`mirrorgen tools install`."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import accepting_options, screen
from mirrorgen.errors import UsageError
from mirrorgen.outcomes import ExitCode

app = typer.Typer(help="The programs that mirrorgen drives.", no_args_is_help=True)


@app.callback()
@accepting_options
def _tools() -> None:
    """The programs that mirrorgen drives."""


@app.command()
@boundary
def install(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME...", help="Programs; all if none.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Build them even where a usable one is found.")] = False,
) -> ExitCode:
    """Build the pinned programs.

    Go builds them into mirrorgen's cache folder; no root is needed. What is already there in a usable version is
    left alone.
    """
    from mirrorgen.tools.install import install as build
    from mirrorgen.tools.install import leading_into_project, unchecked
    from mirrorgen.tools.runner import ProcessRunner
    from mirrorgen.tools.versions import find_tool, tool_specs

    specs = {name: spec for name, spec in tool_specs().items() if spec.module}
    unknown = [name for name in names or [] if name not in specs]
    if unknown:
        raise UsageError(f"{', '.join(unknown)}: not a program that can be built", hint=f"one of: {', '.join(specs)}")
    runner = ProcessRunner()
    for name in names or specs:
        found = find_tool(name, runner, os.environ)
        if not found.trouble and not force:
            screen().show(f"{name} {found.version} is at {found.path}")
            continue
        for setting in unchecked(os.environ):
            screen().note(f"with {setting} Go may build what its checksum database does not vouch for")
        for variable in leading_into_project(os.environ):
            screen().note(f"{variable} leads into the project, and Go is not told of it")
        screen().say(f"building {name} {specs[name].tested} ...")
        tool = build(specs[name], runner, os.environ).usable()
        screen().show(f"{name} {tool.version} is at {tool.path}")
    return ExitCode.OK
