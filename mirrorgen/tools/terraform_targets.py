"""What Terraform works on for one of several targets of a list: a root module is one, and each has a state of its own.

Nothing of one target may be planned against the state of another. So each has its own folder of working data, its own
file of variables, and its own state: an object of its own where the module keeps its state in S3, so that a role needs
rights to that alone, and a workspace of its own anywhere else. All of them are told anew at every call.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mirrorgen.errors import InputError

_DATA = "TF_DATA_DIR"
_WORKSPACE = "TF_WORKSPACE"
_NO_WORKSPACE = "default"
_USUAL_DATA = ".terraform"


@dataclass(frozen=True, slots=True)
class TargetPlace:
    """The place of one target in a root module.

    Attributes:
        name: what the list calls it.
        is_in_s3: whether the module keeps its state in S3.
    """

    name: str
    is_in_s3: bool

    @property
    def init_options(self) -> tuple[str, ...]:
        """What `terraform init` is told of the state."""
        return (f"-backend-config=key={state_key(self.name)}",) if self.is_in_s3 else ()

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
        return {**env, _DATA: str(data), _WORKSPACE: _NO_WORKSPACE if self.is_in_s3 else self.name}

    @property
    def moving_hint(self) -> str:
        """What to do where `terraform init` finds that the state's place has changed."""
        init = " ".join(["terraform", "-chdir=terraform", "init", "-reconfigure", *self.init_options])
        return (
            f"the state's place has changed. `{_DATA}={_USUAL_DATA}/targets/{self.name} {init}` turns to the new one; "
            f"there `mirrorgen adopt --target {self.name}` takes over what the old state has"
        )


def migration_hint(stderr: str, place: TargetPlace | None = None) -> str:
    """Return what to do where `terraform init` finds that the state's place has changed; nothing for other reasons.

    Args:
        stderr: what it said.
        place: of one of several targets; None for the only one.
    """
    if "migrat" not in stderr:
        return ""
    if place:
        return place.moving_hint
    return "the state's place has changed: `terraform -chdir=terraform init -migrate-state` copies it to the new one"


def state_key(name: str) -> str:
    """Return what the state of a target is called in S3."""
    return f"mirrorgen/{name}.tfstate"


def place_of(module: Path, name: str) -> TargetPlace:
    """Return the place of a target in a root module.

    Raises:
        InputError: a file of the module cannot be read.
    """
    return TargetPlace(name, backend_of(module) == "s3")


def backend_of(module: Path) -> str | None:
    """Return which backend a root module names; None for none. An override file has the last word, as in Terraform.

    Source: https://developer.hashicorp.com/terraform/language/files/override

    Raises:
        InputError: a file cannot be read.
    """
    paths = sorted((*module.glob("*.tf"), *module.glob("*.tf.json")), key=lambda path: (_overrides(path), path.name))
    found = None
    for path in paths:
        for block in _terraform_blocks(path):
            found = next(iter(_names(block.get("backend"))), found)
    return found


def _overrides(path: Path) -> bool:
    stem = path.name.removesuffix(".json").removesuffix(".tf")
    return stem == "override" or stem.endswith("_override")


def _terraform_blocks(path: Path) -> Iterator[Mapping[str, Any]]:
    text = path.read_text(encoding="utf-8")
    try:
        if path.suffix == ".json":
            content = json.loads(text)
        elif "backend" in text:
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
