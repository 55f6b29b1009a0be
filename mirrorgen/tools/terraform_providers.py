"""Where Terraform's providers come from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mirrorgen.files import write_file
from mirrorgen.tools.built import safe_cache_dir
from mirrorgen.tools.provider_lock import CONFIG_VARIABLE, with_config
from mirrorgen.tools.terraform import PROVIDER, hcl_string


def with_providers(env: Mapping[str, str], *, around: Path | None = None) -> dict[str, str]:
    """Return `env` with a CLI configuration that finds the AWS provider where no registry may be reachable.

    A configuration of the user's own is honoured. Otherwise, where a folder on this machine holds a mirror of the
    provider, a configuration naming it is written into the cache folder. `TF_CLI_CONFIG_FILE` naming a file that
    does not exist only makes Terraform warn, so it counts as not set.

    Args:
        env: the environment.
        around: the folder of the list.

    Raises:
        InputError: the cache folder cannot be written to.
        UsageError: it is in the project.
    """
    result = with_config(env)
    home = Path(env.get("HOME") or Path.home())
    if CONFIG_VARIABLE in result or (home / ".terraformrc").is_file():
        return result
    mirror = find_provider_mirror(home)
    if mirror is None:
        return result
    config = safe_cache_dir(env, around=around) / "terraform.tfrc"
    write_file(config, provider_config(mirror))
    result[CONFIG_VARIABLE] = str(config)
    return result


def find_provider_mirror(home: Path, *, roots: tuple[Path, ...] | None = None) -> Path | None:
    """Return a folder that mirrors the AWS provider, from the usual system places."""
    if roots is None:
        roots = (Path("/usr/share/terraform"), Path("/usr/local/share/terraform"), *sorted(Path("/opt").glob("*")))
    terraform_d = home / ".terraform.d"
    for root in (*roots, terraform_d):
        for mirror in (root, root / "plugins", root / "providers"):
            if (mirror / PROVIDER).is_dir():
                return mirror
    return None


def provider_config(mirror: Path) -> str:
    """Return a Terraform CLI configuration that takes the AWS provider from a folder, all else as usual."""
    path = hcl_string(str(mirror))
    return (
        "provider_installation {\n"
        "  filesystem_mirror {\n"
        f"    path    = {path}\n"
        f'    include = ["{PROVIDER}"]\n'
        "  }\n"
        "  direct {\n"
        f'    exclude = ["{PROVIDER}"]\n'
        "  }\n"
        "}\n"
    )
