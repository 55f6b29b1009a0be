"""The plugin of the kubelet, as the kubelet runs it: a request on standard input, one file as argument."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from mirrorgen.consumers.nodes import credential_provider
from mirrorgen.destinations.ecr.target import CREDENTIAL_HELPER
from tests.unit.provider_node import (
    API_VERSION,
    CONTAINERD_1,
    CONTAINERD_2,
    HOSTS_TOML,
    PASSWORD,
    PLUGIN,
    REGISTRY,
    Node,
)


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


def assert_refused(done: subprocess.CompletedProcess[str], why: str) -> None:
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("mirrorgen-credential-provider: ")
    assert why in done.stderr
    assert done.stderr.count("\n") == 1, "one sentence"
    assert PASSWORD not in done.stderr


@pytest.mark.parametrize("dump", [CONTAINERD_1, CONTAINERD_2], ids=["containerd 1", "containerd 2"])
def test_it_answers_for_a_mirrored_image_and_for_nothing_else(node: Node, dump: str) -> None:
    node.dump = dump
    done = node.ask()
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {
        "kind": "CredentialProviderResponse",
        "apiVersion": API_VERSION,
        "cacheKeyType": "Image",
        "cacheDuration": "0s",
        "auth": {"quay.io/prometheus/prometheus": {"username": "AWS", "password": PASSWORD}},
    }
    assert (node.folder / "asked").read_text() == f"get {REGISTRY}\n"


def test_the_folder_of_a_registry_with_a_port_is_that_of_containerd(node: Node) -> None:
    assert node.ask("host.example:5000/a/b").returncode == 0
    node.hosts_file("host.example_5000_").unlink()
    assert_refused(node.ask("host.example:5000/a/b"), "hosts.toml")


@pytest.mark.parametrize(
    "image",
    [
        "quay.io/prometheus/prometheus2",
        "quay.io/prometheus",
        "quay.io/prometheus/prometheus/x",
        "docker.io/prometheus/prometheus",
        REGISTRY + "/mirror/quay/prometheus/prometheus",
    ],
)
def test_it_does_not_answer_for_an_image_that_is_not_mirrored(node: Node, image: str) -> None:
    """matchImages stands for every name that begins alike, so the kubelet may ask for some of these."""
    assert_refused(node.ask(image), f"{image} is not mirrored")
    assert node.asked == 0


@pytest.mark.parametrize(
    "stdin",
    ["", "no JSON", "[]", "null", "{}", "[" * 100_000, '{"kind": "CredentialProviderRequest"'],
    ids=["empty", "text", "a list", "null", "an empty object", "deep", "half"],
)
def test_what_is_no_request_is_refused(node: Node, stdin: str) -> None:
    assert_refused(node.run(stdin=stdin), "the request")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"apiVersion": "credentialprovider.kubelet.k8s.io/v1beta1"}, "v1beta1"),
        ({"apiVersion": "credentialprovider.kubelet.k8s.io/v2"}, "v2"),
        ({"apiVersion": None}, "None"),
        ({"kind": "CredentialProviderResponse"}, "not a CredentialProviderRequest"),
        ({"image": None}, "names no image"),
        ({"image": ""}, "names no image"),
        ({"image": "quay.io/prometheus/prometheus\n"}, "names no image"),
        ({"image": ["quay.io/prometheus/prometheus"]}, "names no image"),
    ],
)
def test_a_request_that_the_protocol_does_not_have_is_refused(node: Node, changed: dict[str, Any], why: str) -> None:
    assert_refused(node.ask(**{"image": "quay.io/prometheus/prometheus", **changed}), why)
    assert node.asked == 0


def test_without_a_hosts_file_there_is_no_password_for_anybody(node: Node) -> None:
    node.hosts_file("quay.io").unlink()
    node.hosts_file("quay.io").parent.rmdir()
    assert_refused(node.ask(), "containerd would ask quay.io itself")
    assert node.asked == 0


@pytest.mark.parametrize("text", ["", HOSTS_TOML + "\n", 'server = "https://quay.io"\n', "server = ["])
def test_a_hosts_file_that_mirrorgen_did_not_write_is_not_trusted(node: Node, text: str) -> None:
    """containerd asks the upstream registry where it cannot read the file, and says so only in its log."""
    node.hosts_file("quay.io").write_text(text)
    assert_refused(node.ask(), "is not as mirrorgen wrote it")
    assert node.asked == 0


def test_a_folder_that_containerd_prefers_counts(node: Node) -> None:
    folder = node.folder / "certs.d"
    (folder / "host.example_5000_").rename(folder / "host.example:5000")
    assert node.ask("host.example:5000/a/b").returncode == 0
    (folder / "host.example_5000_").mkdir()
    assert_refused(node.ask("host.example:5000/a/b"), "hosts.toml")


def test_the_default_of_containerd_counts_only_where_it_is_ours(node: Node) -> None:
    (node.folder / "certs.d/quay.io").rename(node.folder / "certs.d/_default")
    assert node.ask().returncode == 0


@pytest.mark.parametrize(
    "config_path",
    ["{config_path}:/etc/docker/certs.d", "/etc/containerd/certs.d", ""],
    ids=["two folders", "another", "none"],
)
def test_containerd_must_look_into_that_folder_alone(node: Node, config_path: str) -> None:
    node.dump = CONTAINERD_2.replace("{config_path}", config_path)
    assert_refused(node.ask(), "looks for hosts files in")
    assert node.asked == 0


@pytest.mark.parametrize("dump", [CONTAINERD_1.partition("[plugins.")[0], "", "imports = [\n"])
def test_a_containerd_that_does_not_say_it_is_not_trusted(node: Node, dump: str) -> None:
    node.dump = dump
    assert_refused(node.ask(), "looks for hosts files in")


def test_a_configuration_that_containerd_has_not_read_yet_is_not_trusted(node: Node) -> None:
    os.utime(node.socket, (1, 1))
    assert_refused(node.ask(), f"{node.config} has changed since containerd was started")
    node.socket.unlink()
    assert_refused(node.ask(), "containerd does not seem to run")


def test_nor_is_an_import_of_it(node: Node) -> None:
    imported = node.folder / "conf.d/other.toml"
    imported.parent.mkdir()
    node.dump = CONTAINERD_2.replace("imports = []", "imports = ['conf.d/*.toml']")
    assert node.ask().returncode == 0
    time.sleep(0.02)  # the clock of a file system has steps
    imported.write_text("")
    before = imported.stat().st_ctime_ns - 1
    os.utime(node.socket, ns=(before, before))
    assert_refused(node.ask(), "conf.d/other.toml has changed")


@pytest.mark.parametrize(
    ("helper", "why"),
    [
        ("echo no credentials found >&2; exit 1", "exit code 1: 'no credentials found'"),
        (f"echo {PASSWORD}; exit 1", "exit code 1: 'no reason given'"),
        (f"echo {PASSWORD}", "is not a JSON object"),
        (f"""echo '{{"Username":"","Secret":"{PASSWORD}"}}'""", "without a user name or a password"),
        ("""echo '{"Username":"AWS","Secret":""}'""", "without a user name or a password"),
        (f"""echo '{{"Username":"AWS","Secret":["{PASSWORD}"]}}'""", "without a user name or a password"),
        ("", "cannot be run: No such file"),
    ],
)
def test_a_credential_helper_that_fails_is_named(node: Node, helper: str, why: str) -> None:
    node.helper = helper
    done = node.ask()
    assert_refused(done, why)
    assert CREDENTIAL_HELPER in done.stderr


def test_the_helper_keeps_no_password_in_a_file(node: Node) -> None:
    node.helper = """printf '{"Username":"AWS","Secret":"%s"}' "$AWS_ECR_DISABLE_CACHE" """
    assert json.loads(node.ask().stdout)["auth"]["quay.io/prometheus/prometheus"].popitem() == ("password", "true")


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"registry": 1, "images": [], "hosts": {}, "containerd": {}}'])
def test_settings_that_cannot_be_read_are_named(node: Node, text: str | None) -> None:
    path = node.folder / "broken.json"
    if text is not None:
        path.write_text(text)
    assert_refused(node.run(str(path)), "broken.json")


def test_it_says_how_it_is_called(node: Node) -> None:
    assert_refused(node.run("a", "b"), "call it with")


def test_a_look_says_whether_the_node_is_ready_and_shows_no_password(node: Node) -> None:
    settings = str(node.folder / "mirrored.json")
    ready = node.run(settings, "--check")
    assert (ready.returncode, ready.stdout, ready.stderr) == (0, "", "")
    node.hosts_file("host.example_5000_").unlink()
    assert_refused(node.run(settings, "--check"), "host.example_5000_")


def test_it_needs_nothing_but_an_old_python() -> None:
    """It is put on nodes as the one file it is; the oldest that is in use there has Python 3.9."""
    tree = ast.parse(PLUGIN.read_text(), feature_version=(3, 9))
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= sys.stdlib_module_names - {"tomllib"}
    assert PLUGIN.read_text().startswith("#!/usr/bin/env -S python3 -IS\n")


def test_it_asks_the_same_helper_as_regsync() -> None:
    assert credential_provider.CREDENTIAL_HELPER == CREDENTIAL_HELPER
