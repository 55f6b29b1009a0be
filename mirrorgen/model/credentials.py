"""How to sign in to a registry: names of environment variables, never their values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mirrorgen.problems import KeyPath, Problem

_KEYS = ("username_env", "password_env")


@dataclass(frozen=True, slots=True)
class Credentials:
    """Names of the environment variables that hold a user name and a password."""

    username_env: str
    password_env: str

    @property
    def names(self) -> tuple[str, str]:
        """Names of both variables."""
        return self.username_env, self.password_env

    def document(self) -> dict[str, Any]:
        """Return what stands under `credentials`."""
        return {"username_env": self.username_env, "password_env": self.password_env}


def read_credentials(data: Mapping[str, Any], path: KeyPath) -> tuple[Credentials | None, list[Problem]]:
    """Read what stands under `credentials`, as the check of the shape left it.

    Args:
        data: the two names.
        path: where it stands.

    Returns:
        The names, None where they are not complete or look like values, and what is wrong with them.
    """
    hint = "write the name of an environment variable, such as DOCKER_TOKEN, and change the secret"
    message = "this looks like a secret itself, not like the name of a variable"
    problems = [
        Problem("credentials-not-names", message, (*path, key), hint)
        for key in _KEYS
        if key in data and _looks_like_secret(data[key])
    ]
    is_usable = not problems and all(key in data for key in _KEYS)
    return (Credentials(*(data[key] for key in _KEYS)) if is_usable else None), problems


def _looks_like_secret(name: str) -> bool:
    """AWS access keys, and long runs of capitals and digits without any `_`, are no variable names."""
    if re.fullmatch(r"A[A-Z]{3}[A-Z0-9]{12,}", name):
        return True
    return "_" not in name and len(name) >= 16 and any(char.isdigit() for char in name)
