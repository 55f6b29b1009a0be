"""Credentials, against a registry that asks for them: CNCF distribution with a password file."""

from __future__ import annotations

import json
import re
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
log: {{level: error, accesslog: {{disabled: false}}}}
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
    with (folder / "access.log").open("w") as log:
        process = subprocess.Popen(
            [binary, "serve", folder / "config.yaml"], env={"OTEL_TRACES_EXPORTER": "none"}, stdout=log
        )
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


def test_tags_signs_in_and_shows_the_password_nowhere(private: Project) -> None:
    private.variables = {"P_USER": USER, "P_PASSWORD": PASSWORD}
    result = private.run("--debug", "tags", "--format", "json")
    assert result.returncode == 0, result.stderr
    assert [one["tag"] for one in json.loads(result.stdout)] == ["v1.0.0", "v1.0.0"]
    assert PASSWORD not in result.stdout + result.stderr
    assert not [path for path in private.folder.glob("home/**/*") if path.is_file()]


def test_tags_with_a_wrong_password_fails_that_registry_alone(private: Project) -> None:
    wrong = "a-wrong-password-nobody-may-see"
    private.variables = {"P_USER": USER, "P_PASSWORD": wrong}
    result = private.run("tags")
    assert result.returncode == 5
    assert "quay.io/org/open" in result.stdout
    assert re.search(r"^could not ask 127\.0\.0\.1:\d+/org/private: .*unauthorized", result.stderr, re.MULTILINE)
    assert wrong not in result.stdout + result.stderr


def test_without_its_variables_nothing_is_asked(private: Project) -> None:
    result = private.run("tags")
    assert result.returncode == 2
    assert "not set in the environment: P_USER (credentials of 127.0.0.1:" in result.stderr


def test_a_lock_costs_no_pull(private: Project, tmp_path: Path) -> None:
    """The access log of a real registry: beside being asked to sign in, a list and a HEAD request."""
    private.variables = {"P_USER": USER, "P_PASSWORD": PASSWORD}
    log = tmp_path / "registry/access.log"
    before = len(log.read_text())
    assert private.run("lock").returncode == 0
    requests = re.findall(r'"(GET|HEAD|POST|PUT) (\S+) HTTP/1.1" (\d+)', log.read_text()[before:])
    answered = [(method, path.partition("?")[0]) for method, path, code in requests if code != "401"]
    assert answered == [("GET", "/v2/org/private/tags/list"), ("HEAD", "/v2/org/private/manifests/v1.0.0")]
