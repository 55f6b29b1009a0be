"""How many requests a run with nothing to do makes: mirrorgen, plain regsync, and skopeo where it is installed."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import replace as replaced
from pathlib import Path

import yaml

from benchmarks.counting import CountingProxy, counting_proxy
from mirrorgen.demo import emulator as emulators
from mirrorgen.demo import upstreams
from mirrorgen.demo.emulator import Emulator
from mirrorgen.operations.stand_in import path_prefix
from mirrorgen.tools.built import bin_dir, cache_dir
from mirrorgen.tools.runner import ProcessRunner

ACCOUNT, REGION = "123456789012", "eu-west-1"
SOURCE = "quay.io"


@dataclass(frozen=True, slots=True)
class Requests:
    """One run: what ran, requests by what they were, and how long it took."""

    what: str
    counts: Mapping[str, int]
    wall_s: float


_SYNC = [sys.executable, "-m", "mirrorgen", "sync"]
_ONCE = ["regsync", "once", "-c", "regsync.yaml"]

FIRST_SYNC, FIRST_ONCE = "the first mirrorgen sync", "the first regsync once"
_AGAIN = {
    "mirrorgen sync": _SYNC,
    "mirrorgen sync --full": [*_SYNC, "--full"],
    "regsync once": _ONCE,
    "regsync once --missing": [*_ONCE, "--missing"],
}

KINDS = ("upstream list", "upstream HEAD", "upstream GET", "target list", "target HEAD", "target GET", "ECR API")


def kind_of(method: str, path: str) -> str:
    """Say what a request is for."""
    if not path.startswith("/v2/"):
        return "ECR API"
    side = "upstream" if path.startswith("/v2/upstream/") else "target"
    if path == "/v2/":
        return "ping"
    if "/tags/list" in path:
        return f"{side} list"
    return f"{side} {method}"


def request_figures(folder: Path, *, repositories: int, tags: int) -> Iterator[Requests]:
    """Fill an embedded ECR with what the list asks for, and run each program once more.

    Args:
        folder: an empty folder to work in.
        repositories: how many.
        tags: in each.
    """
    images = {f"{SOURCE}/org/app{i}": [f"v1.{tag}.0" for tag in range(tags)] for i in range(repositories)}
    # Each into a registry of its own: what a registry has once had, it may still know.
    with _registry(folder / "plain", images) as place:
        yield place.measure(FIRST_ONCE, _ONCE)
    with _registry(folder / "mirrored", images) as place:
        yield place.measure(FIRST_SYNC, _SYNC)
        for what, argv in _AGAIN.items():
            yield place.measure(what, argv)
        skopeo = shutil.which("skopeo")
        if skopeo:
            argv = _skopeo(skopeo, place.folder, place.proxy, images)
            place.measure("skopeo sync", argv)  # copies
            yield place.measure("skopeo sync", argv)


@dataclass(frozen=True, slots=True)
class _Place:
    """A folder with a list, whose registries are behind a proxy that counts."""

    folder: Path
    env: Mapping[str, str]
    proxy: CountingProxy

    def measure(self, what: str, argv: list[str]) -> Requests:
        self.proxy.counts.clear()
        start = time.monotonic()
        done = subprocess.run(argv, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{what} ended with exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return Requests(what, dict(self.proxy.counts), time.monotonic() - start)


@contextlib.contextmanager
def _registry(folder: Path, images: Mapping[str, list[str]]) -> Iterator[_Place]:
    """Embed an ECR with upstreams, and with empty repositories for what the list in the folder asks for."""
    folder.mkdir()
    python = emulators.install(cache_dir(os.environ), ProcessRunner(), os.environ)
    with emulators.emulator(python, log=folder / "log", env=os.environ, account_id=ACCOUNT, region=REGION) as ecr:
        upstreams.populate(ecr, images)
        _create_repositories(ecr, len(images))
        with counting_proxy(ecr.address, kind_of) as proxy:
            _write_list(folder, images, proxy)
            yield _Place(folder, _environment(replaced(ecr, port=int(proxy.address.rpartition(":")[2]))), proxy)


def _environment(ecr: Emulator) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_") or name == "AWS_CA_BUNDLE"}
    path = os.pathsep.join([str(bin_dir(os.environ)), env.get("PATH", os.defpath)])
    return {**env, **emulators.environment(ecr), "PATH": path, "NO_PROXY": "127.0.0.1"}


def _write_list(folder: Path, images: Mapping[str, list[str]], proxy: CountingProxy) -> None:
    document = {
        "target": {"account_id": ACCOUNT, "region": REGION, "endpoint": f"http://{proxy.address}"},
        "registries": {SOURCE: {"hostname": proxy.address, "tls": "disabled", "path_prefix": path_prefix(SOURCE)}},
        "images": [{"source": source, "tags": tags} for source, tags in images.items()],
    }
    (folder / "images.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "mirrorgen", "render"], cwd=folder, check=True, capture_output=True)


def _create_repositories(ecr: Emulator, count: int) -> None:
    import boto3

    client = boto3.client(
        "ecr",
        endpoint_url=ecr.endpoint,
        region_name=REGION,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="emulator",  # noqa: S106 - the emulator takes any
    )
    for index in range(count):
        for name in (f"mirror/quay/org/app{index}", f"skopeo/app{index}"):
            client.create_repository(repositoryName=name)


def _skopeo(skopeo: str, folder: Path, proxy: CountingProxy, images: Mapping[str, list[str]]) -> list[str]:
    wanted = {upstreams.repository(source): tags for source, tags in images.items()}
    registry = {proxy.address: {"tls-verify": False, "images": wanted}}
    (folder / "skopeo.yaml").write_text(yaml.safe_dump(registry), encoding="utf-8")
    options = ["--insecure-policy", "sync", "--all", "--src", "yaml", "--dest", "docker", "--dest-tls-verify=false"]
    return [skopeo, *options, str(folder / "skopeo.yaml"), f"{proxy.address}/skopeo"]
