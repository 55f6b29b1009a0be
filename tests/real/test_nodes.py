"""Nodes that get images from ECR by their upstream names: the real containerd, and the kubelet's part in short.

What `make soak` alone builds is there in other runs only from the cache: containerd 2, and the kubelet's own code.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from mirrorgen.consumers.nodes.kit import PROVIDER, SETTINGS
from mirrorgen.demo import emulator as emulators
from mirrorgen.demo.emulator import Emulator
from mirrorgen.operations.stand_in import path_prefix
from tests.real.conftest import ACCOUNT, REGION, Project
from tests.real.node import BIN_DIR, Node, containerd_2, kubelet, kubelet_in_short, node, require_containerd
from tests.real.registries_by_name import ECR_PASSWORD, Registries, registries

_numbers = itertools.count()

NGINX, PROMETHEUS, GRAFANA = "docker.io/library/nginx", "quay.io/prometheus/prometheus", "docker.io/grafana/grafana"
TAGS = {NGINX: ["1.25"], PROMETHEUS: ["v2.48.0"], GRAFANA: ["11.0.0"]}
# What a plugin does that looks at nothing, such as one with ECR's password for every name.
CARELESS = f"""#!/bin/sh
image=$(sed 's/.*"image":"\\([^"]*\\)".*/\\1/')
printf '{{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1"'
printf ',"cacheKeyType":"Image","auth":{{"%s":{{"username":"AWS","password":"{ECR_PASSWORD}"}}}}}}' "$image"
"""


@dataclass(frozen=True)
class Mirror:
    """What ECR holds, and the kit for it as a user has it.

    Attributes:
        kit: the folder that `mirrorgen rewrite nodes` has written.
        env: of everything on a node.
        digests: of what was mirrored, by source and tag.
    """

    kit: Path
    env: dict[str, str]
    project: Project
    digests: dict[tuple[str, str], str]

    def write_kit(self, images: list[dict[str, object]]) -> None:
        """Write the kit for a list whose registry has no other address than ECR's own."""
        target = {"account_id": ACCOUNT, "region": REGION, "prefix": self.project.prefix}
        path = self.project.folder / "nodes.yaml"
        path.write_text(yaml.safe_dump({"target": target, "registries": REGISTRIES, "images": images}))
        shutil.rmtree(self.kit, ignore_errors=True)
        done = self.project.run("rewrite", "--file", str(path), "nodes", str(self.kit))
        assert done.returncode == 0, done.stderr


REGISTRIES = {"docker.io": {"keep_library": True}}
ENTRIES: list[dict[str, object]] = [{"source": source, "tags": tags} for source, tags in TAGS.items()]


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory, ecr: Emulator, base_env: dict[str, str]) -> Mirror:
    """Images that were copied by regsync."""
    require_containerd()
    folder = tmp_path_factory.mktemp("mirror")
    project = Project(folder, ecr, base_env, f"nodes-{next(_numbers)}", {})
    address = {"hostname": ecr.address, "tls": "disabled", "path_prefix": path_prefix("docker.io")}
    project.registries = {host: {**address, **settings} for host, settings in REGISTRIES.items()}
    project.write(dict(TAGS))
    project.create_repositories()
    digests = project.serve(TAGS)
    assert project.run("sync").returncode == 0
    env = {name: value for name, value in emulators.environment(ecr).items() if name.startswith("AWS_")}
    made = Mirror(folder / "kit", {**env, "MIRRORGEN_CACHE_DIR": base_env["MIRRORGEN_CACHE_DIR"]}, project, digests)
    made.write_kit(ENTRIES)
    return made


@pytest.fixture(scope="module")
def by_name(tmp_path_factory: pytest.TempPathFactory, ecr: Emulator) -> Iterator[Registries]:
    with registries(tmp_path_factory.mktemp("registries"), ecr) as running:
        yield running


