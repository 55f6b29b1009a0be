"""The policy of `mirrorgen rewrite kyverno` against the definition that Kyverno publishes, from its Go module."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.conftest import ORIGINAL_ENVIRONMENT, RunCli
from tests.consumers.mirror import write_list

MODULE = "github.com/kyverno/kyverno@v1.19.1"
DEFINITION = "config/crds/policies.kyverno.io/policies.kyverno.io_mutatingpolicies.yaml"


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The schema of the version that is written; keys that it does not know are errors, as for `kubectl --validate`."""
    argv = ["go", "mod", "download", "-json", MODULE]
    folder = tmp_path_factory.mktemp("module")
    done = subprocess.run(argv, cwd=folder, env=ORIGINAL_ENVIRONMENT, capture_output=True, text=True, check=True)
    text = (Path(json.loads(done.stdout)["Dir"]) / DEFINITION).read_text()
    versions = {version["name"]: version for version in yaml.safe_load(text)["spec"]["versions"]}
    assert versions["v1"]["served"]
    assert not versions["v1"].get("deprecated")
    found: dict[str, Any] = closed(versions["v1"]["schema"]["openAPIV3Schema"])
    return found


def closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    return {**inner, "additionalProperties": False} if isinstance(schema.get("properties"), dict) else inner


@pytest.fixture
def policy(run_cli: RunCli, in_folder: Path) -> dict[str, Any]:
    write_list(in_folder)
    document: dict[str, Any] = yaml.safe_load(run_cli("rewrite", "kyverno").stdout)
    return document


def test_kyverno_takes_the_policy(policy: dict[str, Any], schema: dict[str, Any]) -> None:
    jsonschema.validate(policy, schema)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("patchType", "patchKind"), ("resourceRules", "resources"), ("failurePolicy: Ignore", "failurePolicy: Never")],
)
def test_the_definition_would_notice_what_is_wrong(
    right: str, wrong: str, policy: dict[str, Any], schema: dict[str, Any]
) -> None:
    broken = yaml.safe_load(yaml.safe_dump(policy).replace(right, wrong))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, schema)
