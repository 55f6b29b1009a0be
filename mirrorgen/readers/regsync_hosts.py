"""`creds` of regsync.yaml: how registries are reached, and what signs in to them (config/host.go of regclient)."""

from __future__ import annotations

import re
from dataclasses import replace

from mirrorgen.model.credentials import Credentials
from mirrorgen.model.images import RateLimit, Registry
from mirrorgen.model.references import DOCKER_HUB, normalize_host
from mirrorgen.model.registries import default_alias
from mirrorgen.problems import KeyPath
from mirrorgen.readers.copies import Copies
from mirrorgen.readers.fields import Fields, Unfit
from mirrorgen.readers.go_templates import variable_in

HINT = "put it in a variable, and name the variable"
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,63}")
_HOSTNAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?")
_ECR_HELPER = "docker-credential-ecr-login"
_PREFIX = re.compile(r"[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*")
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:h|m|s|ms|us|ns))+")
_FASTEST, _MOST_AT_ONCE = 10_000, 1000
_KNOWN = frozenset({"registry", "user", "pass", "hostname", "tls", "pathPrefix", "reqPerSec", "reqConcurrent"})
# Without one of these a registry is reached in another way, or not at all.
_REFUSED = {
    "regcert": "a list names no certificate",
    "clientCert": "a list names no certificate",
    "clientKey": "a list names no certificate",
    "token": "a list signs in with a user name and a password",
    "mirrors": "a list reaches a registry at one address",
    "credHost": "a list signs in under the name of the registry",
}
_NOTES = {
    "repoAuth": "whether a login is for one repository is not for a list to say",
    "credExpire": "how long a login lasts is not for a list to say",
    **dict.fromkeys(("priority", "api", "apiOpts", "blobChunk", "blobMax", "scheme"), "a list has no such setting"),
}


def variable_named(text: str, path: KeyPath) -> str:
    """Return a name of a variable as a list has it.

    Raises:
        Unfit: the list would refuse it.
    """
    if not _VARIABLE.fullmatch(text):
        raise Unfit("a list names variables in capitals, digits and `_`", path, HINT)
    return text


class Hosts:
    """Gathers what a file says of registries.

    Attributes:
        registries: by host, without credentials.
        credentials: by host.
    """

    def __init__(self, copies: Copies) -> None:
        self.registries: dict[str, Registry] = {}
        self.credentials: dict[str, Credentials] = {}
        self._copies = copies

    def read(self, root: Fields) -> None:
        """Read `creds`; what of it cannot be kept is refused.

        Raises:
            Unfit: it is no list.
        """
        for item, path in root.items("creds"):
            entry = Fields(root.document, root.text, path)
            try:
                entry = root.of(item, path)
                # That of the account that only a run knows: the target, which is signed in to as a list says.
                if "{{" not in entry.string("registry") or entry.string("credHelper") != _ECR_HELPER:
                    self._read_entry(entry)
            except Unfit as error:
                self._copies.unfit(entry, error)

    def limit(self, host: str, least: int, retry: str) -> None:
        """Note that a step waits while fewer pulls than these are left; of several the most careful counts."""
        if not least:
            return
        registry = self.registries.get(host) or Registry(host, default_alias(host))
        known = registry.rate_limit
        if known is None or known.min < least:
            limit = RateLimit(least, retry if _DURATION.fullmatch(retry) else RateLimit(least).retry)
            self.registries[host] = replace(registry, rate_limit=limit)

    def _read_entry(self, entry: Fields) -> None:
        host, is_plain = _host(entry)
        known = self.registries.get(host) or Registry(host, default_alias(host))
        self._say_what_is_left(entry, host)
        registry = _paced(_reached(known, entry, is_plain=is_plain), entry)
        if registry != Registry(host, default_alias(host)):
            self.registries[host] = registry
        names = credentials_in(entry)
        if names:
            self.credentials[host] = names

    def _say_what_is_left(self, entry: Fields, host: str) -> None:
        for key, value in entry.data.items():
            if not value or key in _KNOWN:
                continue
            if key in _REFUSED:
                self._copies.refuse(
                    "", entry.place(key), entry.shown(key), _REFUSED[key], "give it to Docker, or leave it out"
                )
            elif key == "credHelper":
                self._say_of_helper(entry, host)
            else:
                reason = _NOTES.get(key, "regsync does not know it")
                self._copies.note(entry.document, (*entry.path, key), reason)

    def _say_of_helper(self, entry: Fields, host: str) -> None:
        """That of ECR is what a list uses where nothing is said, for a target that is one."""
        if entry.string("credHelper") == _ECR_HELPER and ".dkr.ecr." in host:
            return
        reason = "a list has no credential helper for a registry"
        hint = "name it under `credHelpers` in Docker's own configuration, which is asked where the list says nothing"
        self._copies.refuse("", entry.place("credHelper"), entry.shown("credHelper"), reason, hint)


