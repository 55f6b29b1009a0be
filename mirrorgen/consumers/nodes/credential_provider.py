#!/usr/bin/env -S python3 -IS
"""A credential provider for the kubelet: ECR's password for images that are pulled by their upstream name.

It runs on nodes, where nothing else of this package is: so it is one file, which needs Python 3.9 or later and ECR's
credential helper. The kubelet hands over what it answers to containerd, whatever registry containerd then asks; that
is why it answers only where containerd on this node can ask none but the mirror. The protocol is
`credentialprovider.kubelet.k8s.io/v1` (staging/src/k8s.io/kubelet/pkg/apis/credentialprovider/v1 of Kubernetes).
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

API_VERSION = "credentialprovider.kubelet.k8s.io/v1"
CREDENTIAL_HELPER = "docker-credential-ecr-login"

# The kubelet ends it after a minute (pkg/credentialprovider/plugin/plugin.go).
_TIMEOUT_S = 20.0

# Where containerd 1.x and 2.x keep the folder of the hosts files: docs/hosts.md of containerd.
_IMAGES_SECTION = re.compile(
    r"""\[plugins\.["']?(?:io\.containerd\.grpc\.v1\.cri|io\.containerd\.cri\.v1\.images)["']?\.registry\]"""
)
_STRING = re.compile(r""""([^"\\]*)"|'([^']*)'""")


class Refused(Exception):
    """Why there is no answer, as a sentence without a final stop; it says nothing secret."""


def main() -> int:
    """Answer the request on standard input, or with `--check` say whether anything would be answered.

    The first argument is the file that says what is mirrored.
    """
    try:
        if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["--check"]):
            raise Refused("call it with the file that says what is mirrored, and for a look without an answer, --check")
        settings = read_settings(Path(sys.argv[1]))
        if sys.argv[2:]:
            check(settings, os.environ)
            return 0
        answer = respond(sys.stdin.buffer.read(), settings, os.environ)
    except Refused as refused:
        print(f"mirrorgen-credential-provider: {refused}", file=sys.stderr)
        return 1
    print(json.dumps(answer))
    return 0


def read_settings(path: Path) -> Mapping[str, Any]:
    """Read what the node kit says: the mirror, its images, and how containerd must be set up.

    Raises:
        Refused: the file cannot be read, or is not of the kit.
    """
    settings = _mapping(_read(path), str(path))
    wanted = {"registry": str, "images": list, "hosts": dict, "containerd": dict}
    if any(not isinstance(settings.get(key), kind) for key, kind in wanted.items()):
        raise Refused(f"{path} does not say what is mirrored")
    return settings


def check(settings: Mapping[str, Any], env: Mapping[str, str]) -> None:
    """Look at everything that an answer depends on, and give none.

    Raises:
        Refused: for at least one registry there would be no answer.
    """
    for host in settings["hosts"]:
        require_redirection(host, settings, env)
    credentials(settings["registry"], env)


def respond(request: bytes, settings: Mapping[str, Any], env: Mapping[str, str]) -> dict[str, Any]:
    """Return the answer to a request.

    Args:
        request: a CredentialProviderRequest, as JSON.
        settings: what `read_settings` returned.
        env: for the programs that are asked.

    Raises:
        Refused: the request is malformed, its image is not mirrored, containerd could send the password elsewhere, or
            the credential helper has none.
    """
    image = _image(request)
    if image not in settings["images"]:
        raise Refused(f"{image} is not mirrored")
    require_redirection(image.partition("/")[0], settings, env)
    # Not cached, by the image alone: else the kubelet would give the password away when containerd has changed.
    return {
        "kind": "CredentialProviderResponse",
        "apiVersion": API_VERSION,
        "cacheKeyType": "Image",
        "cacheDuration": "0s",
        "auth": {image: credentials(settings["registry"], env)},
    }


def require_redirection(host: str, settings: Mapping[str, Any], env: Mapping[str, str]) -> None:
    """Make sure that containerd asks the mirror, and nobody else, for the images of a registry.

    Args:
        host: the registry in their names.
        settings: what `read_settings` returned.
        env: for containerd.

    Raises:
        Refused: it may ask somebody else.
    """
    folder, expected = settings["containerd"].get("config_path"), settings["hosts"].get(host)
    if not (isinstance(folder, str) and isinstance(expected, str)):
        raise Refused(f"the settings do not say how containerd gets the images of {host}")
    found = next((path for path in _host_folders(Path(folder), host) if path.exists()), None)
    if found is None:
        raise Refused(f"{folder} has nothing for {host}, so containerd would ask {host} itself")
    if hashlib.sha256(_read(found / "hosts.toml")).hexdigest() != expected:
        raise Refused(f"{found / 'hosts.toml'} is not as mirrorgen wrote it, so containerd may ask somebody else")
    _require_config_path(folder, settings["containerd"], env)


