"""CNCF distribution: a real registry that asks for a password and writes an access log."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.real.conftest import Project
from tests.servers import server, wait_until

USER, PASSWORD = "mirror", "correct-horse-battery"
# bcrypt of PASSWORD
HTPASSWD = "mirror:$2b$05$T4palD1i9kj3Wq153ACxyOkzhGdVVt4VIah/koDlIhP8CPR6Wgg16\n"

CONFIG = """\
version: 0.1
log: {{level: info, accesslog: {{disabled: false}}}}
storage: {{filesystem: {{rootdirectory: {folder}/storage}}, delete: {{enabled: true}}}}
http: {{addr: "127.0.0.1:0"}}
auth: {{htpasswd: {{realm: test, path: {folder}/htpasswd}}}}
"""


@dataclass(frozen=True)
class Distribution:
    """A running registry."""

    host: str
    access_log: Path

    def requests(self) -> list[tuple[str, str]]:
        """Method and path of every request so far that was let in."""
        lines = re.findall(r'"(GET|HEAD|POST|PUT|PATCH) (\S+) HTTP/1.1" (\d+)', self.access_log.read_text())
        return [(method, path.partition("?")[0]) for method, path, code in lines if code != "401"]

    def take(self, project: Project, source: str, target: str) -> None:
        """Copy an image into this registry."""
        argv = ["regctl", "--host", f"reg={project.ecr.address},tls=disabled"]
        argv += ["--host", f"reg={self.host},tls=disabled,user={USER},pass={PASSWORD}"]
        argv += ["image", "copy", source, f"{self.host}/{target}"]
        subprocess.run(argv, env=project.tool_env, check=True, capture_output=True)

    def platforms(self, repository: str, tag: str) -> dict[str, str]:
        """Return the digests that an index names, by platform."""
        accepted = {"Accept": "application/vnd.oci.image.index.v1+json"}
        with self._ask("GET", f"{repository}/manifests/{tag}", accepted) as answer:
            named = json.loads(answer.read())["manifests"]
        return {f"{each['platform']['os']}/{each['platform']['architecture']}": each["digest"] for each in named}

    def delete(self, repository: str, digest: str) -> None:
        """Delete a manifest."""
        with self._ask("DELETE", f"{repository}/manifests/{digest}", {}) as answer:
            assert answer.status == 202

    def _ask(self, method: str, path: str, headers: dict[str, str]) -> Any:
        signed = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        request = urllib.request.Request(
            f"http://{self.host}/v2/{path}", headers={"Authorization": f"Basic {signed}", **headers}, method=method
        )
        return urllib.request.urlopen(request)  # noqa: S310


@contextmanager
def distribution(folder: Path, binary: Path) -> Iterator[Distribution]:
    """Serve on a loopback port that the system chooses, with everything in `folder`."""
    folder.mkdir()

    def address() -> str:
        said = re.search(r"listening on (127\.0\.0\.1:\d+)", (folder / "log").read_text())
        return said[1] if said else ""

    (folder / "htpasswd").write_text(HTPASSWD)
    (folder / "config.yaml").write_text(CONFIG.format(folder=folder))
    argv = [str(binary), "serve", str(folder / "config.yaml")]
    with (
        (folder / "access.log").open("w") as access_log,
        (folder / "log").open("w") as log,
        server(argv, env={"OTEL_TRACES_EXPORTER": "none"}, stdout=access_log, stderr=log),
    ):
        wait_until(lambda: bool(address()))
        yield Distribution(address(), folder / "access.log")
