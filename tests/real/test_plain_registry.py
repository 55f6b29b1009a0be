"""A plain OCI registry as the target: CNCF distribution with a password file, from plan to prune."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mirrorgen.operations.stand_in import path_prefix
from tests.real.conftest import Project
from tests.real.distribution import PASSWORD, USER, Distribution, distribution

SOURCE, NAME = "quay.io/org/plain", "mirror/quay/org/plain"
TAGS = ["v1.0.0", "v1.1.0"]


@pytest.fixture
def target(distribution_binary: Path, tmp_path: Path) -> Iterator[Distribution]:
    with distribution(tmp_path / "registry", distribution_binary) as running:
        yield running


@pytest.fixture
def plain(project: Project, target: Distribution) -> Project:
    """A project whose target is that registry, and whose environment knows nothing of AWS."""
    project.serve({SOURCE: [*TAGS, "old"]})
    project.variables = {"T_USER": USER, "T_PASSWORD": PASSWORD, "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    write(project, target, TAGS)
    return project


def write(project: Project, target: Distribution, tags: Any) -> None:
    host = SOURCE.partition("/")[0]
    document = {
        "target": {
            "registry": f"{target.host}/mirror",
            "tls": "disabled",
            "credentials": {"username_env": "T_USER", "password_env": "T_PASSWORD"},
        },
        "registries": {host: {"hostname": project.ecr.address, "tls": "disabled", "path_prefix": path_prefix(host)}},
        "images": [{"source": SOURCE, "tags": tags}],
    }
    (project.folder / "images.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    result = project.run("render")
    assert result.returncode == 0, result.stderr


def test_one_command_fills_it_and_there_is_nothing_to_apply(plain: Project) -> None:
    result = plain.run("run", "--yes", "--format", "json")
    assert result.returncode == 0, result.stderr
    steps = json.loads(result.stdout)["steps"]
    assert {name: step["exit_code"] for name, step in steps.items()} == {"plan": 3, "sync": 0, "status": 0}


def test_it_is_filled_and_found_to_hold_what_the_list_asks_for(plain: Project, target: Distribution) -> None:
    plan = plain.run("plan", "--format", "json")
    assert plan.returncode == 3, plan.stderr
    planned = json.loads(plan.stdout)
    assert [ref["tag"] for ref in planned["copy"]] == TAGS
    assert planned["pushing"] is None, "its rate is not known"
    assert "terraform" not in plan.stderr

    first = plain.run("sync")
    assert first.returncode == 0, first.stderr
    assert first.stdout == f"Tags copied: 2, up to date: 0, failed: 0. All 2 tags of the list are in {target.host}.\n"
    assert plain.run("sync").stdout.startswith("Tags copied: 0, up to date: 2,")
    assert plain.run("plan").returncode == 0

    status = plain.run("status", "--upstream")
    assert status.returncode == 0, status.stdout + status.stderr
    assert f"{target.host} holds what the list asks for." in status.stdout


def test_it_needs_no_files_for_terraform(plain: Project) -> None:
    assert not (plain.folder / "terraform/terraform.tfvars.json").exists()


def test_what_is_missing_and_what_is_too_much_are_shown_and_pruned(plain: Project, target: Distribution) -> None:
    write(plain, target, ["v1.0.0", "old"])
    assert plain.run("sync").returncode == 0
    write(plain, target, TAGS)
    status = plain.run("status", "--format", "json")
    assert status.returncode == 3, status.stderr
    counts = json.loads(status.stdout)["counts"]
    assert (counts["present"], counts["missing"], counts["extra"]) == (1, 1, 1)

    refused = plain.run("prune", "--plan", "prune.json")
    assert refused.returncode == 2
    assert "does not tell when an image was pushed" in refused.stderr
    assert plain.run("prune", "--plan", "prune.json", "--older-than", "0").returncode == 3
    applied = plain.run("prune", "--apply", "prune.json", "--older-than", "0", "--format", "json")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert [removal["tag"] for removal in json.loads(applied.stdout)["deleted"]] == ["old"]
    assert json.loads(plain.run("status", "--format", "json").stdout)["counts"]["extra"] == 0


def test_a_repository_that_the_list_does_not_have_is_a_stray(plain: Project) -> None:
    assert plain.run("sync").returncode == 0
    text = (plain.folder / "images.yaml").read_text()
    (plain.folder / "images.yaml").write_text(text + "  repository: mirror/other\n")
    (stray,) = json.loads(plain.run("status", "--format", "json").stdout)["strays"]
    assert stray == {"name": NAME, "images": None, "size_bytes": None, "pulled_at": None}
    assert "adopt" not in plain.run("status").stdout


def test_without_a_path_nothing_tells_a_stray_from_what_is_somebody_elses(plain: Project, target: Distribution) -> None:
    assert plain.run("sync").returncode == 0
    path = plain.folder / "images.yaml"
    path.write_text(path.read_text().replace(f"registry: {target.host}/mirror", f"registry: {target.host}"))
    status = plain.run("status", "--format", "json")
    assert json.loads(status.stdout)["strays"] is None
    assert "not known, without a path they may be anybody's" in plain.run("status").stdout


def test_images_that_come_from_the_target_are_read_with_its_sign_in(plain: Project, target: Distribution) -> None:
    assert plain.run("sync").returncode == 0
    source = f"{target.host}/{NAME}"
    document = yaml.safe_load((plain.folder / "images.yaml").read_text())
    document |= {"registries": {target.host: {"alias": "own"}}, "images": [{"source": source, "tags": ["v1.0.0"]}]}
    (plain.folder / "images.yaml").write_text(yaml.safe_dump(document))
    sync = plain.run("sync", "--verify")
    assert sync.returncode == 0, sync.stdout + sync.stderr
    status = plain.run("status", "--upstream", "--format", "json")
    assert json.loads(status.stdout)["counts"]["present"] == 1, status.stdout + status.stderr
    assert plain.run("tags").returncode == 0


def test_a_wrong_password_is_said_before_anything_is_copied_and_shown_nowhere(plain: Project) -> None:
    wrong = "a-wrong-password-nobody-may-see"
    plain.variables |= {"T_PASSWORD": wrong}
    result = plain.run("--debug", "sync")
    assert result.returncode == 5
    assert "unauthorized" in result.stderr
    assert wrong not in result.stdout + result.stderr


def test_variables_that_are_not_set_are_named(plain: Project, target: Distribution) -> None:
    plain.variables |= {"T_PASSWORD": ""}
    result = plain.run("sync")
    assert result.returncode == 2
    assert f"not set in the environment: T_PASSWORD (credentials of {target.host})" in result.stderr


def test_every_platform_can_be_pulled_or_is_named(plain: Project, target: Distribution) -> None:
    assert plain.run("sync").returncode == 0
    (plain.folder / "images.txt").write_text(f"{SOURCE}:v1.0.0\n{SOURCE}:v1.1.0\n")
    whole = plain.run("covers", "images.txt", "--live")
    assert whole.returncode == 0, whole.stdout + whole.stderr
    target.delete(NAME, target.platforms(NAME, "v1.0.0")["linux/arm64"])
    result = plain.run("covers", "images.txt", "--live")
    assert result.returncode == 3
    assert f"{SOURCE}:v1.0.0: {target.host} has its index, and not linux/arm64\n" in result.stdout
    assert "not there: 1" in result.stdout
