"""The role of a target, on moto: a run takes it on, and everything that it starts works with it alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.request import Request, urlopen

import boto3
import pytest
from moto import settings
from moto.server import ThreadedMotoServer

from mirrorgen.desired.state import DesiredState
from mirrorgen.destinations.ecr.destination import EcrDestination, open_ecr
from mirrorgen.destinations.ecr.target import EcrTarget
from mirrorgen.errors import UsageError
from mirrorgen.operations.runtime import Runtime

HOME, THERE, REGION = "123456789012", "210987654321", "us-east-1"
ROLE = f"arn:aws:iam::{THERE}:role/image-sync-role"
TARGET = EcrTarget(THERE, REGION, list_name="us", role=ROLE)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an AWS in which a role of the other account is there; we are in our own."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    yield f"http://{host}:{port}"
    urlopen(Request(f"http://{host}:{port}/moto-api/reset", method="POST")).close()
    server.stop()


def opened(said: list[str] | None = None) -> EcrDestination:
    return open_ecr(TARGET, {}, say=(said if said is not None else []).append)


@pytest.mark.usefixtures("aws")
def test_a_run_works_in_the_account_of_the_role() -> None:
    with pytest.raises(UsageError, match=f"belong to the account {HOME}"):
        open_ecr(replace(TARGET, role=None), {}, say=lambda _: None)
    assert opened().target.account_id == THERE


@pytest.mark.usefixtures("aws")
def test_the_credentials_are_in_the_environment_of_programs_and_nowhere_else(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []
    destination = opened(said)
    given = destination.environment
    assert given["AWS_ACCESS_KEY_ID"] != "key"
    session = boto3.Session(
        given["AWS_ACCESS_KEY_ID"], given["AWS_SECRET_ACCESS_KEY"], given["AWS_SESSION_TOKEN"], region_name=REGION
    )
    assert session.client("sts").get_caller_identity()["Account"] == THERE
    shown = capfd.readouterr()
    for secret in (given["AWS_SECRET_ACCESS_KEY"], given["AWS_SESSION_TOKEN"]):
        assert secret not in "".join([*said, shown.out, shown.err, repr(destination)])
    assert not list(tmp_path.iterdir())


def test_no_program_gets_another_way_to_credentials(aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    destination = opened()
    mine = {"AWS_ENDPOINT_URL": aws, "AWS_PROFILE": "mine", "AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "HOME": "/nowhere"}
    runtime = Runtime(tmp_path, DesiredState(TARGET, (), 4, ()), environ={**mine, "AWS_ACCESS_KEY_ID": "key"})
    monkeypatch.setattr(Runtime, "destination", destination)
    env = runtime.regsync_environment()
    assert env["AWS_ACCESS_KEY_ID"] == destination.environment["AWS_ACCESS_KEY_ID"]
    assert env["AWS_ENDPOINT_URL"] == aws
    assert not {"AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"} & env.keys()


@pytest.mark.usefixtures("aws")
def test_a_role_that_does_not_trust_us_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    iam = boto3.client("iam", region_name=REGION)
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    with monkeypatch.context() as patched:
        patched.setattr(settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0)
        with pytest.raises(UsageError, match=f"{ROLE} cannot be taken on") as caught:
            opened()
    assert "trust policy" in caught.value.hint
