"""What children are given and what is made of their words, with shell scripts as the programs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from mirrorgen.destinations.ecr.target import EcrTarget
from mirrorgen.errors import RegistryFailed
from mirrorgen.operations.runtime import Runtime
from mirrorgen.outcomes import Kind
from mirrorgen.project import load
from mirrorgen.tools.regsync import Event, EventKind

LIST = """
target: {registry: harbor.example.com}
registries:
  quay.io: {credentials: {username_env: TF_VAR_USER, password_env: DOCKER_TOKEN}}
images:
  - {source: quay.io/org/app, tags: ["1.0"]}
"""
PASSWORD = 'to/ken+of "mine"'  # noqa: S105 - nobody's


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    """A list with credentials, and programs that are to be written into `bin`."""
    (tmp_path / "images.yaml").write_text(LIST)
    (tmp_path / "bin").mkdir()
    loaded = load(tmp_path / "images.yaml")
    assert loaded.desired
    environ = {
        "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "MIRRORGEN_CACHE_DIR": str(tmp_path / "cache"),
        "TF_VAR_USER": "robot",
        "DOCKER_TOKEN": PASSWORD,
        "AWS_SECRET_ACCESS_KEY": "aws",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "oidc",
    }
    return Runtime(tmp_path, loaded.desired, environ=environ)


def write_program(runtime: Runtime, name: str, script: str) -> None:
    path = runtime.root / "bin" / name
    path.write_text(f"#!/bin/sh\ncase $1 in version) echo v9.9.9; exit;; esac\n{script}\n")
    path.chmod(0o755)


def given(runtime: Runtime) -> set[str]:
    """Names of the variables that the program has written down."""
    lines = (runtime.root / "env").read_text().splitlines()
    return {line.partition("=")[0] for line in lines} & (runtime.environ.keys() - {"PATH"})


def test_regsync_gets_the_credentials_that_its_configuration_reads(runtime: Runtime) -> None:
    write_program(runtime, "regsync", f"env > {runtime.root / 'env'}")
    write_program(runtime, "regctl", "")
    runtime.regsync().check("")
    assert given(runtime) == {"HOME", "TF_VAR_USER", "DOCKER_TOKEN"}


def test_regctl_gets_them_on_standard_input_alone(runtime: Runtime) -> None:
    listing = '{"name": "org/app", "tags": []}'
    script = f"env > {runtime.root / 'env'}; cat > {runtime.root / 'stdin'}; echo '{listing}'"
    write_program(runtime, "regctl", script)
    runtime.regctl().tags("quay.io/org/app")
    assert given(runtime) == {"HOME"}
    host = json.loads((runtime.root / "stdin").read_text())["hosts"]["quay.io"]
    assert (host["user"], host["pass"]) == ("robot", PASSWORD)


def test_terraform_gets_no_credentials_of_the_list(runtime: Runtime) -> None:
    write_program(runtime, "terraform", f"env > {runtime.root / 'env'}")
    write_program(runtime, "regctl", "")
    (runtime.root / "terraform").mkdir()
    (runtime.root / "terraform/main.tf").touch()
    runtime.terraform().init()
    assert given(runtime) == {"HOME", "AWS_SECRET_ACCESS_KEY"}


def test_a_program_is_asked_its_version_with_no_more(runtime: Runtime) -> None:
    write_program(runtime, "regsync", "")
    (runtime.root / "bin/regsync").write_text(f"#!/bin/sh\nenv > {runtime.root / 'env'}; echo v9.9.9\n")
    runtime.toolbox.get("regsync")
    assert given(runtime) == {"HOME"}


def test_what_regctl_says_is_understood_first_and_masked_then(runtime: Runtime) -> None:
    runtime.environ = {**runtime.environ, "DOCKER_TOKEN": "unauthorized"}
    write_program(runtime, "regctl", "echo 'unauthorized, of robot' >&2; exit 1")
    with pytest.raises(RegistryFailed) as caught:
        runtime.regctl().tags("quay.io/org/app")
    assert (caught.value.message, caught.value.kind) == ("***, of robot", Kind.UNAUTHORIZED)


@pytest.mark.parametrize("word", ["harbor", "example.com", "org", "app", "level", "error", "denied", "t"])
def test_a_password_that_is_a_word_of_regsyncs_log_does_not_hide_what_it_is_about(runtime: Runtime, word: str) -> None:
    runtime.environ = {**runtime.environ, "DOCKER_TOKEN": word}
    line = {
        "level": "ERROR",
        "msg": "Failed to sync",
        "source": "quay.io/org/app:1.0",
        "target": "harbor.example.com/quay/org/app:1.0",
        "error": f"denied [http 403] for {word}",
    }
    write_program(runtime, "regsync", f"cat >&2 <<'END'\n{json.dumps(line)}\nEND\nexit 1")
    write_program(runtime, "regctl", "")
    told: list[Event] = []
    outcome = runtime.regsync().once("", on_event=told.append)
    (event,) = outcome.of(EventKind.FAILED)
    assert event.target == "harbor.example.com/quay/org/app:1.0"
    assert event.failure_kind is Kind.UNAUTHORIZED
    assert told[0].reason == outcome.quote(event).reason
    assert told[0].reason.endswith(" for ***")


def test_regsync_is_quoted_without_secrets_where_it_names_no_image(runtime: Runtime) -> None:
    said = json.dumps({"msg": "broken", "config": PASSWORD})
    write_program(runtime, "regsync", f"cat >&2 <<'END'\n{said}\nEND\nexit 1")
    write_program(runtime, "regctl", "")
    trouble = runtime.regsync().check("").trouble
    assert '{"msg": "broken", "config": "***"}' in trouble


def test_only_regsync_looks_where_a_variable_names_what_signs_it_in(
    runtime: Runtime, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the project, too: beside that program may be others that a branch has put there."""
    target, cache = EcrTarget("123456789012", "eu-west-1"), tmp_path_factory.mktemp("cache")
    helper = tmp_path / "named/docker-credential-ecr-login"
    runtime = Runtime(
        tmp_path,
        replace(runtime.desired, target=target),
        environ={
            **runtime.environ,
            "HOME": "/nowhere",
            "MIRRORGEN_CACHE_DIR": str(cache),
            "PATH": f"{tmp_path}/bin:/usr/bin:/bin",
            "MIRRORGEN_REGSYNC": str(tmp_path / "bin/regsync"),
            "MIRRORGEN_TERRAFORM": str(tmp_path / "bin/terraform"),
            "MIRRORGEN_DOCKER_CREDENTIAL_ECR_LOGIN": str(helper),
        },
    )
    monkeypatch.setattr(Runtime, "destination", SimpleNamespace(target=target, environment={}, displaced=()))
    note = f'printf "%s" "$PATH" > {tmp_path}/path'
    write_program(runtime, "regsync", note)
    write_program(runtime, "terraform", note)
    (tmp_path / "terraform").mkdir()
    (tmp_path / "terraform/main.tf").touch()

    runtime.regsync().check("")
    assert (tmp_path / "path").read_text() == f"{tmp_path}/named:{cache}/bin:/usr/bin:/bin"
    runtime.terraform().init()
    assert (tmp_path / "path").read_text() == f"{cache}/bin:/usr/bin:/bin"