def credentials(registry: str, env: Mapping[str, str]) -> dict[str, str]:
    """Ask ECR's credential helper for user name and password of a registry.

    Raises:
        Refused: it has none, or cannot be asked.
    """
    # Its cache would leave the password in a file.
    answer = _run([CREDENTIAL_HELPER, "get"], {**env, "AWS_ECR_DISABLE_CACHE": "true"}, registry)
    document = _mapping(answer, f"the answer of {CREDENTIAL_HELPER}")
    user, password = document.get("Username"), document.get("Secret")
    if not (isinstance(user, str) and isinstance(password, str) and user and password):
        raise Refused(f"{CREDENTIAL_HELPER} answered without a user name or a password for {registry}")
    return {"username": user, "password": password}


def _image(content: bytes) -> str:
    request = _mapping(content, "the request")
    kind, version, image = request.get("kind"), request.get("apiVersion"), request.get("image")
    if kind != "CredentialProviderRequest":
        raise Refused(f"the request is a {_shown(kind)}, not a CredentialProviderRequest")
    if version != API_VERSION:
        raise Refused(f"the request is of {_shown(version)}, not of {API_VERSION}")
    if not isinstance(image, str) or not re.fullmatch(r"[\w.:/\[\]-]{1,255}", image, re.ASCII):
        raise Refused("the request names no image")
    return image


def _host_folders(root: Path, host: str) -> Iterator[Path]:
    """Folders that containerd looks into, the first one that exists alone: config_unix.go beside its hosts.go."""
    name, colon, port = host.rpartition(":")
    if colon:
        yield root / f"{name}_{port}_"
    yield root / host
    yield root / "_default"


def _require_config_path(folder: str, containerd: Mapping[str, Any], env: Mapping[str, str]) -> None:
    config = str(containerd.get("config"))
    dumped = _run(["containerd", "--config", config, "config", "dump"], env).decode(errors="replace").splitlines()
    # Two folders with a colon between them are one that does not exist for some releases of containerd 2, which then
    # ask the upstream registry: https://github.com/containerd/containerd/issues/12415
    if (found := _value(dumped, "config_path", section=_IMAGES_SECTION)) != [folder]:
        shown = found[0] if found else ""
        raise Refused(f"containerd looks for hosts files in {shown!r} and not in {folder} alone, as {config} says")
    socket = Path(str(containerd.get("socket")))
    try:
        started = socket.stat().st_mtime_ns
    except OSError as error:
        raise Refused(f"containerd does not seem to run: {socket}: {error.strerror}") from None
    for name in (config, *_imported(Path(config), _value(dumped, "imports"))):
        if _changed(Path(name)) > started:
            raise Refused(f"{name} has changed since containerd was started; restart containerd")


def _value(lines: Sequence[str], key: str, *, section: re.Pattern[str] | None = None) -> list[str]:
    """Return the strings that a key has in a configuration as containerd prints it, outside of sections or in one."""
    inside = section is None
    for line in map(str.strip, lines):
        if line.startswith("["):
            inside = section is not None and section.fullmatch(line) is not None
        elif inside and line.partition("=")[0].strip() == key:
            return [double or single for double, single in _STRING.findall(line.partition("=")[2])]
    return []


def _imported(config: Path, patterns: Sequence[str]) -> Iterator[str]:
    for pattern in patterns:
        # Path.glob takes no absolute pattern.
        yield from glob.glob(str(config.parent / pattern))  # noqa: PTH207


def _changed(path: Path) -> int:
    """Return when a file was last written or put there, whatever a copy says of its age."""
    try:
        return path.stat().st_ctime_ns
    except OSError as error:
        raise Refused(f"cannot look at {path}: {error.strerror}") from None


def _run(argv: Sequence[str], env: Mapping[str, str], text: str = "") -> bytes:
    program = argv[0]
    try:
        done = subprocess.run(
            argv, env=dict(env), input=text.encode(), capture_output=True, timeout=_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise Refused(f"{program} did not answer within {_TIMEOUT_S:g} s") from None
    except OSError as error:
        raise Refused(f"{program} cannot be run: {error.strerror}") from None
    if done.returncode:
        # Standard output may hold a password, whatever the code; what is said on standard error is for reading.
        said = (done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"])[-1]
        raise Refused(f"{program} failed with exit code {done.returncode}: {_shown(said)}")
    return done.stdout


def _mapping(content: bytes, what: str) -> Mapping[str, Any]:
    """Read an object of JSON; what is wrong with it is not quoted, as it may hold a password."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise Refused(f"{what} is not a JSON object")
    return document


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Refused(f"cannot read {path}: {error.strerror}") from None


def _shown(value: object) -> str:
    return ascii(value)[:300]


if __name__ == "__main__":
    sys.exit(main())
