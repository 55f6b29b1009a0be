"""A stand-in: one server on this machine that plays AWS, the target and every upstream registry of a list.

A file names it, and a variable names the file. While it is set, runs go there and nowhere else: nothing of the list is
changed for it, no credential is needed or sent, and Terraform works on a copy of the module with a state of its own.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
import re
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mirrorgen.desired.state import DesiredState
from mirrorgen.errors import UsageError
from mirrorgen.model.images import Registry

VARIABLE = "MIRRORGEN_REDIRECT"
"""Names the file that names the stand-in."""

_CONCURRENT_REQUESTS = 16
_BACKEND = 'terraform {\n  backend "local" {}\n}\n'
# Terraform reads override files in the order of their names, and the last word on the backend must be this one.
_BACKEND_FILE = "zz_stand_in_override.tf"
_NOT_COPIED = (".terraform", ".mirrorgen", "*.tfstate", "*.tfstate.*")
# What would lead around the stand-in, or keep Terraform's state elsewhere; not the certificates that a proxy needs.
_TAKEN_AWAY = re.compile(r"AWS_(?!CA_BUNDLE$)|DOCKER_AUTH_CONFIG$|TF_DATA_DIR$|TF_WORKSPACE$|TF_CLI_ARGS")


@dataclass(frozen=True, slots=True)
class StandIn:
    """A stand-in.

    Attributes:
        address: IP address and port, on this machine.
        account_id, region: of the ECR that it plays.
        folder: for what runs against it keep.
    """

    address: str
    account_id: str
    region: str
    folder: Path

    @property
    def note(self) -> str:
        """What everybody must know who sees a result."""
        return f"a stand-in at {self.address} plays AWS and every registry; nothing real is asked or changed"

    def plays(self, state: DesiredState) -> DesiredState:
        """Return a desired state that is reached there, without the credentials, pace and pauses of what is real.

        Raises:
            UsageError: it cannot play the target.
        """
        target = state.target.played_at(f"http://{self.address}")
        if target is None:
            raise UsageError(f"the stand-in plays ECR, and the target of this list is {state.target.label}")
        if any(registry.host == target.host for registry in state.registries):
            raise UsageError("the stand-in cannot play a target that is an upstream of the same list")
        if any(entry.read_from for _, entry in state.entries):
            raise UsageError(f"the stand-in plays one ECR, and {state.target.label} is filled from another one")
        return replace(state, target=target, registries=tuple(map(self._played, state.registries)))

    def environment(self, environ: Mapping[str, str], *, without: Collection[str] = ()) -> dict[str, str]:
        """Return an environment in which there is no other AWS, and nobody signs in to anything.

        Args:
            environ: the environment to start from.
            without: names of more variables to leave out.
        """
        kept = {name: value for name, value in environ.items() if not _TAKEN_AWAY.match(name) and name not in without}
        no_proxy = ",".join(filter(None, [environ.get("NO_PROXY", ""), self.address.partition(":")[0]]))
        return {
            **kept,
            **aws_variables(f"http://{self.address}", self.account_id, self.region),
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "DOCKER_CONFIG": str(self.folder / "docker"),
            "NO_PROXY": no_proxy,
            "no_proxy": no_proxy,
        }

    def workplace(self, root: Path) -> Path:
        """Return the folder in which Terraform works for a list: it has a copy of the module, as it is now.

        State and saved plan stay there. In the list's own folder those of the stand-in would be taken for real ones.
        """
        place = self.folder / "work" / hashlib.sha256(os.fsencode(root)).hexdigest()[:16]
        module, copy = root / "terraform", place / "terraform"
        if not module.is_dir():
            return place
        for path in (*copy.glob("*.tf"), *copy.glob("*.tfvars*"), *copy.glob("modules/**/*.tf")):
            path.unlink()
        shutil.copytree(module, copy, ignore=shutil.ignore_patterns(*_NOT_COPIED), dirs_exist_ok=True)
        (copy / _BACKEND_FILE).write_text(_BACKEND, encoding="utf-8")
        return place

    def document(self) -> dict[str, Any]:
        """Return what the file says."""
        return {"address": self.address, "account_id": self.account_id, "region": self.region}

    def _played(self, registry: Registry) -> Registry:
        return Registry(
            host=registry.host,
            alias=registry.alias,
            hostname=self.address,
            tls="disabled",
            path_prefix=path_prefix(registry.host),
            concurrent_requests=_CONCURRENT_REQUESTS,
        )


def path_prefix(host: str) -> str:
    """First path segments of every repository that plays one of `host`: regsync's `pathPrefix` for that registry."""
    return f"upstream/{host.replace(':', '-')}"


def aws_variables(endpoint: str, account_id: str, region: str) -> dict[str, str]:
    """Return variables that make AWS tools and SDKs talk to an emulator."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        # The emulator takes an access key of twelve digits for the account.
        "AWS_ACCESS_KEY_ID": account_id,
        "AWS_SECRET_ACCESS_KEY": "emulator",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCOUNT_ID": account_id,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def find_stand_in(environ: Mapping[str, str]) -> StandIn | None:
    """Return the stand-in that an environment names; None where it names none.

    Raises:
        UsageError: it names a file that is not there, that says something else, or a server that is not on this
            machine. Nothing may run then: what was to go to a stand-in must not go to what is real.
    """
    named = environ.get(VARIABLE)
    if not named:
        return None
    hint = f"unset {VARIABLE} to work on what is real; `mirrorgen demo --keep` makes a stand-in"
    try:
        data = json.loads(Path(named).read_text(encoding="utf-8"))
        address, account_id, region = (str(data[key]) for key in ("address", "account_id", "region"))
    except OSError as error:
        raise UsageError(f"{VARIABLE} names {named}, which cannot be read: {error.strerror}", hint=hint) from error
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(f"{VARIABLE} names {named}, which describes no stand-in", hint=hint) from error
    if not _is_on_this_machine(address):
        raise UsageError(f"{VARIABLE} names {named}, and its address {address!r} is not on this machine", hint=hint)
    return StandIn(address, account_id, region, Path(named).absolute().parent)


@contextmanager
def process_environment(environ: Mapping[str, str]) -> Iterator[None]:
    """Make an environment that of this process: the AWS SDK in it knows no other."""
    before = dict(os.environ)
    try:
        os.environ.clear()
        os.environ.update(environ)
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _is_on_this_machine(address: str) -> bool:
    """A name could mean anything tomorrow, so only an address of IPv4 counts, with its port."""
    host, _, port = address.partition(":")
    try:
        return ipaddress.IPv4Address(host).is_loopback and re.fullmatch(r"[1-9][0-9]{0,4}", port) is not None
    except ValueError:
        return False
