"""A mirror of providers as Terraform reads it from a folder; `init` and `providers lock` unpack them and start none."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

REGISTRY = "registry.terraform.io"


def add_packages(mirror: Path, name: str, version: str, platforms: Sequence[str]) -> None:
    """Put packages of a provider into a mirror.

    Source: https://developer.hashicorp.com/terraform/cli/config/config-file, packed layout of `filesystem_mirror`.

    Args:
        mirror: the folder; made if missing.
        name: `hashicorp/aws`.
        version: of the provider.
        platforms: `linux_amd64`, ...
    """
    folder = mirror / REGISTRY / name
    folder.mkdir(parents=True, exist_ok=True)
    kind = name.rpartition("/")[2]
    for platform in platforms:
        with zipfile.ZipFile(folder / f"terraform-provider-{kind}_{version}_{platform}.zip", "w") as package:
            package.writestr(f"terraform-provider-{kind}_v{version}", f"{version} for {platform}")
