"""A list, its lock, and a cluster's manifests, as the tests of what points at the mirror have them."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import Result
from tests.locks import write_lock

HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
NGINX = f"{HOST}/mirror/docker-hub/nginx"
PROMETHEUS = f"{HOST}/mirror/quay/prometheus/prometheus"
TARGET = 'target: {account_id: "123456789012", region: eu-west-1}\n'
LIST = f"""\
{TARGET}images:
  - source: docker.io/library/nginx
    tags: ["1.24.0", "1.25.3", latest]
  - source: quay.io/prometheus/prometheus
    tags: [v2.48.0]
"""
A, B, C = (f"sha256:{letter * 64}" for letter in "abc")
DIGESTS = {
    "docker.io/library/nginx": {"1.24.0": A, "1.25.3": B, "latest": C},
    "quay.io/prometheus/prometheus": {"v2.48.0": C},
}

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      initContainers:
        - name: first
          image: "docker.io/library/nginx:1.24.0"
      containers:
        - name: web
          image: nginx:1.25.3 # the web
"""
CUSTOM = """\
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: metrics}
spec:
  image: quay.io/prometheus/prometheus:v2.48.0
"""


def write_list(folder: Path, text: str = LIST, digests: dict[str, dict[str, str]] | None = None) -> None:
    """Write a list into a folder, with a lock of these digests by tag and source, where they are given."""
    (folder / "images.yaml").write_text(text)
    if digests is not None:
        write_lock(folder / "images.yaml", digests)


def complaints(result: Result) -> list[str]:
    """The lines of standard error, but for what a file was read as."""
    return [line for line in result.stderr.splitlines() if ": read as " not in line]