@pytest.fixture(params=[1, 2], ids=["containerd 1", "containerd 2 and the kubelet's own code"])
def bare(
    request: pytest.FixtureRequest, tmp_path: Path, mirror: Mirror, by_name: Registries, base_env: dict[str, str]
) -> Iterator[Node]:
    """A node on which containerd is set up, and nothing else."""
    found = shutil.which("containerd")
    assert found
    binary, asking = Path(found), kubelet_in_short()
    if request.param == 2:
        may_build = request.config.getoption("--soak")
        binary, asking = containerd_2(base_env, may_build=may_build), kubelet(base_env, may_build=may_build)
    env = {**mirror.env, "SSL_CERT_FILE": str(by_name.authority)}
    by_name.ecr.clear()
    by_name.upstream.clear()
    with node(tmp_path, binary=binary, major=request.param, kubelet=asking, env=env, names=by_name.names) as running:
        running.configure((mirror.kit / f"containerd/{request.param}.toml").read_text())
        yield running


@pytest.fixture
def ready(bare: Node, mirror: Mirror) -> Node:
    """A node with the kit."""
    done = install(bare, mirror)
    assert "this node is ready" in done
    return bare


def install(running: Node, mirror: Mirror, *, check: bool = True) -> str:
    done = running.run("sh", str(mirror.kit / "install.sh"), BIN_DIR, check=check)
    shutil.copy(mirror.kit / "kubelet.json", running.etc("kubelet.json"))
    return done.stdout + done.stderr


def careless(running: Node) -> str:
    """Put a plugin there that looks at nothing, and return the folder."""
    folder = running.etc("careless")
    folder.mkdir(exist_ok=True)
    (folder / PROVIDER).write_text(CARELESS)
    (folder / PROVIDER).chmod(0o755)
    return "/etc/careless"


