"""What the kubelet does to get an image, for every run of the tests; only `make soak` builds the kubelet's own code.

    kubelet_in_short.py CONFIG BIN_DIR SOCKET IMAGE

It is started on a node, and says the same as `kubelet/main.go`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc

from mirrorgen.model.references import parse_reference
from mirrorgen.problems import Problem

_KINDS = ("CredentialProviderRequest", "CredentialProviderResponse")
_CACHED_BY = ("Image", "Registry", "Global")


def main(config: str, bin_dir: str, socket: str, image: str) -> int:
    """Get an image with each of its credentials, until one is good, and without any if there are none."""
    found = list(credentials(json.loads(Path(config).read_text()), Path(bin_dir), image))
    print(f"credentials: {len(found)}")
    with grpc.insecure_channel(f"unix://{socket}") as channel:
        pull: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary("/runtime.v1.ImageService/PullImage")
        for request in [pull_request(image, **each) for each in found] or [pull_request(image)]:
            try:
                pull(request)
            except grpc.RpcError as error:
                print(error, file=sys.stderr)
            else:
                return 0
    return 1


def credentials(config: dict[str, Any], bin_dir: Path, image: str) -> Iterator[dict[str, str]]:
    """Ask each plugin that is configured for an image; what it says on standard error goes into the log."""
    parsed = parse_reference(image)
    assert not isinstance(parsed, Problem), parsed
    repository = str(parsed.source)
    for provider in config["providers"]:
        if not repository.startswith(tuple(provider["matchImages"])):
            continue
        kinds = [{"apiVersion": provider["apiVersion"], "kind": kind} for kind in _KINDS]
        argv = [str(bin_dir / provider["name"]), *provider["args"]]
        request = json.dumps({**kinds[0], "image": repository}, separators=(",", ":"))
        asked = subprocess.run(argv, input=request.encode(), stdout=subprocess.PIPE, check=False)
        if asked.returncode == 0:
            answer = json.loads(asked.stdout)
            assert {key: answer[key] for key in kinds[1]} == kinds[1], "the kubelet would not read it"
            assert answer["cacheKeyType"] in _CACHED_BY, "the kubelet would not take it"
            yield from (each for name, each in answer["auth"].items() if repository.startswith(name))


def pull_request(image: str, username: str = "", password: str = "") -> bytes:
    """Return a PullImageRequest (api.proto of k8s.io/cri-api): ImageSpec in its first field, AuthConfig second."""
    auth = _field(1, username.encode()) + _field(2, password.encode())
    return _field(1, _field(1, image.encode())) + (_field(2, auth) if username else b"")


def _field(number: int, content: bytes) -> bytes:
    """Return a field of a message, as protobuf writes those of less than 128 bytes."""
    assert len(content) < 128
    return bytes([number << 3 | 2, len(content)]) + content


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
