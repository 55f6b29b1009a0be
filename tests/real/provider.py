"""One AWS provider for every Terraform of a session, instead of one for each command.

A Terraform command hashes the provider, which has 700 MB, starts it and asks it for the schema of every resource; a
plan does so three times. Terraform takes a provider that runs already, as authors of providers have it under their
debugger. Source: https://developer.hashicorp.com/terraform/plugin/debugging, and `debug` there.

It is the real provider, with the environment it was started with: who wants another one, or another version, must
leave it to Terraform.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from mirrorgen.files import write_files
from mirrorgen.rendering.module import module_files
from mirrorgen.tools.runner import ProcessRunner
from mirrorgen.tools.terraform import PROVIDER
from mirrorgen.tools.terraform_providers import with_providers
from mirrorgen.tools.versions import find_tool
from tests.servers import server

VARIABLE = "TF_REATTACH_PROVIDERS"


_installed: list[Path] = []


@contextmanager
def running_provider(folder: Path, env: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Start the provider in an empty folder; yields the variable that leads Terraform to it.

    It is installed for the first account of a session, and started for each, as it keeps whom it talks to.
    """
    if not _installed:
        _installed.append(installed_provider(folder, env))
    argv = [str(_installed[0]), "-debug"]
    # Its socket is in TMPDIR. It logs each step unless told not to, and cannot be configured twice with a bundle.
    env = {**env, "TMPDIR": str(folder), "TF_LOG_SDK": "off", "TF_LOG_PROVIDER": "off"}
    env.pop("AWS_CA_BUNDLE", None)
    with server(argv, env=env, stdout=subprocess.PIPE) as process:
        assert process.stdout
        found = (re.search(f"{VARIABLE}='(.+)'", line) for line in process.stdout)
        said = next(match for match in found if match)
        yield {VARIABLE: said[1]}


def installed_provider(folder: Path, env: Mapping[str, str]) -> Path:
    """Let Terraform install what the module asks for, and return the provider."""
    write_files(folder, module_files())
    terraform = find_tool("terraform", ProcessRunner(), env).usable()
    argv = [str(terraform.path), f"-chdir={folder / 'terraform'}", "init", "-input=false"]
    subprocess.run(argv, env=with_providers(env), check=True, capture_output=True)
    (provider,) = (folder / "terraform/.terraform/providers" / PROVIDER).glob("*/*/terraform-provider-aws_*")
    return provider