def _host(entry: Fields) -> tuple[str, bool]:
    """The registry that an entry is about, and whether its name says that it is reached without TLS."""
    path = (*entry.path, "registry")
    name = entry.string("registry")
    if name == "https://index.docker.io/v1/":
        return DOCKER_HUB, False
    scheme, found, rest = name.rpartition("://")
    if "{{" in name:
        raise Unfit("only a run tells which registry it is", path, "write what it stands for")
    host = normalize_host(rest)
    if host is None or (found and scheme not in {"http", "https"}):
        raise Unfit("it names no registry", path)
    return host, scheme == "http"


def _reached(known: Registry, entry: Fields, *, is_plain: bool) -> Registry:
    """What is known of a registry, with the address that an entry has for it."""
    tls = entry.string("tls").lower() or ("disabled" if is_plain else known.tls)
    if tls not in {"enabled", "insecure", "disabled"}:
        raise Unfit(f"regsync knows no tls {tls!r}", (*entry.path, "tls"))
    prefix, hostname = entry.string("pathPrefix").strip("/"), entry.string("hostname")
    if hostname and not _HOSTNAME.fullmatch(hostname):
        raise Unfit("it is no host name", (*entry.path, "hostname"))
    if prefix and not _PREFIX.fullmatch(prefix):
        raise Unfit("it is no path of a repository", (*entry.path, "pathPrefix"))
    return replace(known, tls=tls, hostname=hostname or known.hostname, path_prefix=prefix or known.path_prefix)


def _paced(known: Registry, entry: Fields) -> Registry:
    """What is known of a registry, with how fast it may be asked, as far as a list has such a pace."""
    try:
        per_second, concurrent = float(entry.string("reqPerSec") or 0), int(entry.string("reqConcurrent") or 0)
    except ValueError:
        raise Unfit("its pace is no number", entry.path) from None
    registry = replace(known, requests_per_second=per_second) if 0 < per_second <= _FASTEST else known
    return replace(registry, concurrent_requests=concurrent) if 0 < concurrent <= _MOST_AT_ONCE else registry


def credentials_in(entry: Fields, keys: tuple[str, str] = ("user", "pass")) -> Credentials | None:
    """Return the names of the variables that an entry signs in with; None where it has none.

    Args:
        entry: of one registry.
        keys: what user name and password are called there.

    Raises:
        Unfit: there is something else, which may be a secret and is not repeated.
    """
    names = []
    for key, what in zip(keys, ("user name", "password"), strict=True):
        text = entry.string(key)
        if not text:
            continue
        variable = variable_in(text)
        if variable is None:
            reason = f"the {what} is not the name of a variable, and a list holds nothing else"
            raise Unfit(reason, (*entry.path, key), f"{HINT}: '{{{{env \"DOCKER_TOKEN\"}}}}'")
        names.append(variable_named(variable, (*entry.path, key)))
    if len(names) == 1:
        raise Unfit("a user name without a password, or the other way round, signs nobody in", entry.path)
    return Credentials(*names) if names else None
