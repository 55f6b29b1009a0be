"""Terraform's state gets another place: what a run says of it, and that what it says works."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from mirrorgen.errors import ToolFailed
from mirrorgen.tools.environments import environment
from mirrorgen.tools.runner import ProcessRunner
from mirrorgen.tools.terraform import Terraform
from mirrorgen.tools.terraform_targets import TargetPlace, place_of
from mirrorgen.tools.versions import find_tool


@pytest.fixture
def terraform(tmp_path: Path, base_env: dict[str, str]) -> Terraform:
    """Terraform in a module whose state is a file, and knows something."""
    module = tmp_path / "terraform"
    module.mkdir()
    (module / "main.tf").write_text('resource "terraform_data" "kept" {}\n')
    env = environment("terraform", {**base_env, "HOME": str(tmp_path)})
    found = Terraform(find_tool("terraform", ProcessRunner(), env).usable(), module, ProcessRunner(), env)
    found.init()
    plan = tmp_path / "plan"
    assert found.plan(plan).is_applicable
    found.apply(plan)
    return found


def known(terraform: Terraform) -> str:
    argv = [str(terraform.tool.path), f"-chdir={terraform.module}", "state", "list"]
    return subprocess.run(argv, env=dict(terraform.env), capture_output=True, text=True, check=True).stdout


def test_a_backend_that_is_added_to_a_state_in_a_file_is_no_dead_end(terraform: Terraform) -> None:
    backend = 'terraform {\n  backend "local" {\n    path = "elsewhere/state"\n  }\n}\n'
    (terraform.module / "backend.tf").write_text(backend)
    with pytest.raises(ToolFailed) as caught:
        terraform.init()
    said = re.search(r"`terraform (-chdir=terraform .*)`", caught.value.hint)
    assert said, caught.value.hint

    # As somebody does what was said; on a terminal Terraform asks whether it may copy.
    argv = [str(terraform.tool.path), *shlex.split(said[1])]
    env = dict(terraform.env)
    subprocess.run(
        argv, cwd=terraform.module.parent, env=env, input="yes\n", text=True, check=True, capture_output=True
    )
    assert (terraform.module / "elsewhere/state").exists()
    assert terraform.init() == ()
    assert known(terraform) == "terraform_data.kept\n"


BUCKET = "states"
S3 = {"bucket": BUCKET, "key": "one.tfstate", "region": "us-east-1", "use_path_style": True} | dict.fromkeys(
    ("skip_credentials_validation", "skip_requesting_account_id", "skip_metadata_api_check"), True
)


@pytest.fixture
def bucket() -> Iterator[dict[str, str]]:
    """Variables for an S3 that has a bucket for states."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    endpoint = "http://{}:{}".format(*server.get_host_and_port())
    session = boto3.Session("key", "secret", region_name="us-east-1")
    session.client("s3", endpoint_url=endpoint).create_bucket(Bucket=BUCKET)
    yield {"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
    server.stop()


def for_target(terraform: Terraform, name: str, place: TargetPlace | None = None) -> Terraform:
    """Return Terraform as a run for one of several targets has it; nothing is known of that one yet."""
    (terraform.module / f"{name}.tfvars.json").write_text("{}")
    place = place or place_of(terraform.module, name)
    return replace(terraform, env=place.environment(terraform.env), place=place)


def keep_something(terraform: Terraform) -> None:
    """Plan and apply, which is only something to do in a state of one's own."""
    terraform.init()
    plan = terraform.module.parent / "plan"
    assert [change.action for change in terraform.plan(plan).changes] == ["create"]
    terraform.apply(plan)
    assert known(terraform) == "terraform_data.kept\n"


def test_every_target_has_a_state_of_its_own_in_a_backend_with_workspaces(
    terraform: Terraform, bucket: dict[str, str]
) -> None:
    for path in terraform.module.glob("terraform.tfstate*"):
        path.unlink()
    (terraform.module / "backend.tf.json").write_text(json.dumps({"terraform": {"backend": {"s3": S3}}}))
    terraform = replace(terraform, env={**terraform.env, **bucket})
    # S3 stands for all backends with workspaces; they refuse to begin with one that is not there.
    targets = [for_target(terraform, name, TargetPlace(name, "gcs")) for name in ("eu", "us")]
    for target in targets:
        keep_something(target)
    for target in targets:
        assert target.init() == ()
        assert not target.plan(target.module.parent / "plan").is_applicable


def test_every_target_has_a_file_of_its_own_where_the_module_keeps_its_state_in_one(terraform: Terraform) -> None:
    for path in terraform.module.glob("terraform.tfstate*"):
        path.unlink()
    (terraform.module / "backend.tf").write_text('terraform {\n  backend "local" {}\n}\n')
    for name in ("eu", "us"):
        keep_something(for_target(terraform, name))
        assert (terraform.module / f"{name}.tfstate").exists()


def test_targets_get_a_backend_that_had_their_states_in_files(terraform: Terraform, bucket: dict[str, str]) -> None:
    keep_something(for_target(terraform, "eu"))
    (terraform.module / "backend.tf.json").write_text(json.dumps({"terraform": {"backend": {"s3": S3}}}))
    target = for_target(replace(terraform, env={**terraform.env, **bucket}), "eu")
    with pytest.raises(ToolFailed) as caught:
        target.init()
    assert "Move what is there of terraform/terraform.tfstate and terraform/terraform.tfstate.d" in caught.value.hint
    assert "`mirrorgen adopt --target eu`" in caught.value.hint
    for path in terraform.module.glob("terraform.tfstate*"):
        path.rename(terraform.module.parent / path.name)
    keep_something(target)
