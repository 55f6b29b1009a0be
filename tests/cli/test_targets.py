"""`targets:`: what is for all of them, what is for one, and which of the files are whose."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import typer
import yaml

from mirrorgen.cli import app
from mirrorgen.commands.aiming import VARIABLE
from mirrorgen.commands.reported import Result
from mirrorgen.operations import planning
from mirrorgen.operations.planning import MirrorPlan
from mirrorgen.operations.repositories.planning import unmanaged_failures
from mirrorgen.outcomes import ExitCode, Failure, Kind, TagRef
from mirrorgen.reporting.views import View
from mirrorgen.tools.terraform import Change
from tests.conftest import RunCli

LIST = """\
targets:
  eu: {account_id: "123456789012", region: eu-west-1}
  us:
    account_id: "123456789012"
    region: us-east-1
    images: {sources: ["quay.io/*"]}
  edge:
    account_id: "210987654321"
    region: eu-west-1
    prefix: copies
    images: {labels: [edge]}
images:
  - source: docker.io/library/nginx
    tags: ["1.25.3"]
    labels: [edge]
  - source: quay.io/prometheus/prometheus
    tags: ["v2.48.0"]
"""
EU, EDGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com", "210987654321.dkr.ecr.eu-west-1.amazonaws.com"


@pytest.fixture
def folder(in_folder: Path) -> Path:
    (in_folder / "images.yaml").write_text(LIST)
    return in_folder


def copied(folder: Path, target: str) -> dict[str, str]:
    """Target by source, of what regsync is told."""
    steps = yaml.safe_load((folder / f"regsync.{target}.yaml").read_text())["sync"]
    return {step["source"]: step["target"] for step in steps}


def repositories(folder: Path, target: str) -> list[str]:
    document = json.loads((folder / f"terraform/{target}.tfvars.json").read_text())
    return [image["repository"] for image in document["mirrored_images"]]


def test_each_target_has_files_of_its_own_with_what_it_takes(run_cli: RunCli, folder: Path) -> None:
    assert run_cli("render").exit_code == 0
    assert sorted(path.name for path in folder.glob("*.yaml")) == [
        "images.yaml",
        "regsync.edge.yaml",
        "regsync.eu.yaml",
        "regsync.us.yaml",
    ]
    assert repositories(folder, "eu") == ["mirror/docker-hub/nginx", "mirror/quay/prometheus/prometheus"]
    assert repositories(folder, "us") == ["mirror/quay/prometheus/prometheus"]
    assert repositories(folder, "edge") == ["copies/docker-hub/nginx"]
    assert run_cli("render", "--check").exit_code == 0


def test_the_others_read_what_the_first_has(run_cli: RunCli, folder: Path) -> None:
    run_cli("render")
    assert list(copied(folder, "eu")) == ["docker.io/library/nginx", "quay.io/prometheus/prometheus"]
    assert copied(folder, "edge") == {f"{EU}/mirror/docker-hub/nginx": f"{EDGE}/copies/docker-hub/nginx"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("region: eu-west-1}", 'region: eu-west-1, images: {sources: ["quay.io/*"]}}'),
        ("prefix: copies", "from: upstream"),
    ],
    ids=["the first does not take it", "the target says so"],
)
def test_what_the_first_does_not_give_comes_from_upstream(
    run_cli: RunCli, folder: Path, before: str, after: str
) -> None:
    (folder / "images.yaml").write_text(LIST.replace(before, after, 1))
    assert run_cli("render").exit_code == 0
    assert list(copied(folder, "edge")) == ["docker.io/library/nginx"]


def test_files_of_a_list_with_one_target_go(run_cli: RunCli, folder: Path) -> None:
    (folder / "images.yaml").write_text(LIST[LIST.index("images:\n") :])
    assert run_cli("render").exit_code == 0
    (folder / "images.yaml").write_text(LIST)
    assert run_cli("render", "--check").exit_code == 3
    assert run_cli("render").exit_code == 0
    assert not (folder / "regsync.yaml").exists()
    # Terraform would read it for every target.
    assert not (folder / "terraform/terraform.tfvars.json").exists()


@pytest.mark.parametrize(
    "after", [LIST.replace("  edge:", "  outpost:"), LIST[LIST.index("images:\n") :]], ids=["renamed", "one is left"]
)
def test_files_of_a_target_that_the_list_has_no_more_go(run_cli: RunCli, folder: Path, after: str) -> None:
    assert run_cli("render").exit_code == 0
    theirs = {"terraform/more.tfvars.json": "{}", "regsync.test.yaml": "version: 1\n"}
    for name, text in theirs.items():
        (folder / name).write_text(text)
    (folder / "terraform/linked.tfvars.json").symlink_to("more.tfvars.json")
    (folder / "images.yaml").write_text(after)
    assert "--- a/terraform/edge.tfvars.json" in run_cli("render", "--check").stdout
    assert "removed regsync.edge.yaml\n" in run_cli("generate").stderr
    assert not (folder / "regsync.edge.yaml").exists()
    assert not (folder / "terraform/edge.tfvars.json").exists()
    assert {name: (folder / name).read_text() for name in theirs} == theirs
    assert run_cli("render", "--check").exit_code == 0


ONE_TARGET = (
    *(
        "adopt",
        "apply",
        "covers",
        "demo",
        "lifecycle",
        "move",
        "plan",
        "prune",
        "resolve",
        "rewrite",
        "run",
        "status",
        "sync",
    ),
)
ARGUMENTS = {
    "covers": ["pod.yaml"],
    "prune": ["--plan", "prune.json"],
    "resolve": ["nginx"],
    "rewrite": ["kustomize"],
    "run": ["--yes"],
}


@pytest.mark.parametrize("command", [*ONE_TARGET, "matrix"])
def test_what_asks_or_changes_a_target_is_told_which(run_cli: RunCli, folder: Path, command: str) -> None:
    argv = [command, *ARGUMENTS.get(command, []), *(["--shards", "2"] if command == "matrix" else [])]
    result = run_cli(*argv)
    assert (result.exit_code, result.stderr) == (
        2,
        "error: images.yaml has several targets\nhint: give --target with one of: eu, us, edge\n",
    )
    result = run_cli(*argv, "--target", "usa")
    assert (result.exit_code, result.stderr) == (
        2,
        "error: images.yaml has no target 'usa'\nhint: one of: eu, us, edge\n",
    )
    (folder / "images.yaml").write_text(LIST[LIST.index("images:\n") :])
    result = run_cli(*argv, "--target", "us")
    assert result.exit_code == 2
    assert "images.yaml has no target 'us'\nhint: leave --target out" in result.stderr


def test_a_target_that_the_variable_names_is_looked_for_in_the_variable(
    run_cli: RunCli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "usa")
    result = run_cli("resolve", "nginx")
    assert (result.exit_code, result.stderr) == (
        2,
        "error: images.yaml has no target 'usa', which MIRRORGEN_TARGET names\nhint: one of: eu, us, edge\n",
    )
    (folder / "images.yaml").write_text(LIST[LIST.index("images:\n") :])
    result = run_cli("resolve", "nginx")
    assert (result.exit_code, result.stderr) == (
        2,
        "error: images.yaml has no target 'usa', which MIRRORGEN_TARGET names\n"
        "hint: unset MIRRORGEN_TARGET: the list has one target, under `target`\n",
    )


def test_every_command_is_for_one_target_or_for_all() -> None:
    commands = typer.main.get_group(app).commands
    asked = {name for name, command in commands.items() if any("--target" in each.opts for each in command.params)}
    # What `import` calls so is where the other tool copies to.
    assert asked == {*ONE_TARGET, "matrix", "import"}


def test_a_variable_names_the_target_for_a_whole_job(
    run_cli: RunCli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "edge")
    assert run_cli("resolve", "nginx:1.25.3").stdout == f"{EDGE}/copies/docker-hub/nginx:1.25.3\n"
    assert run_cli("resolve", "nginx:1.25.3", "--target", "eu").stdout == f"{EU}/mirror/docker-hub/nginx:1.25.3\n"
    # What is for all targets is for all in that job, too.
    assert run_cli("render").exit_code == 0
    assert (folder / "regsync.us.yaml").exists()


def test_what_is_to_be_run_next_is_for_the_same_target(
    run_cli: RunCli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert folder.exists()
    run_cli("render")
    hint = "hint: run `mirrorgen plan{}` first; `apply` applies exactly what it showed\n"
    assert run_cli("apply", "--target", "us").stderr.endswith(hint.format(" --target us"))
    # What looks at all targets takes none.
    (folder / "regsync.us.yaml").unlink()
    assert "hint: run `mirrorgen render` and" in run_cli("apply", "--target", "us").stderr
    run_cli("render")
    monkeypatch.setenv(VARIABLE, "us")
    assert run_cli("apply").stderr.endswith(hint.format(""))


def test_a_command_goes_through_all_targets_whatever_one_of_them_does(run_cli: RunCli, folder: Path) -> None:
    assert folder.exists()
    run_cli("render")
    result = run_cli("apply", "--all-targets")
    said = re.findall(r"target \w+:|`mirrorgen plan[^`]*`", result.stderr)
    targets = ("eu", "us", "edge")
    assert said == [said for name in targets for said in (f"target {name}:", f"`mirrorgen plan --target {name}`")]
    assert result.exit_code == run_cli("apply", "--target", "eu").exit_code != 0
    # Nothing is copied to a target of which nothing could be said.
    ran = run_cli("run", "--yes", "--all-targets")
    assert (ran.exit_code, ran.stderr.count("error: regsync: not found")) == (4, 3)
    assert ran.stderr.count("nothing is copied, for the reason above") == 3


@pytest.mark.parametrize("unmanaged", [True, False])
def test_a_plan_that_cannot_be_applied_counts_for_its_target(
    run_cli: RunCli, folder: Path, monkeypatch: pytest.MonkeyPatch, *, unmanaged: bool
) -> None:
    """Neither sync nor status would say it: they find the repository, which Terraform does not know."""
    assert folder.exists()
    there = (Change("this", "aws_ecr_repository", "mirror/quay/app", "create"),) if unmanaged else ()
    failures = tuple(unmanaged_failures(there)) or (Failure(TagRef("mirror/quay/app", "v1"), Kind.UNAVAILABLE, "yet"),)
    monkeypatch.setattr(planning, "make_plan", lambda *_, **__: MirrorPlan((), (), failures, unmanaged=there))
    monkeypatch.setattr("mirrorgen.commands.run._Run._apply", lambda _run: Result(ExitCode.OK, View({}, ())))
    monkeypatch.setattr("mirrorgen.commands.run._Run.fill", lambda _run: ExitCode.OK)
    assert run_cli("run", "--yes", "--all-targets").exit_code == (ExitCode.FAILED if unmanaged else ExitCode.OK)


@pytest.mark.parametrize(
    "argv",
    [
        ("plan", "--target", "eu"),
        ("apply", "--report", "report.json"),
        ("plan", "--format", "json"),
        ("status", "--format", "html"),
        ("status", "--format", "prometheus"),
        ("lifecycle", "--format", "json"),
        ("run", "--yes", "--target", "eu"),
        ("run", "--yes", "--report", "report.json"),
        ("run", "--yes", "--format", "json"),
        ("run",),
    ],
)
def test_what_is_of_one_target_does_not_go_with_all(run_cli: RunCli, folder: Path, argv: tuple[str, ...]) -> None:
    run_cli("render")
    result = run_cli(*argv, "--all-targets")
    assert (result.exit_code, "target eu" in result.stderr) == (2, False)
    assert not (folder / "report.json").exists()


def test_a_page_of_all_targets_says_which_part_is_of_which(run_cli: RunCli, folder: Path) -> None:
    assert folder.exists()
    page = run_cli("lifecycle", "--all-targets", "--format", "markdown").stdout
    # A heading is one only behind a blank line or at the beginning.
    parts = re.split(r"^\n## Target (\w+)\n\n", page, flags=re.MULTILINE)
    assert (parts[0], parts[1::2]) == ("", ["eu", "us", "edge"])
    assert ["`copies/docker-hub/nginx`" in part for part in parts[2::2]] == [False, False, True]


def test_all_targets_are_meant_also_where_a_variable_names_one(
    run_cli: RunCli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert folder.exists()
    run_cli("render")
    monkeypatch.setenv(VARIABLE, "us")
    for argv in (("apply",), ("run", "--yes")):
        said = re.findall(r"target (\w+):", run_cli(*argv, "--all-targets").stderr)
        assert list(dict.fromkeys(said)) == ["eu", "us", "edge"]


def test_all_targets_of_a_list_with_one_are_that_one(run_cli: RunCli, folder: Path) -> None:
    (folder / "images.yaml").write_text(LIST[LIST.index("images:\n") :])
    run_cli("render")
    result = run_cli("apply", "--all-targets")
    assert (result.exit_code, result.stderr) == (1, run_cli("apply").stderr)
