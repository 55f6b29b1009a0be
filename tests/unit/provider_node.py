"""A node as the credential provider sees it: files of containerd, and programs that say what a test wants."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mirrorgen.consumers.nodes import credential_provider
from mirrorgen.destinations.ecr.target import CREDENTIAL_HELPER

PLUGIN = Path(credential_provider.__file__)
API_VERSION = "credentialprovider.kubelet.k8s.io/v1"
REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
PASSWORD = "ecr-password-of-the-test"  # noqa: S105
HOSTS_TOML = f'server = "https://{REGISTRY}/v2/mirror/quay"\n'
CONTAINERD_1 = """imports = ["{config}"]
[plugins]
  [plugins."io.containerd.grpc.v1.cri"]
    [plugins."io.containerd.grpc.v1.cri".registry]
      config_path = "{config_path}"
      [plugins."io.containerd.grpc.v1.cri".registry.headers]
"""
CONTAINERD_2 = """imports = []
[plugins]
  [plugins.'io.containerd.cri.v1.images'.registry]
    config_path = '{config_path}'
  [plugins.'io.containerd.transfer.v1.local']
    config_path = ''
"""


@dataclass
class Node:
    """A node on which everything is as it should be, until a test changes it.

    Attributes:
        dump: what containerd says of its configuration.
        helper: what the credential helper does, as lines of a shell.
        asked: how often the helper was asked.
    """

    folder: Path
    dump: str = CONTAINERD_2
    helper: str = f"""printf '{{"ServerURL":"x","Username":"AWS","Secret":"{PASSWORD}"}}'"""
    images: list[str] = field(default_factory=lambda: ["quay.io/prometheus/prometheus", "host.example:5000/a/b"])

    def __post_init__(self) -> None:
        for name in ("certs.d/quay.io", "certs.d/host.example_5000_", "bin"):
            (self.folder / name).mkdir(parents=True)
        (self.hosts_file("quay.io")).write_text(HOSTS_TOML)
        (self.hosts_file("host.example_5000_")).write_text(HOSTS_TOML)
        self.config.write_text("")
        self.socket.touch()

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    @property
    def socket(self) -> Path:
        return self.folder / "containerd.sock"

    @property
    def asked(self) -> int:
        log = self.folder / "asked"
        return len(log.read_text().splitlines()) if log.exists() else 0

    def hosts_file(self, name: str) -> Path:
        return self.folder / "certs.d" / name / "hosts.toml"

    def settings(self) -> dict[str, Any]:
        certs = str(self.folder / "certs.d")
        digest = hashlib.sha256(HOSTS_TOML.encode()).hexdigest()
        return {
            "registry": REGISTRY,
            "containerd": {"config": str(self.config), "config_path": certs, "socket": str(self.socket)},
            "hosts": {"quay.io": digest, "host.example:5000": digest},
            "images": self.images,
        }

    def program(self, name: str, lines: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{lines}\n")
        path.chmod(0o755)

    def run(self, *args: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        dump = self.folder / "dump"
        dump.write_text(self.dump.format(config_path=self.folder / "certs.d", config=self.config))
        self.program("containerd", f'[ "$*" = "--config {self.config} config dump" ] && cat {dump}')
        if self.helper:
            self.program(CREDENTIAL_HELPER, f"read registry; echo $1 $registry >> {self.folder}/asked; {self.helper}")
        (self.folder / "mirrored.json").write_text(json.dumps(self.settings()))
        return subprocess.run(
            [sys.executable, "-IS", str(PLUGIN), *(args or [str(self.folder / "mirrored.json")])],
            input=stdin,
            env={"PATH": f"{self.folder}/bin:{os.defpath}"},
            capture_output=True,
            text=True,
            timeout=60,
        )

    def ask(self, image: str = "quay.io/prometheus/prometheus", **changed: Any) -> subprocess.CompletedProcess[str]:
        request = {"kind": "CredentialProviderRequest", "apiVersion": API_VERSION, "image": image, **changed}
        return self.run(stdin=json.dumps(request))
