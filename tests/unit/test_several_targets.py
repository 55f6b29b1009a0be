"""A list with several targets, narrowed to one of them: what is behind it knows of one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mirrorgen.desired.shards import allowance
from mirrorgen.desired.state import DesiredState
from mirrorgen.errors import UsageError
from mirrorgen.model.tags import settled_digest
from mirrorgen.operations.stand_in import StandIn
from mirrorgen.project import load
from mirrorgen.rendering import regsync
from mirrorgen.rendering.files import render, render_every
from tests.locks import write_lock

LIST = """\
targets:
  eu: {account_id: "123456789012", region: eu-west-1, endpoint: "http://127.0.0.1:5000"}
  us: {account_id: "123456789012", region: us-east-1, endpoint: "http://127.0.0.1:6000"}
registries:
  docker.io:
    credentials: {username_env: DOCKER_USER, password_env: DOCKER_TOKEN}
    pulls_per_six_hours: 100
defaults: {pin: digest}
images:
  - source: docker.io/library/nginx
    tags: ["1.25.3"]
  - source: docker.io/library/redis
    tags: ["7.2.0"]
    platforms: linux/amd64
"""
TAGS = {"nginx": "1.25.3", "redis": "7.2.0"}
DIGEST = f"sha256:{7:064x}"
EU = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "images.yaml"
    path.write_text(LIST)
    write_lock(path, {f"docker.io/library/{name}": {tag: DIGEST} for name, tag in TAGS.items()})
    return path


def desired(path: Path, target: str) -> DesiredState:
    loaded = load(path, target=target)
    assert loaded.is_usable, loaded.problems
    assert loaded.desired
    return loaded.desired


def test_a_target_is_narrowed_to_as_if_it_were_the_only_one(path: Path) -> None:
    loaded = load(path, target="us")
    assert loaded.master_list
    assert loaded.desired
    assert (loaded.target, loaded.desired.target.list_name) == ("us", "us")
    assert loaded.desired.target.label == "ECR (us)"
    assert loaded.desired.target.host == "123456789012.dkr.ecr.us-east-1.amazonaws.com"
    with pytest.raises(UsageError, match="no target 'us-east'"):
        load(path, target="us-east")


def test_the_one_that_is_filled_from_the_first_knows_nothing_of_upstream(path: Path) -> None:
    state = desired(path, "us")
    assert [registry.host for registry in state.registries] == [EU]
    assert allowance(state, (1, 1)) == {}
    assert "DOCKER_TOKEN" not in json.dumps(regsync.document(state))
    first = desired(path, "eu")
    assert [registry.host for registry in first.registries] == ["docker.io"]
    assert allowance(first, (1, 1)) == {"docker.io": 100}


def test_the_first_is_read_as_the_ecr_that_it_is(path: Path) -> None:
    creds = {entry["registry"]: entry for entry in regsync.document(desired(path, "us"))["creds"]}
    assert creds[EU] == {
        "registry": EU,
        "credHelper": "docker-credential-ecr-login",
        "hostname": "127.0.0.1:5000",
        "tls": "disabled",
    }
    assert desired(path, "us").programs == ("docker-credential-ecr-login",)


def test_digests_that_the_lock_has_are_read_in_the_first(path: Path) -> None:
    state = desired(path, "us")
    nginx, redis = (entry for _, entry in state.entries)
    assert nginx.reference("1.25.3") == f"{EU}/mirror/docker-hub/nginx@{DIGEST}"
    assert settled_digest(nginx, "1.25.3") == DIGEST
    assert str(nginx.source) == "docker.io/library/nginx"
    # The first holds one platform of it, whose digest is in no lock, and nothing is left to pick.
    assert redis.reference("7.2.0") == f"{EU}/mirror/docker-hub/redis:7.2.0"
    assert redis.picks is None
    assert "platform" not in json.dumps(regsync.document(state))
    assert next(entry for _, entry in desired(path, "eu").entries if entry.copying.platform).picks == "linux/amd64"


def test_an_override_file_that_one_target_needs_is_there_for_all(path: Path) -> None:
    path.write_text(LIST.replace("us-east-1,", "us-east-1, terraform: {prevent_destroy: true},"))
    protection = "terraform/modules/repositories/protection_override.tf"
    assert render_every(load(path).every_state)[protection]
    # The other does not say that it must not be there: its runs would stop over it.
    assert protection not in render(desired(path, "eu"))
    path.write_text(LIST)
    assert render_every(load(path).every_state)[protection] is None


def test_a_stand_in_plays_one_registry(path: Path) -> None:
    stand_in = StandIn("127.0.0.1:1", "123456789012", "eu-west-1", path.parent)
    assert stand_in.plays(desired(path, "eu")).target.address == "127.0.0.1:1"
    with pytest.raises(UsageError, match=r"ECR \(us\) is filled from another one"):
        stand_in.plays(desired(path, "us"))
