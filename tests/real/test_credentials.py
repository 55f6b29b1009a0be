"""Credentials, against a registry that asks for them: CNCF distribution with a password file."""

from __future__ import annotations

import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.real.conftest import Project, free_port, program, wait_until

REGISTRY = "github.com/distribution/distribution/v3/cmd/registry@v3.1.2"
USER, PASSWORD = "mirror", "correct-horse-battery"
# bcrypt of PASSWORD
HTPASSWD = "mirror:$2b$05$T4palD1i9kj3Wq153ACxyOkzhGdVVt4VIah/koDlIhP8CPR6Wgg16\n"

CONFIG = """\
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {folder}/storage}}}}
http: {{addr: "127.0.0.1:{port}"}}
auth: {{htpasswd: {{realm: test, path: {folder}/htpasswd}}}}
"""


@contextmanager
def registry(folder: Path, binary: Path) -> Iterator[int]:
    port = free_port()
    folder.mkdir()
    (folder / "htpasswd").write_text(HTPASSWD)
    (folder / "config.yaml").write_text(CONFIG.format(folder=folder, port=port))
    process = subprocess.Popen([binary, "serve", folder / "config.yaml"], env={"OTEL_TRACES_EXPORTER": "none"})
    try:
        wait_until(lambda: asks_for_credentials(port))
        yield port
    finally:
        process.kill()
        process.wait()


def asks_for_credentials(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/"):
            return False
    except urllib.error.HTTPError as error:
        error.close()
        return error.code == 401
    except OSError:
        return False


@pytest.fixture(scope="module")
def binary(base_env: dict[str, str]) -> Path:
    return program("registry", REGISTRY, base_env)


@pytest.fixture
def private(project: Project, binary: Path, tmp_path: Path) -> Iterator[Project]:
    """A project with one image in a registry that asks for a password, and one in an open one."""
    with registry(tmp_path / "registry", binary) as port:
        project.serve({"quay.io/org/open": ["v1.0.0"]})
        host = f"127.0.0.1:{port}"
        source = f"{project.ecr.address}/upstream/quay.io/org/open:v1.0.0"
        copy = ["regctl", "--host", f"reg={project.ecr.address},tls=disabled"]
        copy += ["--host", f"reg={host},tls=disabled,user={USER},pass={PASSWORD}"]
        subprocess.run([*copy, "image", "copy", source, f"{host}/org/private:v1.0.0"], env=project.tool_env, check=True)
        project.registries = {
            host: {"tls": "disabled", "credentials": {"username_env": "P_USER", "password_env": "P_PASSWORD"}}
        }
        project.write({f"{host}/org/private": ["v1.0.0"], "quay.io/org/open": ["v1.0.0"]})
        project.create_repositories()
        yield project


def test_the_right_password_lets_images_through(private: Project) -> None:
    private.variables = {"P_USER": USER, "P_PASSWORD": PASSWORD}
    result = private.run("sync")
    assert result.returncode == 0, result.stdout
    assert "All 2 tags of the list are in ECR." in result.stdout


def test_a_wrong_password_fails_its_images_alone_and_is_shown_nowhere(private: Project) -> None:
    wrong = "a-wrong-password-nobody-may-see"
    private.variables = {"P_USER": USER, "P_PASSWORD": wrong}
    result = private.run("--debug", "sync")
    assert result.returncode == 5
    assert "org/private:v1.0.0: " in result.stdout
    assert "unauthorized" in result.stdout
    assert list(private.held("quay/org/open")) == ["v1.0.0"]

    assert wrong not in result.stdout + result.stderr
    files = [path for path in private.folder.rglob("*") if path.is_file()]
    assert not [path for path in files if wrong.encode() in path.read_bytes()]
