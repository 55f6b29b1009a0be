"""`mirrorgen doctor`."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import screen
from mirrorgen.commands.options import RegsyncBin, TerraformBin
from mirrorgen.outcomes import ExitCode


@boundary
def doctor(terraform_bin: TerraformBin = None, regsync_bin: RegsyncBin = None) -> ExitCode:
    """Show which programs are found, and what to do.

    Exits with 4 if something that is needed is missing, too old or broken.
    """
    from mirrorgen.origin import extra_hint
    from mirrorgen.reporting.tools import ToolLine, format_tools
    from mirrorgen.tools.runner import ProcessRunner
    from mirrorgen.tools.terraform_providers import find_provider_mirror
    from mirrorgen.tools.versions import find_tool, remedy, tool_specs

    options = {"terraform": terraform_bin, "regsync": regsync_bin}
    found = [find_tool(name, ProcessRunner(), os.environ, option=options.get(name)) for name in tool_specs()]
    lines = [
        ToolLine(
            tool.spec.name,
            tool.version,
            f"{tool.spec.minimum} or later" + (", by few" if tool.spec.is_optional else ""),
            str(tool.path or ""),
            remedy(tool.spec) if tool.trouble and not tool.spec.is_optional else "",
        )
        for tool in found
    ]
    if find_spec("boto3") is None:
        lines.append(ToolLine("boto3", "", "any", "", extra_hint("aws")))
    screen().show(format_tools(lines))
    mirror = find_provider_mirror(Path.home())
    if mirror:
        screen().show(f"AWS provider: taken from {mirror}, unless a Terraform CLI configuration says otherwise")
    return ExitCode.TOOL_UNUSABLE if any(line.remedy for line in lines) else ExitCode.OK
