"""A node: containerd and the kubelet's part of a pull, on this machine, with folders of their own in a mount namespace.

There everything is in the place that users have it in. The names of ECR and of the upstream registries lead to servers
on the loopback network, which have certificates for them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mirrorgen.tools.built import bin_dir
from tests.real.programs import Own, build, require_built
from tests.servers import server, wait_until

NEEDED = ("containerd", "unshare", "nsenter", "mount")
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SOCKET = "/run/containerd/containerd.sock"
CONFIG = "/etc/containerd/config.toml"
BIN_DIR = "/etc/eks/image-credential-provider"

CONTAINERD_2 = "github.com/containerd/containerd/v2/cmd/containerd@v2.1.5"
# What stands in the configuration besides the snippet of the kit. The snapshots that 1.x makes need no overlays.
_BASE = {
    1: 'version = 2\n[plugins."io.containerd.grpc.v1.cri".containerd]\n  snapshotter = "native"\n',
    2: "version = 3\n",
}


def require_containerd() -> None:
    """Skip where there can be none; fail where `make test` would have seen to it that there is."""
    missing = [name for name in NEEDED if not shutil.which(name)]
    if os.geteuid() != 0:
        pytest.skip("containerd runs as root here")
    if missing and not shutil.which("apt-get"):
        pytest.skip(f"{', '.join(missing)}: not found, and this is not Debian")
    assert not missing, f"{', '.join(missing)}: not found; `make container-tools` installs them"


def containerd_2(env: Mapping[str, str], *, may_build: bool) -> Path:
    """Return containerd 2 from the cache; it takes minutes to build, and `go install` refuses its `exclude` lines."""
    package, _, version = CONTAINERD_2.partition("@")
    name = f"containerd-{version}/containerd"
    require_built(env, name, "containerd 2", may_build=may_build)
    module = package.removesuffix("/cmd/containerd")
    lines = f"module mirrorgen.test/containerd\n\nrequire {module} {version}\n"
    return build(env, name, {"go.mod": lines}, package, "no_btrfs")


def kubelet_in_short() -> list[str]:
    """Return how what the kubelet does is started on a node, without anything to build."""
    return [sys.executable, str(Path(__file__).with_name("kubelet_in_short.py"))]


def kubelet(env: Mapping[str, str], *, may_build: bool) -> list[str]:
    """Return how the kubelet's own code is started on a node, from the cache; it has 1,300 packages."""
    name = Own("kubelet").name
    require_built(env, name, "the kubelet's own code", may_build=may_build)
    return [str(Own("kubelet").built(env))]


@dataclass
class Node:
    """A node that runs.

    Attributes:
        folder: of this machine, where what the node has is kept.
        binary: of containerd.
        major: its version.
        kubelet: how the kubelet's part is started.
        programs: the folder of what is on the PATH before the system's.
        env: what everything on it gets.
        pid: of the process whose folders are those of the node.
    """

    folder: Path
    binary: Path
    major: int
    kubelet: Sequence[str]
    env: dict[str, str]
    pid: int = 0
    _containerd: ExitStack = field(default_factory=ExitStack)

    def etc(self, name: str) -> Path:
        """Return where this machine has a file of the node's /etc."""
        return self.folder / "etc" / name

    def run(self, *argv: str, check: bool = True, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a program on the node."""
        done = subprocess.run(
            self.entered(argv), env={**self.env, **env}, capture_output=True, text=True, check=False, timeout=120
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def entered(self, argv: Sequence[str]) -> list[str]:
        return ["nsenter", "--mount", "--target", str(self.pid), "--", *argv]

    def pull(
        self, image: str, *, config: str = "/etc/kubelet.json", bin_dir: str = BIN_DIR
    ) -> subprocess.CompletedProcess[str]:
        """Get an image as the kubelet does."""
        return self.run(*self.kubelet, config, bin_dir, SOCKET, image, check=False)

    def configure(self, snippet: str) -> None:
        """Write the configuration of containerd, and start it anew."""
        self.etc("containerd/config.toml").write_text(_BASE[self.major] + snippet)
        self.restart()

    def restart(self) -> None:
        """Start containerd, anew where it runs."""
        self._containerd.close()
        self.run("rm", "-f", SOCKET)
        log = self._containerd.enter_context((self.folder / "containerd.log").open("a"))
        argv = self.entered([str(self.binary), "--config", CONFIG])
        self._containerd.enter_context(server(argv, env=self.env, stdout=log, stderr=log))
        wait_until(lambda: self.run("ctr", "version", check=False).returncode == 0)

    def stop(self) -> None:
        """Stop containerd, if it runs."""
        self._containerd.close()


@contextmanager
def node(
    folder: Path, *, binary: Path, major: int, kubelet: Sequence[str], env: Mapping[str, str], names: Mapping[str, str]
) -> Iterator[Node]:
    """Keep a node running, without anything of the kit.

    Args:
        folder: for what it has.
        binary: of containerd.
        major: its version.
        kubelet: from `kubelet` or `kubelet_in_short`.
        env: variables of everything that runs on it.
        names: addresses by host name.
    """
    shutil.copytree("/etc", folder / "etc", symlinks=True, ignore=shutil.ignore_patterns("containerd"))
    (folder / "etc/containerd").mkdir()
    lines = ["127.0.0.1 localhost", *(f"{address} {name}" for name, address in names.items())]
    (folder / "etc/hosts").write_text("\n".join(lines) + "\n")
    mounts = f"mount --bind '{folder}/etc' /etc && mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /var/lib"
    ready = folder / "ready"
    # The plugin, as the kubelet, looks for containerd on the PATH.
    path = f"{binary.parent}:{bin_dir(env)}:{SYSTEM_PATH}" if major > 1 else f"{bin_dir(env)}:{SYSTEM_PATH}"
    with server(
        ["unshare", "--mount", "sh", "-c", f"{mounts} && touch '{ready}' && exec sleep infinity"], env={"PATH": path}
    ) as process:
        wait_until(lambda: ready.exists() or process.poll() is not None)
        assert process.poll() is None, "a mount namespace cannot be made here"
        running = Node(folder, binary, major, kubelet, {**env, "PATH": path}, process.pid)
        try:
            yield running
        finally:
            running.stop()
