"""What becomes of the mirror's own state when its account has been prepared; Terraform is a script here."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mirrorgen.bootstrapping.running import Bootstrap
from mirrorgen.errors import ToolFailed
from mirrorgen.tools.runner import ProcessRunner

ACCOUNT: dict[str, Any] = {
    "account_id": "123456789012",
    "region": "eu-west-1",
    "state_bucket": "states",
    "roles": {},
    "environments": {},
}
SAID = "# The backend is in a file of its own, as a cloud would have its state.\n"
CLOUD = 'terraform {\n  cloud {\n    organization = "example"\n  }\n}\n'
ELSEWHERE = 'terraform {\n  backend "gcs" {\n    bucket = "ours"\n  }\n}\n'

Prepare = Callable[..., Bootstrap]


@pytest.fixture
def prepare(tmp_path: Path) -> Prepare:
    """Put a mirror there with a state in a file, and a plan of its account that was shown."""

    def made(*, main: str = SAID, init: str = "") -> Bootstrap:
        root = tmp_path / "project"
        for folder in ("terraform", "bootstrap/terraform/.mirrorgen"):
            (root / folder).mkdir(parents=True)
        (root / "terraform/main.tf").write_text(main)
        (root / "terraform/terraform.tfstate").write_text("{}")
        (root / "bootstrap/terraform/main.tf").write_text("")
        (root / "bootstrap/terraform/.mirrorgen/plan.tfplan").write_text("a plan")
        outputs = json.dumps({"account": {"value": ACCOUNT}})
        script = tmp_path / "terraform"
        script.write_text(
            "#!/bin/sh\n"
            'case "$1 $2" in\n'
            """version*) echo '{"terraform_version": "1.11.4"}';;\n"""
            f"*output) echo '{outputs}';;\n"
            "*show) echo '{}';;\n"
            f'*init) echo "$*" >> {tmp_path}/inits; {init or ":"};;\n'
            "esac\n"
        )
        script.chmod(0o755)
        return Bootstrap(root, {"PATH": "/usr/bin:/bin"}, ProcessRunner(), lambda _: None, script)

    return made


def moved(run: Bootstrap) -> list[str]:
    """The modules of which Terraform was told to move the state, below the folder of the list."""
    lines = (run.root.parent / "inits").read_text().splitlines()
    assert all("-migrate-state" in line for line in lines)
    return [line.split()[0].removeprefix(f"-chdir={run.root}/") for line in lines]


def test_a_state_in_a_file_goes_into_the_bucket_that_was_made(prepare: Prepare) -> None:
    run = prepare()
    run.apply(wait=False)
    assert moved(run) == ["bootstrap/terraform", "terraform"]
    assert '"states"' in (run.root / "terraform/backend.tf").read_text()


@pytest.mark.parametrize("main", [CLOUD, ELSEWHERE])
def test_a_module_that_says_where_its_state_is_stays_as_it_is(prepare: Prepare, main: str) -> None:
    run = prepare(main=main)
    run.apply(wait=False)
    assert moved(run) == ["bootstrap/terraform"]
    assert not (run.root / "terraform/backend.tf").exists()


def test_what_could_not_be_moved_is_moved_by_the_next_run(prepare: Prepare, tmp_path: Path) -> None:
    (tmp_path / "down").touch()
    run = prepare(init=f'case "$1" in *bootstrap*) ;; *) test ! -e {tmp_path}/down;; esac')
    with pytest.raises(ToolFailed):
        run.apply(wait=False)
    (tmp_path / "down").unlink()
    (run.root / "bootstrap/terraform/.mirrorgen/plan.tfplan").write_text("a plan")
    run.apply(wait=False)
    assert moved(run) == ["bootstrap/terraform", "terraform"] * 2
    assert (run.root / "terraform/backend.tf").exists()
