"""What Terraform works on for one of several targets of a list: a root module is one, and each has a state of its own.

Nothing of one target may be planned against the state of another. So each has its own folder of working data, its own
file of variables, and its own state: an object of its own where the module keeps its state in S3, so that a role needs
rights to that alone, a file of its own where it names one, and a workspace of its own anywhere else. All of them are
told anew at every call.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mirrorgen.errors import InputError

_DATA = "TF_DATA_DIR"
_WORKSPACE = "TF_WORKSPACE"
_NO_WORKSPACE = "default"
_USUAL_DATA = ".terraform"

_S3, _LOCAL = "s3", "local"
_CLOUD = "cloud"
"""What stands in the place of a backend: https://developer.hashicorp.com/terraform/language/block/terraform."""
# Their workspaces are made elsewhere, or as they are needed; there is none of no name, or need be none.
_KNOW_NO_DEFAULT = (None, "remote", _CLOUD)
# Other files need not be read as HCL, which takes its time.
_MAY_SAY_IT = re.compile(r"\bbackend\b|\bcloud\s*\{")
_ASKS_ABOUT_FILES = "asking for state"
"""How `init` ends where it would ask what becomes of a state in a file."""


@dataclass(frozen=True, slots=True)
class TargetPlace:
    """The place of one target in a root module.

    Attributes:
        name: what the list calls it.
        backend: which one the module names, as `backend_of` returns it.
    """

    name: str
    backend: str | None

    @property
    def init_options(self) -> tuple[str, ...]:
        """What `terraform init` is told of the state."""
        if self.backend == _S3:
            return (f"-backend-config=key={state_key(self.name)}",)
        # For workspaces of its own that are there already `init` would ask whether to copy them.
        return (f"-backend-config=path={self.name}.tfstate",) if self.backend == _LOCAL else ()

    @property
    def plan_options(self) -> tuple[str, ...]:
        """What `terraform plan` is told of the variables."""
        return (f"-var-file={self.name}.tfvars.json",)

    def environment(self, env: Mapping[str, str]) -> dict[str, str]:
        """Return an environment in which Terraform works on this target.

        Args:
            env: the environment of Terraform otherwise.
        """
        data = Path(env.get(_DATA) or _USUAL_DATA) / "targets" / self.name
        return {**env, _DATA: str(data), _WORKSPACE: _NO_WORKSPACE if self.init_options else self.name}

    def init_environment(self, env: Mapping[str, str]) -> dict[str, str]:
        """Return the one for `terraform init`, which takes no workspace that is not there yet.

        Args:
            env: what `environment` has returned.
        """
        return dict(env) if self.backend in _KNOW_NO_DEFAULT else {**env, _WORKSPACE: _NO_WORKSPACE}

    def moving_hint(self, stderr: str) -> str:
        """What to do where `terraform init` finds that the state's place has changed.

        Args:
            stderr: what it said.
        """
        adopts = f"`mirrorgen adopt --target {self.name}` takes over what the old state has"
        if _ASKS_ABOUT_FILES in stderr:
            files = "terraform/terraform.tfstate and terraform/terraform.tfstate.d"
            return f"the state's place has changed. Move what is there of {files} out of terraform/; then {adopts}"
        init = " ".join(["terraform", "-chdir=terraform", "init", "-reconfigure", *self.init_options])
        turning = f"{_DATA}={_USUAL_DATA}/targets/{self.name} {init}"
        return f"the state's place has changed. `{turning}` turns to the new one; there {adopts}"


def migration_hint(stderr: str, place: TargetPlace | None = None) -> str:
    """Return what to do where `terraform init` finds that the state's place has changed; nothing for other reasons.

    Args:
        stderr: what it said.
        place: of one of several targets; None for the only one.
    """
    if "migrat" not in stderr:
        return ""
    if place:
        return place.moving_hint(stderr)
    return "the state's place has changed: `terraform -chdir=terraform init -migrate-state` copies it to the new one"


def state_key(name: str) -> str:
    """Return what the state of a target is called in S3."""
    return f"mirrorgen/{name}.tfstate"


def place_of(module: Path, name: str) -> TargetPlace:
    """Return the place of a target in a root module.

    Raises:
        InputError: a file of the module cannot be read.
    """
    return TargetPlace(name, backend_of(module))


def backend_of(module: Path) -> str | None:
    """Return which backend a root module names, or `cloud`; None for neither. An override file has the last word.

    Source: https://developer.hashicorp.com/terraform/language/files/override

    Raises:
        InputError: a file cannot be read.
    """
    paths = sorted((*module.glob("*.tf"), *module.glob("*.tf.json")), key=lambda path: (_overrides(path), path.name))
    found = None
    for path in paths:
        for block in _terraform_blocks(path):
            found = next(_names(block.get("backend")), _CLOUD if _CLOUD in block else found)
    return found


def _overrides(path: Path) -> bool:
    stem = path.name.removesuffix(".json").removesuffix(".tf")
    return stem == "override" or stem.endswith("_override")


def _terraform_blocks(path: Path) -> Iterator[Mapping[str, Any]]:
    text = path.read_text(encoding="utf-8")
    try:
        if path.suffix == ".json":
            content = json.loads(text)
        elif _MAY_SAY_IT.search(text):
            import hcl2
            from hcl2.utils import SerializationOptions

            options = SerializationOptions(strip_string_quotes=True, explicit_blocks=False, preserve_heredocs=False)
            content = hcl2.loads(text, serialization_options=options)
        else:
            return
    except Exception as error:  # the parser's own errors have no common base
        raise InputError(f"{path} cannot be read: {str(error).splitlines()[0]}") from error
    blocks = content.get("terraform", [])
    yield from blocks if isinstance(blocks, list) else [blocks]


def _names(backends: Any) -> Iterator[str]:
    for backend in backends if isinstance(backends, list) else [backends or {}]:
        yield from (name.strip('"') for name in backend)