@pytest.mark.parametrize(
    ("image", "source", "tag"),
    [
        ("nginx:1.25", NGINX, "1.25"),
        ("docker.io/library/nginx:1.25", NGINX, "1.25"),
        ("grafana/grafana:11.0.0", GRAFANA, "11.0.0"),
        ("quay.io/prometheus/prometheus:v2.48.0", PROMETHEUS, "v2.48.0"),
    ],
)
def test_images_come_from_the_mirror_by_their_upstream_names(
    ready: Node, mirror: Mirror, by_name: Registries, image: str, source: str, tag: str
) -> None:
    done = ready.pull(image)
    assert done.returncode == 0, done.stderr
    assert "credentials: 1" in done.stdout
    listed = ready.run("ctr", "-n", "k8s.io", "images", "ls", f"name=={source}:{tag}").stdout
    assert mirror.digests[source, tag] in listed
    assert not by_name.upstream
    assert {request.host for request in by_name.ecr} == {f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"}


def test_a_digest_is_enough(ready: Node, mirror: Mirror, by_name: Registries) -> None:
    done = ready.pull(f"{PROMETHEUS}@{mirror.digests[PROMETHEUS, 'v2.48.0']}")
    assert done.returncode == 0, done.stderr
    assert not by_name.upstream


def test_ctr_gets_it_too_where_it_is_told_the_folder_and_the_password(ready: Node, by_name: Registries) -> None:
    pull = ["ctr", "images", "pull", "--snapshotter", "native", "--user", f"AWS:{ECR_PASSWORD}"]
    ready.run(*pull, "--hosts-dir", "/etc/containerd/certs.d", f"{NGINX}:1.25")
    assert not by_name.upstream
    ready.run(*pull, f"{NGINX}:1.25", check=False)
    assert by_name.passwords_upstream(), "which is why the documentation warns"


def test_an_image_that_is_not_mirrored_fails_and_says_so(ready: Node, by_name: Registries) -> None:
    done = ready.pull("docker.io/library/nginx-unprivileged:1.25")
    assert done.returncode == 1
    assert "credentials: 0" in done.stdout
    assert "docker.io/library/nginx-unprivileged is not mirrored" in done.stderr, "in the kubelet's log"
    assert "401 Unauthorized" in done.stderr or "no basic auth credentials" in done.stderr
    assert not by_name.upstream


def test_a_tag_that_is_not_mirrored_is_not_found(ready: Node, by_name: Registries) -> None:
    done = ready.pull("nginx:1.24")
    assert done.returncode == 1
    assert "not found" in done.stderr
    assert not by_name.upstream


def test_without_its_hosts_file_the_plugin_gives_no_password_to_the_upstream(ready: Node, by_name: Registries) -> None:
    shutil.rmtree(ready.etc("containerd/certs.d/quay.io"))
    done = ready.pull("quay.io/prometheus/prometheus:v2.48.0")
    assert done.returncode == 1
    assert "containerd would ask quay.io itself" in done.stderr
    assert by_name.upstream, "containerd does ask it"
    assert not by_name.passwords_upstream()
    assert ready.pull("quay.io/prometheus/prometheus:v2.48.0", bin_dir=careless(ready)).returncode == 1
    assert by_name.passwords_upstream(), "a plugin that looks at nothing gives it away"


@pytest.mark.parametrize("text", ["", "server = [", 'server = "https://quay.io"\noverride_path = false\n'])
def test_with_another_hosts_file_the_plugin_gives_no_password_to_the_upstream(
    ready: Node, by_name: Registries, text: str
) -> None:
    """containerd falls back to the upstream registry where it cannot read the file."""
    ready.etc("containerd/certs.d/quay.io/hosts.toml").write_text(text)
    done = ready.pull("quay.io/prometheus/prometheus:v2.48.0")
    assert done.returncode == 1
    assert "is not as mirrorgen wrote it" in done.stderr
    assert by_name.upstream, "containerd does ask it"
    assert not by_name.passwords_upstream()


def test_where_containerd_looks_elsewhere_the_plugin_gives_no_password(
    ready: Node, mirror: Mirror, by_name: Registries
) -> None:
    """The default of some systems; with it, containerd 2 finds no hosts file at all, and tells nobody."""
    snippet = (mirror.kit / f"containerd/{ready.major}.toml").read_text()
    ready.configure(snippet.replace("certs.d", "certs.d:/etc/docker/certs.d"))
    done = ready.pull("quay.io/prometheus/prometheus:v2.48.0")
    assert done.returncode == 1
    assert "looks for hosts files in" in done.stderr
    assert not by_name.passwords_upstream()
    asked_elsewhere = ready.pull("quay.io/prometheus/prometheus:v2.48.0", bin_dir=careless(ready)).returncode == 1
    assert asked_elsewhere == (ready.major == 2)
    assert bool(by_name.passwords_upstream()) == asked_elsewhere


def test_a_configuration_counts_when_containerd_has_read_it(ready: Node, by_name: Registries) -> None:
    config = ready.etc("containerd/config.toml")
    config.write_text(config.read_text())
    done = ready.pull("nginx:1.25")
    assert done.returncode == 1
    assert "has changed since containerd was started; restart containerd" in done.stderr
    ready.restart()
    assert ready.pull("nginx:1.25").returncode == 0
    assert not by_name.upstream


def test_the_kit_is_installed_once_and_again(bare: Node, mirror: Mirror) -> None:
    first = install(bare, mirror)
    assert f"wrote {SETTINGS}" in first
    assert "wrote /etc/containerd/certs.d/docker.io/hosts.toml" in first
    assert f"wrote {BIN_DIR}/{PROVIDER}" in first
    assert "this node is ready" in first
    again = install(bare, mirror)
    assert "wrote" not in again
    assert "this node is ready" in again


def test_a_registry_that_left_the_list_is_left_to_itself(ready: Node, mirror: Mirror) -> None:
    shutil.copy(mirror.kit / "kubelet.json", ready.etc("old.json"))
    mirror.write_kit([entry for entry in ENTRIES if entry["source"] != PROMETHEUS])
    try:
        said = install(ready, mirror)
    finally:
        mirror.write_kit(ENTRIES)
    assert "removed /etc/containerd/certs.d/quay.io/hosts.toml" in said
    assert not ready.etc("containerd/certs.d/quay.io").exists()
    done = ready.pull("quay.io/prometheus/prometheus:v2.48.0", config="/etc/old.json")
    assert "quay.io/prometheus/prometheus is not mirrored" in done.stderr, "before the kubelet is restarted, too"


def test_what_somebody_else_has_written_is_not_replaced(bare: Node, mirror: Mirror) -> None:
    theirs = bare.etc("containerd/certs.d/quay.io/hosts.toml")
    theirs.parent.mkdir(parents=True)
    theirs.write_text('server = "https://proxy.example.com"\n')
    done = install(bare, mirror, check=False)
    assert "is not mirrorgen's" in done
    assert theirs.read_text() == 'server = "https://proxy.example.com"\n'
    assert not bare.etc("mirrorgen").exists(), "nothing was begun"


def test_the_installer_says_what_is_missing(bare: Node, mirror: Mirror) -> None:
    bare.configure("")
    done = install(bare, mirror)
    assert "looks for hosts files in" in done
    assert "this node is ready" not in done
