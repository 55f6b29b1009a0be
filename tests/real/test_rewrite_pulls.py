"""What `mirrorgen rewrite` writes for machines that pull, as podman and the library of K3s read it.

The mirror asks for a password and writes down each request; the upstream registry is a port that nobody listens at.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.conftest import ORIGINAL_ENVIRONMENT, RunCli
from tests.real.conftest import Project
from tests.real.distribution import PASSWORD, USER, Distribution, distribution
from tests.real.programs import program, require_built

WHARFIE = "github.com/rancher/wharfie@v0.7.1"


@pytest.fixture
def registry(distribution_binary: Path, tmp_path: Path) -> Iterator[Distribution]:
    with distribution(tmp_path / "registry", distribution_binary) as running:
        yield running


@dataclass(frozen=True)
class Setup:
    """A mirror that holds `team/web:1.0.0`, and a list that says so.

    Attributes:
        upstream: the host in the image's name, where nothing answers.
        mirror: the registry.
        digest: of the image.
    """

    folder: Path
    upstream: str
    mirror: Distribution
    digest: str

    @property
    def image(self) -> str:
        return f"{self.upstream}/team/web:1.0.0"

    def manifests_asked_for(self) -> set[str]:
        """Repositories and tags of which the mirror was asked for a manifest, with a password."""
        paths = {path for _, path in self.mirror.requests() if "/manifests/" in path}
        return {path.removeprefix("/v2/").replace("/manifests/", ":") for path in paths}


@pytest.fixture
def setup(project: Project, registry: Distribution, closed_port: int) -> Setup:
    served = project.serve({"quay.io/team/web": ["1.0.0"]})
    ((_, digest),) = served.items()
    upstream = f"127.0.0.1:{closed_port}"
    registry.take(project, f"{project.ecr.address}/upstream/quay.io/team/web:1.0.0", "mirror/web:1.0.0")
    registry.access_log.write_text("")
    document = {
        "target": {"registry": f"{registry.host}/mirror", "tls": "disabled"},
        "images": [{"source": f"{upstream}/team/web", "tags": ["1.0.0"], "repository": "mirror/web"}],
    }
    (project.folder / "images.yaml").write_text(yaml.safe_dump(document))
    return Setup(project.folder, upstream, registry, digest)


@dataclass(frozen=True)
class Podman:
    """podman with a store of its own, and what `mirrorgen rewrite podman` wrote as its only configuration.

    Attributes:
        setup: what it pulls.
        runroot: its folder with a short name, as it wants it.
    """

    setup: Setup
    runroot: Path

    def pull(self, image: str) -> subprocess.CompletedProcess[str]:
        folder = self.setup.folder
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        (folder / "auth.json").write_text(json.dumps({"auths": {self.setup.mirror.host: {"auth": login}}}))
        argv = ["podman", "--root", f"{folder}/store", "--runroot", str(self.runroot), "--storage-driver", "vfs"]
        argv += ["pull", "--authfile", f"{folder}/auth.json", image]
        env = {
            **ORIGINAL_ENVIRONMENT,
            "CONTAINERS_REGISTRIES_CONF": f"{folder}/registries.conf",
            "HOME": str(folder),
        }
        return subprocess.run(argv, env=env, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def podman(setup: Setup, run_cli: RunCli) -> Iterator[Podman]:
    if not shutil.which("podman") or os.getuid() != 0:
        pytest.skip("registries.conf is tested where podman is, by root")
    result = run_cli("rewrite", "podman", cwd=setup.folder)
    assert (result.exit_code, result.stderr) == (0, "")
    (setup.folder / "registries.conf").write_text(result.stdout)
    with tempfile.TemporaryDirectory() as runroot:
        yield Podman(setup, Path(runroot))


def test_podman_pulls_a_mirrored_name_from_the_mirror(podman: Podman, setup: Setup) -> None:
    pulled = podman.pull(setup.image)
    assert pulled.returncode == 0, pulled.stderr
    assert "mirror/web:1.0.0" in setup.manifests_asked_for()


def test_podman_pulls_a_digest_from_the_mirror(podman: Podman, setup: Setup) -> None:
    pulled = podman.pull(f"{setup.upstream}/team/web@{setup.digest}")
    assert pulled.returncode == 0, pulled.stderr
    assert f"mirror/web:{setup.digest}" in setup.manifests_asked_for()


def test_podman_asks_upstream_for_a_tag_that_the_mirror_does_not_have(podman: Podman, setup: Setup) -> None:
    pulled = podman.pull(f"{setup.upstream}/team/web:2.0.0")
    assert pulled.returncode != 0
    assert "connection refused" in pulled.stderr
    assert setup.manifests_asked_for() == {"mirror/web:2.0.0"}


@pytest.mark.parametrize("name", ["team/web2:1.0.0", "team/other:1.0.0"])
def test_podman_leads_no_other_name_to_the_mirror(name: str, podman: Podman, setup: Setup) -> None:
    pulled = podman.pull(f"{setup.upstream}/{name}")
    assert pulled.returncode != 0
    assert "connection refused" in pulled.stderr
    assert not setup.mirror.requests()


@pytest.fixture
def wharfie(base_env: dict[str, str], pytestconfig: pytest.Config) -> Path:
    """Rancher's own reader of `registries.yaml`, which K3s and RKE2 share."""
    require_built(base_env, "wharfie", "wharfie", may_build=pytestconfig.getoption("--soak"))
    return program("wharfie", WHARFIE, base_env)


def test_k3s_pulls_a_mirrored_path_from_the_mirror_and_no_other(wharfie: Path, setup: Setup, run_cli: RunCli) -> None:
    result = run_cli("rewrite", "k3s", cwd=setup.folder)
    assert (result.exit_code, result.stderr) == (0, "")
    signing_in = {"configs": {setup.mirror.host: {"auth": {"username": USER, "password": PASSWORD}}}}
    (setup.folder / "registries.yaml").write_text(f"{result.stdout}{yaml.safe_dump(signing_in)}")

    def pull(image: str) -> subprocess.CompletedProcess[str]:
        argv = [str(wharfie), "--private-registry", "registries.yaml", image, "unpacked"]
        return subprocess.run(argv, cwd=setup.folder, capture_output=True, text=True, check=False, timeout=120)

    pulled = pull(setup.image)
    assert pulled.returncode == 0, pulled.stderr
    assert [path.name for path in (setup.folder / "unpacked").iterdir()] == ["mirrorgen-demo"]
    assert "mirror/web:1.0.0" in setup.manifests_asked_for()
    assert pull(f"{setup.upstream}/team/web2:1.0.0").returncode != 0
    # K3s asks the mirror by a path that is not rewritten, and upstream afterwards.
    assert "team/web2:1.0.0" in setup.manifests_asked_for()
