"""What Docker's own configuration signs in to: regsync and regctl read it for every registry without credentials."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Logins:
    """Registries that Docker's configuration can sign in to.

    Attributes:
        hosts: as they are written there, without scheme and path.
        has_store: a program keeps more of them; which, only it can say.
    """

    hosts: frozenset[str]
    has_store: bool


def docker_logins(env: Mapping[str, str]) -> Logins:
    """Read the configuration as regclient does (config/docker.go); what cannot be read signs in to nothing.

    Args:
        env: the environment of the program that is to read it.
    """
    documents = list(_documents(env))
    names = {name for document in documents for key in ("auths", "credHelpers") for name in _mapping(document, key)}
    hosts = frozenset(re.sub("^https?://", "", name).partition("/")[0] for name in names)
    return Logins(hosts, any(bool(document.get("credsStore")) for document in documents))


def _documents(env: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    texts = [env.get("DOCKER_AUTH_CONFIG", "")]
    for folder in {env.get("DOCKER_CONFIG") or None, f"{env.get('HOME') or Path.home()}/.docker"} - {None}:
        try:
            texts.append((Path(str(folder)) / "config.json").read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            continue
    for text in texts:
        try:
            document = json.loads(text)
        except ValueError:
            continue
        if isinstance(document, dict):
            yield document


def _mapping(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = document.get(key)
    return found if isinstance(found, dict) else {}
