"""`mirrorgen tools install` and `mirrorgen tools lock`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import accepting_options, screen
from mirrorgen.commands.lists import names_list
from mirrorgen.commands.options import TerraformBin
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
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME...", help="Programs; all that are always needed if none.")
    ] = None,
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
    for name in names or (name for name, spec in specs.items() if not spec.is_optional):
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


@app.command()
@boundary
@names_list
def lock(
    file: Path,
    upgrade: Annotated[bool, typer.Option("--upgrade", help="Take the newest versions the module allows.")] = False,
    mirror: Annotated[
        str | None,
        typer.Option(metavar="FOLDER|URL", help="Where providers are taken from instead of their registry."),
    ] = None,
    terraform_bin: TerraformBin = None,
) -> ExitCode:
    """Pin the providers of the Terraform module.

    Writes terraform/.terraform.lock.hcl with Terraform itself, for Linux and macOS on Intel and ARM. Where it is
    committed, plan and apply take these versions everywhere, and no others.

    Exits with 5, and writes nothing, if a provider cannot be had for one of the platforms.
    """
    from mirrorgen.tools.provider_lock import LOCK_FILE, describe_lock, lock_providers
    from mirrorgen.tools.runner import ProcessRunner
    from mirrorgen.tools.searching import outside
    from mirrorgen.tools.terraform import module_problem
    from mirrorgen.tools.versions import find_tool

    module = file.parent / "terraform"
    problem = module_problem(module)
    if problem:
        raise problem
    runner = ProcessRunner()
    tool = find_tool("terraform", runner, os.environ, option=terraform_bin, around=file.parent).usable()
    text = lock_providers(
        tool, module, runner, outside(os.environ, around=file.parent), mirror=mirror, upgrade=upgrade, say=screen().say
    )
    if text is None:
        screen().say(f"{module / LOCK_FILE} was up to date")
    else:
        screen().say(f"wrote {module / LOCK_FILE}: {describe_lock(text)}")
    return ExitCode.OK
