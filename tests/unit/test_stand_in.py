"""A run that is led to a stand-in reaches nothing else, and what is written for the real thing stays as it is."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mirrorgen.errors import UsageError
from mirrorgen.operations.runtime import Runtime
from mirrorgen.operations.stand_in import VARIABLE, StandIn, find_stand_in
from mirrorgen.rendering.files import render
from tests.memory_destination import MemoryDestination
from tests.unit.conftest import Desire

LIST = """\
target: {account_id: "123456789012", region: eu-west-1, auth: environment}
registries:
  docker.io:
    credentials: {username_env: DOCKER_USER, password_env: DOCKER_TOKEN}
    hostname: proxy.example.com
    pulls_per_six_hours: 10
images:
  - source: docker.io/library/nginx
    tags: ["1.25"]
"""
PLAIN = "target: {registry: harbor.example.com/mirror}\n" + LIST.partition("\n")[2]
SECRETS = {"DOCKER_USER": "bob", "DOCKER_TOKEN": "hunter22", "DOCKER_AUTH_CONFIG": "{}", "ECR_PASSWORD": "hunter23"}
AWS = {"AWS_PROFILE": "production", "AWS_SESSION_TOKEN": "t", "AWS_ENDPOINT_URL_ECR": "https://e", "AWS_CA_BUNDLE": "c"}
TERRAFORM = {"TF_DATA_DIR": "d", "TF_WORKSPACE": "w", "TF_CLI_ARGS_init": "-backend-config=b", "TF_VAR_name": "n"}


@pytest.fixture
def stand_in(tmp_path: Path) -> StandIn:
    return StandIn("127.0.0.1:4566", "123456789012", "eu-west-1", tmp_path / "kept")


def write(folder: Path, **said: object) -> dict[str, str]:
    """Write a file that names a stand-in; return an environment that names the file."""
    path = folder / "stand-in.json"
    path.write_text(json.dumps({"address": "127.0.0.1:4566", "account_id": "1", "region": "r", **said}))
    return {VARIABLE: str(path)}


def test_it_is_found_by_the_file_that_the_environment_names(tmp_path: Path) -> None:
    assert find_stand_in({}) is None
    assert find_stand_in({VARIABLE: ""}) is None
    assert find_stand_in(write(tmp_path)) == StandIn("127.0.0.1:4566", "1", "r", tmp_path)


@pytest.mark.parametrize(
    "address",
    [
        *("192.0.2.1:80", "0.0.0.0:80", "localhost:80", "127.0.0.1.example.com:80", "registry.example.com:443"),
        *("127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:80@example.com", "127.0.0.1:80/x", "[::1]:80", "", "a"),
        *("127.0.0.1:80\n", "http://127.0.0.1:80", "2130706433:80"),
    ],
)
def test_only_an_address_of_this_machine_will_do(address: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not on this machine"):
        find_stand_in(write(tmp_path, address=address))


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '"127.0.0.1:80"', "\x00"])
def test_a_file_that_says_nothing_stops_the_run(text: str | None, tmp_path: Path) -> None:
    """What was to go to a stand-in must not go to what is real because the stand-in has ended."""
    path = tmp_path / "stand-in.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UsageError, match=VARIABLE):
        find_stand_in({VARIABLE: str(path)})


def test_the_whole_run_goes_there_and_the_generated_files_stay(
    desire: Desire, stand_in: StandIn, tmp_path: Path
) -> None:
    listed = desire(LIST)
    runtime = Runtime(tmp_path, listed, allowance={"docker.io": 10}, environ=SECRETS, stand_in=stand_in)
    assert runtime.files == render(listed)
    runtime.__dict__["destination"] = MemoryDestination(runtime.desired.target)
    hosts = json.loads(runtime.regsync_config(runtime.desired))["creds"]
    assert {host["hostname"] for host in hosts} == {stand_in.address}
    assert {host["registry"] for host in hosts} == {"docker.io", "123456789012.dkr.ecr.eu-west-1.amazonaws.com"}
    assert not [host for host in hosts if host.keys() & {"user", "pass"}]
    assert runtime.allowance == {}


def test_no_credential_is_needed_or_handed_on(desire: Desire, stand_in: StandIn, tmp_path: Path) -> None:
    runtime = Runtime(tmp_path, desire(LIST), environ={"PATH": os.environ["PATH"], **SECRETS}, stand_in=stand_in)
    assert not runtime.environ.keys() & SECRETS.keys()
    assert runtime.environ["DOCKER_CONFIG"] == str(stand_in.folder / "docker")
    unset = Runtime(tmp_path, desire(LIST), environ={}, stand_in=stand_in)
    assert unset.desired.target.variables == {}


def test_there_is_no_other_aws_and_no_other_place_for_a_state(stand_in: StandIn) -> None:
    env = stand_in.environment({**AWS, **TERRAFORM})
    assert not env.keys() & (AWS | TERRAFORM).keys() - {"AWS_CA_BUNDLE", "TF_VAR_name"}
    assert env["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert env["AWS_CONFIG_FILE"] == env["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull


def test_terraform_works_on_a_copy_without_state_and_with_a_backend_of_its_own(
    stand_in: StandIn, tmp_path: Path
) -> None:
    module = tmp_path / "list/terraform"
    (module / ".terraform").mkdir(parents=True)
    for name in ("main.tf", "imports.tf", "terraform.tfvars.json", "terraform.tfstate", ".terraform/environment"):
        (module / name).write_text(name)
    copy = stand_in.workplace(module.parent) / "terraform"
    names = {path.name for path in copy.iterdir()}
    assert names == {"main.tf", "imports.tf", "terraform.tfvars.json", "zz_stand_in_override.tf"}

    (copy / "terraform.tfstate").write_text("of the stand-in")
    (module / "imports.tf").unlink()
    assert stand_in.workplace(module.parent) == copy.parent
    assert not (copy / "imports.tf").exists()
    assert (copy / "terraform.tfstate").read_text() == "of the stand-in"
    assert stand_in.workplace(tmp_path) != copy.parent


def test_it_plays_nothing_but_ecr(desire: Desire, stand_in: StandIn, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the target of this list is harbor"):
        Runtime(tmp_path, desire(PLAIN), stand_in=stand_in)
