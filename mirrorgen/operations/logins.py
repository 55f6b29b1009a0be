"""What Docker's configuration signs in with, and whether a list would send it to somebody else."""

from __future__ import annotations

from collections.abc import Mapping

from mirrorgen.desired.state import DesiredState
from mirrorgen.errors import UsageError
from mirrorgen.model.allowances import DOCKER_CONFIG, Allowances, allowing
from mirrorgen.model.references import normalize_host
from mirrorgen.tools.docker_config import docker_logins


def keep_logins(desired: DesiredState, environ: Mapping[str, str], allowances: Allowances) -> None:
    """Make sure that no login is sent away: Docker's configuration signs in by name, wherever the address is.

    Args:
        desired: whose registries are reached.
        environ: the environment of this process.
        allowances: what the one who runs this allows the list to do with credentials.

    Raises:
        UsageError: a login would be sent away.
    """
    target = desired.target
    ways = [registry.way for registry in desired.registries if not (registry.credentials or registry.helper)]
    ways += [] if target.signs_in_with else [target.way]
    logins = docker_logins(environ)
    hosts = set(map(normalize_host, logins.hosts))
    for way in ways:
        is_kept = way.is_safe or allowances.may_go_anyhow(DOCKER_CONFIG, way.address)
        if not is_kept and (logins.has_store or way.registry in hosts):
            message = f"what Docker's configuration signs in to {way.registry} with would go to {way}"
            raise UsageError(message, hint=allowing([DOCKER_CONFIG], way))
