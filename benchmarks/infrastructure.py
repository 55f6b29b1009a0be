"""What Terraform takes for the module, beside the same repositories written out by hand."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.lists import write_list
from benchmarks.measuring import Usage, run_once
from mirrorgen.demo import emulator as emulators
from mirrorgen.files import write_files
from mirrorgen.rendering.module import module_files
from mirrorgen.tools.built import cache_dir
from mirrorgen.tools.runner import ProcessRunner
from mirrorgen.tools.terraform import hcl_string
from mirrorgen.tools.terraform_providers import with_providers
from mirrorgen.tools.versions import find_tool

SIZES = (1, 200, 1000)
GOAL = 1.2
"""How much more than the configuration written by hand the module may take."""

_ACCOUNT, _REGION, _BUCKET = "123456789012", "eu-west-1", "terraform-state"
# A state in a file would be written whole after every change, which is most of the time of a large apply.
_BACKEND = f"""terraform {{
  backend "s3" {{
    bucket         = "{_BUCKET}"
    key            = "terraform.tfstate"
    region         = "{_REGION}"
    use_path_style = true
  }}
}}
"""
_STEPS: Mapping[str, tuple[str, ...]] = {
    "plan from empty": ("plan", "-out=plan.tfplan"),
    "apply": ("apply", "plan.tfplan"),
    "plan, nothing to do": ("plan", "-detailed-exitcode", "-out=plan.tfplan"),
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One step of Terraform for both configurations.

    Attributes:
        step: what Terraform did.
        repositories: how many.
        module: what the module took.
        flat: what a resource block for each repository and each policy took.
    """

    step: str
    repositories: int
    module: Usage
    flat: Usage

    @property
    def ratio(self) -> float:
        """How much more the module takes, of processor time or of memory, whichever is worse."""
        return max(self.module.cpu_s / self.flat.cpu_s, self.module.peak_mib / self.flat.peak_mib)


def comparisons(folder: Path, sizes: Sequence[int], *, parallelism: int) -> Iterator[Comparison]:
    """Plan, apply and plan again lists of so many images with an emulated ECR, each configuration with one of its own.

    Args:
        folder: an empty folder to work in.
        sizes: how many repositories.
        parallelism: how many requests Terraform makes at once.
    """
    for size in sizes:
        usages = {
            name: _measure(folder / f"{name}-{size}", write, size, parallelism)
            for name, write in (("module", _write_module), ("flat", _write_flat))
        }
        for step in _STEPS:
            yield Comparison(step, size, usages["module"][step], usages["flat"][step])


def _measure(folder: Path, write: Callable[[Path, int], None], size: int, parallelism: int) -> dict[str, Usage]:
    module = folder / "terraform"
    module.mkdir(parents=True)
    write(folder, size)
    (module / "backend.tf").write_text(_BACKEND, encoding="utf-8")
    terraform = find_tool("terraform", ProcessRunner(), os.environ).usable().path
    argv = [str(terraform), f"-chdir={module}"]
    with _ecr(folder / "log") as env:
        subprocess.run([*argv, "init", "-input=false"], env=env, check=True, capture_output=True)
        return {
            step: run_once([*argv, name, "-input=false", f"-parallelism={parallelism}", *options], cwd=folder, env=env)
            for step, (name, *options) in _STEPS.items()
        }


@contextlib.contextmanager
def _ecr(log: Path) -> Iterator[dict[str, str]]:
    import boto3

    python = emulators.install(cache_dir(os.environ), ProcessRunner(), os.environ)
    with emulators.emulator(python, log=log, env=os.environ, account_id=_ACCOUNT, region=_REGION) as ecr:
        env = {**with_providers(os.environ), **emulators.environment(ecr), "NO_PROXY": "127.0.0.1"}
        s3 = boto3.client(
            "s3",
            endpoint_url=ecr.endpoint,
            region_name=_REGION,
            aws_access_key_id=_ACCOUNT,
            aws_secret_access_key="emulator",  # noqa: S106 - the emulator takes any
        )
        s3.create_bucket(Bucket=_BUCKET, CreateBucketConfiguration={"LocationConstraint": _REGION})
        yield env


def _write_module(folder: Path, size: int) -> None:
    write_files(folder, module_files())
    write_list(folder / "images.yaml", size)
    subprocess.run([sys.executable, "-m", "mirrorgen", "render"], cwd=folder, check=True, capture_output=True)


def _write_flat(folder: Path, size: int) -> None:
    """Write what the variables of the module say as one would by hand."""
    _write_module(folder, size)
    variables = folder / "terraform/terraform.tfvars.json"
    images = json.loads(variables.read_text(encoding="utf-8"))["mirrored_images"]
    variables.unlink()
    for path in (folder / "terraform").glob("*.tf"):
        path.unlink()
    text = "\n".join(_flat_blocks(f"r{number}", image) for number, image in enumerate(images))
    (folder / "terraform/main.tf").write_text(f'provider "aws" {{\n  region = "{_REGION}"\n}}\n\n{text}', "utf-8")


def _flat_blocks(label: str, image: Mapping[str, Any]) -> str:
    tags = "".join(f"    {key} = {hcl_string(value)}\n" for key, value in image["tags"].items())
    return f"""resource "aws_ecr_repository" "{label}" {{
  name                 = {hcl_string(image["repository"])}
  image_tag_mutability = "{image["tag_mutability"]}"
  image_scanning_configuration {{
    scan_on_push = {str(image["scan_on_push"]).lower()}
  }}
  encryption_configuration {{
    encryption_type = "{image["encryption"]["type"]}"
  }}
  tags = {{
{tags}  }}
}}

resource "aws_ecr_lifecycle_policy" "{label}" {{
  repository = aws_ecr_repository.{label}.name
  policy     = {hcl_string(image["lifecycle_policy"])}
}}
"""
