"""What a plan says, and where Terraform finds its providers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mirrorgen.tools.terraform import Change, find_provider_mirror, provider_config, read_changes, with_providers


def resource(kind: str, actions: list[str], before: Any = None, after: Any = None, index: str = "mirror/a") -> Any:
    return {
        "address": f'{kind}.this["{index}"]',
        "mode": "managed",
        "type": kind,
        "index": index,
        "change": {"actions": actions, "before": before, "after": after},
    }


def changes(*resources: Any) -> list[Change]:
    return read_changes(json.dumps({"resource_changes": resources}))


@pytest.mark.parametrize(
    ("actions", "action", "destroys"),
    [
        (["create"], "create", False),
        (["update"], "update", False),
        (["delete"], "delete", True),
        (["delete", "create"], "replace", True),
        (["create", "delete"], "replace", True),
    ],
)
def test_what_happens_to_a_repository(actions: list[str], action: str, destroys: bool) -> None:
    (change,) = changes(resource("aws_ecr_repository", actions, {"name": "x"}, {"name": "x"}))
    assert (change.action, change.destroys_repository) == (action, destroys)


@pytest.mark.parametrize("actions", [["no-op"], ["read"]])
def test_what_changes_nothing_is_no_change(actions: list[str]) -> None:
    assert changes(resource("aws_ecr_repository", actions)) == []


def test_a_replaced_policy_destroys_no_repository() -> None:
    (change,) = changes(resource("aws_ecr_lifecycle_policy", ["delete", "create"]))
    assert not change.destroys_repository


def test_an_update_names_the_fields() -> None:
    before, after = {"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 5, "c": 6}
    (change,) = changes(resource("aws_ecr_repository", ["update"], before, after))
    assert change.fields == ("b", "c")


def test_a_plan_without_changes() -> None:
    assert read_changes("{}") == []


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    folder = tmp_path / "mirror"
    (folder / "registry.terraform.io/hashicorp/aws").mkdir(parents=True)
    return folder


def test_a_mirror_is_found_in_the_places_given(mirror: Path, tmp_path: Path) -> None:
    assert find_provider_mirror(tmp_path, roots=(tmp_path / "none", mirror)) == mirror
    assert find_provider_mirror(tmp_path, roots=(mirror.parent,)) is None


def test_a_mirror_in_the_home_folder_is_found(tmp_path: Path) -> None:
    plugins = tmp_path / ".terraform.d/plugins"
    (plugins / "registry.terraform.io/hashicorp/aws").mkdir(parents=True)
    assert find_provider_mirror(tmp_path, roots=()) == plugins


def test_the_configuration_takes_only_this_provider_from_the_mirror() -> None:
    assert provider_config(Path("/opt/a ${b}")) == (
        "provider_installation {\n"
        "  filesystem_mirror {\n"
        '    path    = "/opt/a $${b}"\n'
        '    include = ["registry.terraform.io/hashicorp/aws"]\n'
        "  }\n"
        "  direct {\n"
        '    exclude = ["registry.terraform.io/hashicorp/aws"]\n'
        "  }\n"
        "}\n"
    )


def with_mirror(tmp_path: Path, **env: str) -> dict[str, str]:
    plugins = tmp_path / ".terraform.d/plugins"
    (plugins / "registry.terraform.io/hashicorp/aws").mkdir(parents=True)
    return with_providers({"HOME": str(tmp_path), "MIRRORGEN_CACHE_DIR": str(tmp_path / "cache"), **env})


def test_a_configuration_of_the_user_is_honoured(tmp_path: Path) -> None:
    config = tmp_path / "my.tfrc"
    config.touch()
    assert with_mirror(tmp_path, TF_CLI_CONFIG_FILE=str(config))["TF_CLI_CONFIG_FILE"] == str(config)


def test_a_terraformrc_in_the_home_folder_is_honoured(tmp_path: Path) -> None:
    (tmp_path / ".terraformrc").touch()
    assert "TF_CLI_CONFIG_FILE" not in with_mirror(tmp_path)


def test_a_variable_that_names_no_file_counts_as_not_set(tmp_path: Path) -> None:
    config = with_mirror(tmp_path, TF_CLI_CONFIG_FILE=str(tmp_path / "gone"))["TF_CLI_CONFIG_FILE"]
    assert config == str(tmp_path / "cache/terraform.tfrc")
    assert "filesystem_mirror" in Path(config).read_text()
