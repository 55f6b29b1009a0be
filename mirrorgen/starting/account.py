"""What an account was prepared with: the bucket for Terraform's state and the roles, as `bootstrap` wrote them down."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mirrorgen.errors import InputError
from mirrorgen.files import read_file

RECORD = "bootstrap/account.json"

ROLES = ("plan", "apply", "sync", "destroy")
"""What there may be a role for."""

_TEXTS = {
    "account_id": r"[0-9]{12}",
    "region": r"[a-z]{2,4}(-[a-z]+)+-[0-9]+",
    "state_bucket": r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
}
_ROLE = r"arn:aws(-[a-z]+)*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]{1,512}"
_ENVIRONMENT = r"[A-Za-z0-9._/ -]{1,255}"


@dataclass(frozen=True, slots=True)
class Account:
    """An account that is ready for the mirror.

    Attributes:
        account_id: twelve digits.
        region: of the bucket.
        state_bucket: its name.
        roles: ARN of each role, by its name in `ROLES`; one that is missing was not made.
        environments: what each of these trusts: an environment of GitHub.
    """

    account_id: str
    region: str
    state_bucket: str
    roles: Mapping[str, str]
    environments: Mapping[str, str]


def write_account(account: Account) -> str:
    """Return the text of the record."""
    document = {name: getattr(account, name) for name in _TEXTS}
    return json.dumps({**document, "roles": account.roles, "environments": account.environments}, indent=2) + "\n"


def read_account(root: Path) -> Account | None:
    """Return what the account of a list was prepared with; None where there is no record.

    Args:
        root: the folder of the list.

    Raises:
        InputError: the record is not as it was written.
    """
    return _read_record(root, RECORD, hint="`mirrorgen bootstrap --apply` writes it anew")


def read_other_account(root: Path, account_id: str) -> Account | None:
    """Return what the account of another target was prepared with, by a bootstrap of its own; None without a record.

    Args:
        root: the folder of the list.
        account_id: twelve digits.

    Raises:
        InputError: the record is not as it was written, or is of another account.
    """
    path = f"bootstrap/{account_id}.json"
    hint = f"{RECORD} of the bootstrap of that account belongs there"
    account = _read_record(root, path, hint=hint)
    if account and account.account_id != account_id:
        raise InputError(f"{root / path} is of the account {account.account_id}", hint=hint)
    return account


def _read_record(root: Path, path: str, *, hint: str) -> Account | None:
    content = read_file(root / path, project=root)
    if content is None:
        return None
    try:
        return parse_account(json.loads(content))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{root / path} is not as it was written: {error}", hint=hint) from error


def parse_account(data: Any) -> Account:
    """Return an account as it was written down, or as Terraform says its names.

    Raises:
        ValueError: something is missing, or not of its grammar.
    """
    if not isinstance(data, dict):
        raise ValueError("a mapping is expected")
    texts = {name: _matching(name, data.get(name), pattern) for name, pattern in _TEXTS.items()}
    roles, environments = _by_role(data, "roles", _ROLE), _by_role(data, "environments", _ENVIRONMENT)
    if roles.keys() != environments.keys():
        raise ValueError("each role has its environment")
    return Account(**texts, roles=roles, environments=environments)


def _by_role(data: Mapping[str, Any], name: str, pattern: str) -> dict[str, str]:
    found = data.get(name)
    if not isinstance(found, dict) or not found.keys() <= set(ROLES):
        raise ValueError(f"{name} must be a mapping of {', '.join(ROLES)}")
    return {role: _matching(name, found[role], pattern) for role in ROLES if role in found}


def _matching(name: str, value: Any, pattern: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(pattern, value, re.ASCII):
        raise ValueError(f"{name} is {value!r}")
    return value
