"""Which variables each program gets: what it needs for its part, and no credential that is another one's."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from mirrorgen.tools.searching import search_path

EXTRA_VARIABLE = "MIRRORGEN_PASS_ENV"
"""Names more variables that every program gets, for wrappers and credential helpers that are not known here."""

_EVERY = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "LC_*", "TZ", "TERM", "NO_COLOR"),
    *("TMPDIR", "TMP", "TEMP", "XDG_*", "LD_LIBRARY_PATH", "GODEBUG"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR"),
)

_DOCKER = (
    *("DOCKER_CONFIG", "DOCKER_AUTH_CONFIG"),
    # docker-credential-pass, docker-credential-secretservice
    *("GNUPGHOME", "PASSWORD_STORE_*", "DBUS_SESSION_BUS_ADDRESS"),
)

_GIT = ("GIT_*", "SSH_AUTH_SOCK", "SSH_ASKPASS", "NETRC")

_AWS = ("AWS_*",)
_GOOGLE = ("GOOGLE_*", "CLOUDSDK_*")
_AZURE = ("ARM_*", "AZURE_*")

PROGRAMS: Mapping[str, tuple[str, ...]] = {
    "regsync": _DOCKER,
    "regctl": _DOCKER,
    "docker-credential-ecr-login": _AWS,
    # Its state may be in any of these clouds, and modules come by git.
    "terraform": ("TF_*", "CHECKPOINT_*", *_AWS, *_GOOGLE, *_AZURE, *_GIT),
    # It needs no state and no cloud, and TF_DATA_DIR would lead out of the copy that it works in.
    "terraform providers lock": ("TF_CLI_*", "TF_TOKEN_*", "TF_LOG*", "TF_REGISTRY_*", "CHECKPOINT_*", *_GIT),
    # What is in the folder of a chart, and nothing of a cluster, a registry or a plugin.
    "helm": (),
    "git": _GIT,
    "go": ("GO[!O]*", *_GIT),
    "pip": ("PIP_*", "NETRC"),
}
"""Names, or patterns of names, of what each program gets beside what all of them get."""

# What the credential helpers of a registry's operator read, where Docker's configuration names one.
_HELPERS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r"\.dkr[.-]ecr[.-]|^public\.ecr\.aws$"), _AWS),
    (re.compile(r"(^|\.)gcr\.io$|\.pkg\.dev$"), _GOOGLE),
    (re.compile(r"\.azurecr\.(io|cn|us)$"), _AZURE),
)


def environment(
    program: str,
    env: Mapping[str, str],
    *,
    starts: Iterable[str] = (),
    hosts: Iterable[str] = (),
    credentials: Collection[str] = (),
    reads: Collection[str] = (),
) -> dict[str, str]:
    """Return the whole environment of a program.

    Args:
        program: its name in `PROGRAMS`.
        env: the environment to choose from.
        starts: programs that it starts itself.
        hosts: registries that it signs in to as Docker's configuration says.
        credentials: names of variables that hold credentials, which it gets in no other way than by `reads`.
        reads: names of variables that its configuration names.
    """
    patterns = [*_EVERY, *_passed(env)]
    for name in (program, *starts):
        patterns += PROGRAMS[name]
    for host in hosts:
        patterns += _variables_of_helpers(host)
    fitting = {name for name in env if any(fnmatchcase(name, pattern) for pattern in dict.fromkeys(patterns))}
    given = {
        name: value for name, value in env.items() if name in reads or (name in fitting and name not in credentials)
    }
    return {**given, "PATH": search_path(env)}


def _variables_of_helpers(host: str) -> Iterator[str]:
    for pattern, names in _HELPERS:
        if pattern.search(host):
            yield from names


def _passed(env: Mapping[str, str]) -> list[str]:
    return env.get(EXTRA_VARIABLE, "").replace(",", " ").split()
