"""The files of the root module that prepares an account."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import jinja2

from mirrorgen.desired.state import DesiredState
from mirrorgen.errors import UsageError
from mirrorgen.rendering.module import module_files as all_modules
from mirrorgen.resources import resource
from mirrorgen.tools.terraform import hcl_string
from mirrorgen.tools.terraform_targets import state_key

FOLDER = "bootstrap"
MAIN = f"{FOLDER}/terraform/main.tf"

_MODULES = ("bootstrap", "github-roles", "role-policies")

_GRAMMARS: Mapping[str, tuple[str, str]] = {
    "repository": (
        r"[A-Za-z0-9][A-Za-z0-9-]*(/[A-Za-z0-9._-]+|@[0-9]+/[A-Za-z0-9._-]+@[0-9]+)",
        "write OWNER/NAME, or OWNER@ID/NAME@ID with the ids that GitHub has given to both",
    ),
    "state_bucket": (
        r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        "a bucket has 3 to 63 lower case letters, digits, dots and hyphens",
    ),
    "oidc_provider_arn": (
        r"arn:aws[a-z-]*:iam::[0-9]{12}:oidc-provider/[a-z0-9.-]+(/[\w./-]+)?",
        "it looks like arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
    ),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an account is to be prepared for.

    Attributes:
        repository: of GitHub, `OWNER/NAME`, or `OWNER@ID/NAME@ID`.
        account_id, region: None leaves them to the credentials and the environment.
        state_bucket: its name; None for the usual one.
        oidc_provider_arn: of the identity provider that the account has; None to make it.
        repositories: patterns of the names of the mirror's repositories.
        kms_key_arns: of the keys that the list names.
        sets_scanning: whether the list says what ECR scans of the whole account.
        sets_replication: whether the list has ECR copy to other targets.
        regions: of several targets of the list that are in the account.
        state_keys: what their states are called in the bucket.

    Raises:
        UsageError: a value is not of its grammar.
    """

    repository: str
    account_id: str | None = None
    region: str | None = None
    state_bucket: str | None = None
    oidc_provider_arn: str | None = None
    repositories: tuple[str, ...] = ("mirror/*",)
    kms_key_arns: tuple[str, ...] = ()
    sets_scanning: bool = False
    sets_replication: bool = False
    regions: tuple[str, ...] = ()
    state_keys: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, (pattern, hint) in _GRAMMARS.items():
            value = getattr(self, name)
            if value is not None and not re.fullmatch(pattern, value, re.ASCII):
                raise UsageError(f"{value!r} cannot be the {name.replace('_', ' ')}", hint=hint)

    @property
    def has_ids(self) -> bool:
        """Whether GitHub's ids are known, which the subject of a newer repository has in it."""
        return "@" in self.repository


def root_files(wanted: Wanted) -> dict[str, str]:
    """Return the text of each file of a new root module, by its name below the folder of the list."""
    return {MAIN: _environment().get_template("main.tf.j2").render(wanted=wanted)}


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(resource("templates/bootstrap")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - no HTML here; every text is a string of HCL
    )
    environment.filters["hcl_str"] = hcl_string
    return environment


def module_files() -> dict[str, str]:
    """Return the text of each file of the modules that it calls, by its name below the folder of the list."""
    places = tuple(f"terraform/modules/{name}/" for name in _MODULES)
    return {name: text for name, text in all_modules().items() if name.startswith(places)}


def of_list(states: Sequence[DesiredState]) -> dict[str, Any]:
    """Return what a list says of the account already, by the names of the fields of `Wanted`.

    Args:
        states: what it asks of each of its targets. Of several those count that are in the account of the first: any
            other account is prepared by itself.

    Raises:
        UsageError: no account has the target.
    """
    if not states[0].target.is_provisioned:
        hint = "an account is prepared in a folder without this list"
        raise UsageError(f"{states[0].target.label} is no target in AWS", hint=hint)
    place = states[0].target.identity
    here = [state for state in states if state.target.identity.get("account_id") == place.get("account_id")]
    documents = [file.document or {} for state in here for file in state.generated().values() if file]
    images = [image for document in documents for image in document.get("mirrored_images", [])]
    repositories = [
        pattern
        for state in here
        for pattern in _patterns(state.target.prefix, [repository.name for repository in state.repositories])
    ]
    names = [state.target.list_name for state in here if state.target.list_name]
    return {
        "account_id": place.get("account_id") or None,
        "region": place.get("region") or None,
        "regions": tuple(dict.fromkeys(str(state.target.identity["region"]) for state in here)) if names else (),
        "state_keys": tuple(map(state_key, names)),
        "repositories": tuple(dict.fromkeys(repositories)),
        "kms_key_arns": tuple(sorted({image["encryption"]["kms_key"] for image in images} - {None})),
        "sets_scanning": any(document.get("scanning") is not None for document in documents),
        "sets_replication": any(document.get("replication") is not None for document in documents),
    }


def _patterns(prefix: str, names: Iterable[str]) -> list[str]:
    """Return patterns for repositories: the prefix, and the names of those that are not below it."""
    return [f"{prefix}/*", *sorted({name for name in names if not name.startswith(f"{prefix}/")})]
