"""The policy of `mirrorgen rewrite kyverno`: it fits the definition in Kyverno's Go module, and Kyverno applies it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.conftest import ORIGINAL_ENVIRONMENT, RunCli
from tests.consumers.mirror import DIGESTS, LIST, NGINX, PROMETHEUS, A, write_list
from tests.real.kyverno import MODULE, VERSION, apply, images_of, kyverno

DEFINITIONS = {
    "kyverno": "config/crds/policies.kyverno.io/policies.kyverno.io_mutatingpolicies.yaml",
    "kyverno-cluster-policy": "config/crds/kyverno/kyverno.io_clusterpolicies.yaml",
}


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    argv = ["go", "mod", "download", "-json", f"{MODULE}@{VERSION}"]
    folder = tmp_path_factory.mktemp("module")
    done = subprocess.run(argv, cwd=folder, env=ORIGINAL_ENVIRONMENT, capture_output=True, text=True, check=True)
    return Path(json.loads(done.stdout)["Dir"])


@pytest.fixture(params=DEFINITIONS)
def form(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def schema(module: Path, form: str) -> dict[str, Any]:
    """The schema of the version that is written; keys that it does not know are errors, as for `kubectl --validate`."""
    versions = yaml.safe_load((module / DEFINITIONS[form]).read_text())["spec"]["versions"]
    (version,) = [version for version in versions if version["name"] == "v1"]
    assert version["served"]
    found: dict[str, Any] = closed(version["schema"]["openAPIV3Schema"])
    return found


def closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    return {**inner, "additionalProperties": False} if isinstance(schema.get("properties"), dict) else inner


@pytest.fixture
def policy(form: str, run_cli: RunCli, in_folder: Path) -> dict[str, Any]:
    write_list(in_folder)
    document: dict[str, Any] = yaml.safe_load(run_cli("rewrite", form).stdout)
    return document


def test_kyverno_takes_the_policy(policy: dict[str, Any], schema: dict[str, Any]) -> None:
    jsonschema.validate(policy, schema)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("failurePolicy: Ignore", "failurePolicy: Never"),
        ("metadata:", "metadatum:"),
        ("\nspec:\n", "\nspec:\n  podPolicy: yes\n"),
    ],
)
def test_the_definition_would_notice_what_is_wrong(
    right: str, wrong: str, policy: dict[str, Any], schema: dict[str, Any]
) -> None:
    broken = yaml.safe_load(yaml.safe_dump(policy).replace(right, wrong))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, schema)


POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "a", "namespace": "default"},
    "spec": {
        "initContainers": [{"name": "init", "image": "quay.io/prometheus/prometheus:v2.48.0", "command": ["x"]}],
        "containers": [
            {"name": "web", "image": "nginx:1.25.3", "args": ["a", "b"], "ports": [{"containerPort": 80}]},
            {"name": "digest", "image": f"docker.io/library/nginx@{A}"},
            {"name": "implied", "image": "index.docker.io/nginx"},
            {"name": "other", "image": "busybox:1"},
            {"name": "absent", "image": "nginx:1.19"},
        ],
        "ephemeralContainers": [{"name": "debug", "image": "library/nginx:1.24.0", "stdin": True}],
    },
}
EXPECTED = {
    "init": f"{PROMETHEUS}:v2.48.0",
    "web": f"{NGINX}:1.25.3",
    "digest": f"{NGINX}@{A}",
    "implied": f"{NGINX}:latest",
    "other": "busybox:1",
    "absent": "nginx:1.19",
    "debug": f"{NGINX}:1.24.0",
}


@pytest.fixture
def program(tmp_path_factory: pytest.TempPathFactory, base_env: dict[str, str], pytestconfig: pytest.Config) -> Path:
    return kyverno(tmp_path_factory.mktemp("kyverno"), base_env, pytestconfig)


@pytest.fixture
def text(form: str, run_cli: RunCli, in_folder: Path) -> str:
    write_list(in_folder, LIST, DIGESTS)
    return run_cli("rewrite", form).stdout


def test_kyverno_gives_pods_the_images_of_the_mirror_and_changes_nothing_else(
    text: str, program: Path, in_folder: Path
) -> None:
    (changed,) = apply(program, in_folder, text, [POD])
    assert images_of(changed) == EXPECTED
    for key in ("initContainers", "containers", "ephemeralContainers"):
        before = {item["name"]: item for item in POD["spec"][key]}  # type: ignore[index]
        after = {item["name"]: item for item in changed["spec"][key]}
        assert after == {name: {**item, "image": EXPECTED[name]} for name, item in before.items()}


def test_kyverno_changes_nothing_a_second_time(text: str, program: Path, in_folder: Path) -> None:
    (changed,) = apply(program, in_folder, text, [POD])
    (again,) = apply(program, in_folder, text, [changed])
    assert again == changed


def test_kyverno_leaves_containers_that_are_there_alone(text: str, program: Path, in_folder: Path) -> None:
    # The command line has no subresources, so the rule for those of a Pod that runs is made one for the Pod itself.
    every_update = text.replace("ods/ephemeralcontainers", "ods").replace("Pod/ephemeralcontainers", "Pod")
    every_update = every_update.replace("- CREATE", "- UPDATE")
    (changed,) = apply(program, in_folder, every_update, [POD], operation="UPDATE")
    assert changed == POD


def test_kyverno_leaves_what_makes_pods_alone(text: str, program: Path, in_folder: Path) -> None:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "web", "image": "nginx:1.25.3"}]}}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d", "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template},
    }
    # A ClusterPolicy prints what it has not changed, too.
    assert apply(program, in_folder, text, [deployment]) in ([], [deployment])
