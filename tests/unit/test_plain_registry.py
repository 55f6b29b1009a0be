"""A plain registry as the target of a list: what is rendered, and which settings mean nothing there."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from mirrorgen.desired.state import DesiredState
from mirrorgen.rendering.files import REGSYNC, render
from tests.unit.conftest import Desire, Load

IMAGES = 'images:\n  - source: quay.io/org/app\n    tags: ["v1.0.0", "latest"]\n'
LIST = f"target: {{registry: Harbor.example.com:8443/team/mirror}}\n{IMAGES}"
SIGNED_IN = """\
target:
  registry: harbor.example.com/mirror
  tls: insecure
  credentials: {username_env: T_USER, password_env: T_TOKEN}
"""


def rendered(state: DesiredState) -> Any:
    return yaml.safe_load(str(render(state)[REGSYNC]))


def test_names_start_with_its_path(desire: Desire) -> None:
    state = desire(LIST)
    assert (state.target.host, state.target.label) == ("harbor.example.com:8443", "harbor.example.com:8443")
    assert [repository.name for repository in state.repositories] == ["team/mirror/quay/org/app"]


def test_without_a_path_names_start_with_the_alias(desire: Desire) -> None:
    state = desire(f"target: {{registry: harbor.example.com}}\n{IMAGES}")
    assert [repository.name for repository in state.repositories] == ["quay/org/app"]


def test_regsync_copies_to_it(desire: Desire) -> None:
    (entry,) = rendered(desire(LIST))["sync"]
    assert entry["target"] == "harbor.example.com:8443/team/mirror/quay/org/app"


def test_regsync_signs_in_with_the_variables_that_the_list_names(desire: Desire) -> None:
    assert rendered(desire(SIGNED_IN + IMAGES))["creds"] == [
        {
            "registry": "harbor.example.com",
            "user": '{{env "T_USER"}}',
            "pass": '{{env "T_TOKEN"}}',
            "tls": "insecure",
        }
    ]


def test_nothing_is_rendered_for_terraform_and_nothing_of_aws(desire: Desire) -> None:
    files = {name: text for name, text in render(desire(LIST)).items() if text is not None}
    assert list(files) == [REGSYNC]
    assert not [word for word in ("AWS", "ecr", "amazonaws") if word in files[REGSYNC]]


def test_settings_of_ecr_mean_nothing_for_it(load_list: Load) -> None:
    problems = load_list(f"{LIST}    ecr: {{scan_on_push: false}}\n").problems
    assert [(problem.code, problem.line) for problem in problems] == [("settings-need-ecr", 5)]


@pytest.mark.parametrize("key", ['account_id: "123456789012"', "region: eu-west-1", "prefix: a", "auth: docker-config"])
def test_keys_of_an_ecr_target_mean_nothing_for_it(key: str, load_list: Load) -> None:
    problems = load_list(LIST.replace("{registry", f"{{{key}, registry")).problems
    assert [(problem.code, problem.is_error) for problem in problems] == [("unknown-key", True)]


@pytest.mark.parametrize("key", ["tls: disabled", "credentials: {username_env: T_USER, password_env: T_TOKEN}"])
def test_its_own_keys_mean_nothing_for_an_ecr_target(key: str, load_list: Load) -> None:
    problems = load_list(f"target: {{{key}}}\n{IMAGES}").problems
    assert [problem.code for problem in problems if problem.is_error] == ["unknown-key"]


@pytest.mark.parametrize(
    "name", ["https://harbor.example.com", "harbor.example.com/Mirror", "bob:pw@harbor.example.com"]
)
def test_what_is_no_registry_is_an_error(name: str, load_list: Load) -> None:
    loaded = load_list(f"target: {{registry: '{name}'}}\n{IMAGES}")
    assert not loaded.is_usable
    assert {problem.path for problem in loaded.problems if problem.is_error} == {("target", "registry")}
