"""What a plan says, and where Terraform finds its providers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mirrorgen.errors import UsageError
from mirrorgen.tools.already_exists import existing_addresses
from mirrorgen.tools.terraform import Change, TerraformPlan, read_plan
from mirrorgen.tools.terraform_providers import find_provider_mirror, provider_config, with_providers


def resource(
    kind: str, actions: list[str], before: Any = None, after: Any = None, *, change: Any = None, **entry: Any
) -> Any:
    return {
        "address": f'{kind}.this["mirror/a"]',
        "mode": "managed",
        "type": kind,
        "index": "mirror/a",
        "change": {"actions": actions, "before": before, "after": after, **(change or {})},
        **entry,
    }


def changes(*resources: Any) -> tuple[Change, ...]:
    return read_plan({"resource_changes": resources}).changes


@pytest.mark.parametrize(
    ("actions", "action", "destroys"),
    [
        (["create"], "create", False),
        (["update"], "update", False),
        (["delete"], "delete", True),
        (["delete", "create"], "replace", True),
        (["create", "delete"], "replace", True),
        (["forget"], "forget", False),
        (["create", "forget"], "create/forget", False),
        (["delete", "something"], "delete/something", True),
    ],
)
def test_what_happens_to_a_repository(actions: list[str], action: str, destroys: bool) -> None:
    (change,) = changes(resource("aws_ecr_repository", actions, {"name": "x"}, {"name": "x"}))
    assert (change.action, change.destroys_repository) == (action, destroys)


@pytest.mark.parametrize("actions", [["no-op"], ["read"]])
def test_what_changes_nothing_is_no_change(actions: list[str]) -> None:
    assert changes(resource("aws_ecr_repository", actions, mode="managed" if actions == ["no-op"] else "data")) == ()


def test_a_replaced_policy_destroys_no_repository() -> None:
    (change,) = changes(resource("aws_ecr_lifecycle_policy", ["delete", "create"]))
    assert not change.destroys_repository


def test_an_update_names_the_fields() -> None:
    before, after = {"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 5, "c": 6}
    (change,) = changes(resource("aws_ecr_repository", ["update"], before, after))
    assert change.fields == ("b", "c")


def test_a_replacement_names_the_fields_that_force_it() -> None:
    paths = {"replace_paths": [["encryption_configuration", 0, "encryption_type"], ["name"]]}
    (change,) = changes(resource("aws_ecr_repository", ["delete", "create"], change=paths))
    assert change.fields == ("encryption_configuration", "name")


@pytest.mark.parametrize("actions", [["no-op"], ["update"], ["delete", "create"]])
def test_an_import_is_a_change_whatever_else_is_done(actions: list[str]) -> None:
    (change,) = changes(resource("aws_ecr_repository", actions, change={"importing": {"id": "mirror/a"}}))
    assert change.import_id == "mirror/a"


def test_another_address_is_a_change() -> None:
    (change,) = changes(resource("aws_ecr_repository", ["no-op"], previous_address="aws_ecr_repository.old"))
    assert (change.action, change.moved_from) == ("no-op", "aws_ecr_repository.old")


@pytest.mark.parametrize("index", [None, 0, 1])
def test_a_number_among_resources_is_no_name(index: int | None) -> None:
    (change,) = changes(resource("aws_ecr_repository", ["create"], None, {"name": "team/own"}, index=index))
    assert change.name == "team/own"


def test_outputs_that_change_are_named() -> None:
    outputs = {"b": {"actions": ["create"]}, "a": {"actions": ["update"]}, "same": {"actions": ["no-op"]}}
    assert read_plan({"output_changes": outputs}) == TerraformPlan((), ("a", "b"), True)


def test_what_terraform_says_of_its_plan_counts() -> None:
    assert read_plan({"applyable": True}).is_applicable
    assert not read_plan({"applyable": False, "output_changes": {"a": {"actions": ["create"]}}}).is_applicable


def test_a_plan_without_changes() -> None:
    assert read_plan({}) == TerraformPlan()


# As Terraform 1.11.4 and AWS provider 6 write it; long lines are wrapped.
EXISTS = """
Error: creating ECR Repository (mirror/a): operation error ECR: CreateRepository, https response error
StatusCode: 400, RequestID: 1, RepositoryAlreadyExistsException: The repository with name 'mirror/a'
already exists in the registry with id '123456789012'

  with module.repositories.aws_ecr_repository.this["mirror/a"],
  on modules/repositories/main.tf line 11, in resource "aws_ecr_repository" "this":
  11: resource "aws_ecr_repository" "this" {

"""
DENIED = EXISTS.replace("RepositoryAlreadyExistsException", "AccessDeniedException").replace("mirror/a", "mirror/b")


@pytest.mark.parametrize("frame", ["", "│ "])
def test_repositories_that_exist_are_found_in_what_apply_says(frame: str) -> None:
    said = "".join(f"{frame}{line}\n" for line in (EXISTS + DENIED + EXISTS).splitlines())
    assert existing_addresses(said) == ('module.repositories.aws_ecr_repository.this["mirror/a"]',)
    assert existing_addresses(DENIED) == ()


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


def test_no_configuration_is_kept_in_the_project(tmp_path: Path) -> None:
    """It says where providers come from, which are programs."""
    plugins = tmp_path / "home/.terraform.d/plugins"
    (plugins / "registry.terraform.io/hashicorp/aws").mkdir(parents=True)
    cache = tmp_path / "project/cache"
    cache.parent.mkdir()
    env = {"HOME": str(tmp_path / "home"), "MIRRORGEN_CACHE_DIR": str(cache)}
    with pytest.raises(UsageError, match="the cache folder, is inside the project"):
        with_providers(env, around=cache.parent)
    assert not cache.exists()


def test_a_variable_that_names_no_file_counts_as_not_set(tmp_path: Path) -> None:
    config = with_mirror(tmp_path, TF_CLI_CONFIG_FILE=str(tmp_path / "gone"))["TF_CLI_CONFIG_FILE"]
    assert config == str(tmp_path / "cache/terraform.tfrc")
    assert "filesystem_mirror" in Path(config).read_text()
