"""The container image: built by buildah on Debian's packages where no registry can be reached, and run by runc."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.checkout import copy_of_checkout
from tests.conftest import ORIGINAL_ENVIRONMENT

NEEDED = ("buildah", "mmdebstrap", "runc")


def require_builder() -> None:
    """Skip where images cannot be built; fail where `make test` would have seen to it that they can."""
    missing = [name for name in NEEDED if not shutil.which(name)]
    if os.geteuid() != 0:
        pytest.skip("an image is built and run as root here")
    if missing and not shutil.which("apt-get"):
        pytest.skip(f"{', '.join(missing)}: not found, and this is not Debian")
    assert not missing, f"{', '.join(missing)}: not found; `make container-tools` installs them"


@dataclass(frozen=True)
class Image:
    """An image that was built.

    Attributes:
        rootfs: its files.
        config: the configuration in it, as the OCI image specification has it.
        bundle: a folder of its own, for runc.
    """

    rootfs: Path
    config: dict[str, Any]
    bundle: Path

    def run(
        self,
        *args: str,
        entrypoint: Sequence[str] | None = None,
        env: Mapping[str, str] | None = None,
        mounts: Mapping[str, Path] | None = None,
        writable: Mapping[str, Path] | None = None,
        user: tuple[int, int] | None = None,
        memory: int | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run it as the restricted Pod Security Standard wants it: read-only, and without any capability.

        Args:
            entrypoint: instead of its own.
            env: variables beside its own.
            mounts: folders by the place where they are seen, read-only.
            writable: the same, for those that may be written to.
            user: user and group instead of its own.
            memory: how many bytes it may have.
        """
        uid, gid = user or map(int, self.config["User"].split(":"))
        places = [*((name, "ro") for name in mounts or {}), *((name, "rw") for name in writable or {})]
        sources = {**(mounts or {}), **(writable or {})}
        spec = {
            "ociVersion": "1.0.2",
            "process": {
                "user": {"uid": uid, "gid": gid},
                "args": [*(self.config["Entrypoint"] if entrypoint is None else entrypoint), *args],
                "env": [*self.config["Env"], *(f"{name}={value}" for name, value in (env or {}).items())],
                "cwd": self.config["WorkingDir"],
                "noNewPrivileges": True,
                "capabilities": {},
            },
            "root": {"path": str(self.rootfs), "readonly": True},
            "mounts": [
                {"destination": "/proc", "type": "proc", "source": "proc"},
                {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
                *(
                    {"destination": place, "source": str(sources[place]), "options": ["bind", access, "nosuid"]}
                    for place, access in places
                ),
            ],
            # No network of its own: the emulator is on the loopback address of this machine.
            "linux": {
                "namespaces": [{"type": name} for name in ("pid", "mount", "ipc")],
                "resources": {"memory": {"limit": memory, "swap": memory}} if memory else {},
            },
        }
        (self.bundle / "config.json").write_text(json.dumps(spec))
        return subprocess.run(
            ["runc", "--root", str(self.bundle / "state"), "run", "--bundle", str(self.bundle), f"test-{os.getpid()}"],
            env=ORIGINAL_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )


@dataclass(frozen=True)
class Builder:
    """buildah with a store of its own.

    Attributes:
        folder: for the store, and for what it works on.
        driver: how it stores layers.
    """

    folder: Path
    driver: str

    @property
    def program(self) -> list[str]:
        """How it is called."""
        return [
            "buildah",
            f"--root={self.folder}/store",
            f"--runroot={self.folder}/run",
            f"--storage-driver={self.driver}",
        ]

    def buildah(self, command: str, *args: str) -> str:
        """Run one of its commands, which must succeed, and return what it printed."""
        return must_run(*self.program, command, *args)

    def image_of(self, name: str, *archives: Path, below: str = "/") -> str:
        """Make an image of the files in archives, and return its name."""
        container = self.buildah("from", "scratch").strip()
        for archive in archives:
            self.buildah("add", "--quiet", container, str(archive), below)
        # With a host, or it would get that of a well-known image of this name.
        self.buildah("commit", "--quiet", "--rm", container, f"localhost/{name}")
        return f"localhost/{name}"

    def python_image(self) -> str:
        """Make an image with Debian's Python, which trusts whom this machine trusts."""
        archive, trust = self.folder / "debian.tar", self.folder / "trust.tar"
        suite = platform.freedesktop_os_release()["VERSION_CODENAME"]
        packages = "--include=python3,python3-venv,ca-certificates"
        unread = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "locale", "man")]
        must_run("mmdebstrap", "--quiet", "--variant=minbase", packages, *unread, suite, str(archive))
        trusted = [
            name for name in ("etc/ssl/certs/ca-certificates.crt", "etc/pip.conf") if (Path("/") / name).exists()
        ]
        must_run("tar", "--create", f"--file={trust}", "--directory=/", "--dereference", *trusted)
        return self.image_of("python", archive, trust)

    def go_image(self) -> str:
        """Make an image with nothing but the Go of this machine."""
        archive = self.folder / "go.tar"
        root = Path(must_run("go", "env", "GOROOT").strip())
        left_out = [f"--exclude=./{name}" for name in ("api", "doc", "test")]
        moved = "--transform=s,^,usr/local/go/,S"
        must_run("tar", "--create", f"--file={archive}", f"--directory={root}", moved, *left_out, ".")
        return self.image_of("go", archive)

    def build(self, arguments: Mapping[str, str]) -> Image:
        """Build the image on these two with `make image`, and return what came out."""
        given = {"PYTHON_IMAGE": self.python_image(), "GO_IMAGE": self.go_image(), **arguments}
        # What Go has built on this machine before need not be built again.
        caches = zip(("GOMODCACHE", "GOCACHE"), ("/go/pkg/mod", "/go/cache"), strict=True)
        volumes = [f"--volume={must_run('go', 'env', name).strip()}:{place}" for name, place in caches]
        options = ["--isolation=chroot", *volumes, *(f"--build-arg={name}={value}" for name, value in given.items())]
        context = copy_of_checkout(self.folder / "context")
        settings = (f"BUILDER={' '.join(self.program)}", "IMAGE=localhost/mirrorgen", f"IMAGE_ARGS={' '.join(options)}")
        must_run("make", f"--directory={context}", "image", *settings)
        inspected = json.loads(self.buildah("inspect", "--type=image", "localhost/mirrorgen"))
        container = self.buildah("from", "localhost/mirrorgen").strip()
        rootfs, bundle = self.folder / "rootfs", self.folder / "bundle"
        bundle.mkdir()
        # A copy, so that nothing stays mounted wherever the tests end.
        must_run("cp", "--archive", self.buildah("mount", container).strip(), str(rootfs))
        self.buildah("rm", "--all")
        return Image(rootfs, inspected["OCIv1"]["config"], bundle)


def builder(folder: Path) -> Builder:
    """Return a builder that shares layers where this machine can, and copies them where it cannot."""
    shares = subprocess.run([*Builder(folder, "overlay").program, "info"], check=False, capture_output=True)
    return Builder(folder, "overlay" if shares.returncode == 0 else "vfs")


def must_run(*argv: str) -> str:
    """Run a program as the user of this machine does; a failure fails the test with what it printed."""
    completed = subprocess.run(argv, env=ORIGINAL_ENVIRONMENT, capture_output=True, text=True, check=False)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    return completed.stdout
