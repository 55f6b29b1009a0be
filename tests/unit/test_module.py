"""The module's variables and what is rendered agree, in names and types and in both directions."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mirrorgen.errors import InputError
from mirrorgen.rendering.module import check_variables, declared_types, module_files
from mirrorgen.resources import resource

MODULE = resource("terraform")
VALID = sorted((Path(__file__).parents[1] / "cases/valid").glob("*/expected/terraform/terraform.tfvars.json"))


def document(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(path.read_text())
    del data["//"]
    return data


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.parents[2].name)
def test_every_rendered_file_fits_the_module(path: Path) -> None:
    check_variables(MODULE, document(path))


def test_no_next_major_version_of_the_provider_is_taken() -> None:
    """What it will change is not known yet."""
    versions = (MODULE / "versions.tf").read_text()
    assert re.findall(r'^ +version *= "(.*)"$', versions, re.MULTILINE) == [">= 5.100, < 7"]


def test_the_types_are_read_from_the_module() -> None:
    types = declared_types(MODULE)
    assert types["region"] == "string"
    fields = types["mirrored_images"]["list"]["object"]
    assert fields["encryption"] == {"object": {"type": "string", "kms_key": "string"}}
    assert fields["mutability_exclusions"] == {"list": "string"}
    assert fields["tags"] == {"map": "string"}


def change_type(data: dict[str, Any]) -> None:
    data["mirrored_images"][0]["scan_on_push"] = "true"


def change_nested_type(data: dict[str, Any]) -> None:
    data["mirrored_images"][0]["encryption"]["type"] = 1


def change_list(data: dict[str, Any]) -> None:
    data["mirrored_images"][0]["mutability_exclusions"] = "latest"


def change_map(data: dict[str, Any]) -> None:
    data["mirrored_images"][0]["tags"] = {"Purpose": 1}


def drop_field(data: dict[str, Any]) -> None:
    del data["mirrored_images"][0]["encryption"]["kms_key"]


def add_field(data: dict[str, Any]) -> None:
    data["mirrored_images"][0]["owner"] = "me"


def drop_variable(data: dict[str, Any]) -> None:
    del data["account_id"]


def add_variable(data: dict[str, Any]) -> None:
    data["prefix"] = "mirror"


@pytest.mark.parametrize(
    ("mutate", "message"),
    [
        (change_type, "mirrored_images[].scan_on_push is rendered as str, but declared as bool"),
        (change_nested_type, "mirrored_images[].encryption.type is rendered as int, but declared as string"),
        (change_list, "mirrored_images[].mutability_exclusions is rendered as str, but declared as list"),
        (change_map, "mirrored_images[].tags{} is rendered as int, but declared as string"),
        (drop_field, "mirrored_images[].encryption.kms_key is declared but not rendered"),
        (add_field, "mirrored_images[] has no field 'owner' in the module"),
        (drop_variable, "no value is rendered for the variable 'account_id'"),
        (add_variable, "the module declares no variable 'prefix'"),
    ],
)
def test_a_difference_is_refused(mutate: Callable[[dict[str, Any]], None], message: str) -> None:
    seed = next(path for path in VALID if path.parents[2].name == "seed")
    data = copy.deepcopy(document(seed))
    mutate(data)
    with pytest.raises(InputError) as caught:
        check_variables(MODULE, data)
    assert caught.value.message == message


def test_a_module_that_is_no_hcl_is_named(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text("resource {{{")
    with pytest.raises(InputError, match=r"main\.tf cannot be read"):
        check_variables(tmp_path, {})


def test_the_module_that_travels_has_no_rendered_files() -> None:
    names = set(module_files())
    files = ("main.tf", "variables.tf", "versions.tf", "outputs.tf")
    for folder in ("terraform", "terraform/modules/repositories"):
        assert {f"{folder}/{name}" for name in files} <= names
    assert not [name for name in names if "tfvars" in name or "override" in name]
