"""Logins that Docker's own configuration holds, and the runs that do not let them go elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mirrorgen.errors import UsageError
from mirrorgen.model.allowances import Allowances
from mirrorgen.operations.logins import keep_logins
from mirrorgen.operations.runtime import Runtime
from mirrorgen.project import load
from mirrorgen.tools.docker_config import Logins, docker_logins

IMAGES = "images: [{source: docker.io/library/nginx, tags: ['1.25.3']}, {source: quay.io/a/b, tags: ['1.0.0']}]\n"
AWAY = "{hostname: evil.example.com}"
HUB = {"auths": {"https://index.docker.io/v1/": {"auth": "dTpw"}}}


def runtime(folder: Path, registries: str, config: Any, *allowed: str) -> Runtime:
    path = folder / "images.yaml"
    path.write_text(f"target: {{registry: harbor.example.com}}\nregistries: {registries}\n{IMAGES}")
    loaded = load(path)
    assert loaded.is_usable, loaded.problems
    assert loaded.desired
    (folder / ".docker").mkdir()
    (folder / ".docker/config.json").write_text(json.dumps(config))
    return Runtime(folder, loaded.desired, allowances=Allowances.read(allowed), environ={"HOME": str(folder)})


@pytest.mark.parametrize(
    "config",
    [HUB, {"auths": {"docker.io": {"auth": "dTpw"}}}, {"credHelpers": {"docker.io": "x"}}, {"credsStore": "desktop"}],
)
@pytest.mark.parametrize("settings", [AWAY, "{tls: disabled}", "{tls: insecure}"])
def test_a_login_does_not_go_to_another_address(config: Any, settings: str, tmp_path: Path) -> None:
    run = runtime(tmp_path, f"{{docker.io: {settings}}}", config)
    for start in (run.regctl, run.require_copying):
        with pytest.raises(UsageError, match=r"what Docker's configuration signs in to docker\.io with would go to"):
            start()


@pytest.mark.parametrize(
    ("registries", "config", "allowed"),
    [
        (f"{{quay.io: {AWAY}}}", HUB, []),
        (f"{{docker.io: {AWAY}}}", {}, []),
        (f"{{docker.io: {AWAY}}}", HUB, ["DOCKER_CONFIG@evil.example.com"]),
        ("{docker.io: {hostname: '127.0.0.1:5000', tls: disabled}}", HUB, []),
        ("{docker.io: {requests_per_second: 1}}", {"credsStore": "desktop"}, []),
    ],
)
def test_a_login_that_stays_or_may_go_stops_nothing(
    registries: str, config: Any, allowed: list[str], tmp_path: Path
) -> None:
    run = runtime(tmp_path, registries, config, *allowed)
    keep_logins(run.desired, run.environ, run.allowances)


def test_the_places_that_are_read(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"auths": {"https://a.example.com/v2/": {}, "b.example.com:5000": {}}}')
    env = {"HOME": "/nonexistent", "DOCKER_CONFIG": str(tmp_path)}
    assert docker_logins(env) == Logins(frozenset({"a.example.com", "b.example.com:5000"}), has_store=False)
    given = {"HOME": "/nonexistent", "DOCKER_AUTH_CONFIG": '{"auths": {"c.example.com": {}}, "credsStore": "pass"}'}
    assert docker_logins(given) == Logins(frozenset({"c.example.com"}), has_store=True)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"auths": [], "credHelpers": null}', "\xff"])
def test_what_cannot_be_read_signs_in_to_nothing(text: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(text, encoding="latin-1")
    env = {"HOME": "/nonexistent", "DOCKER_CONFIG": str(tmp_path)}
    assert docker_logins(env) == Logins(frozenset(), has_store=False)
