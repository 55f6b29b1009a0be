"""run: plan, ask, apply, sync and status in one command, which goes as far as it can and says the worst."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mirrorgen.master_list.shape import load_schema
from tests.real.conftest import Project

APP, OTHER = "quay.io/run/app", "quay.io/run/other"
IMAGES = {APP: ["v1.0.0"], OTHER: ["v1.0.0"]}


@pytest.fixture
def listed(project: Project) -> Project:
    project.serve(IMAGES)
    project.write(IMAGES)
    return project


def exit_codes(document: Any) -> dict[str, int]:
    return {name: step["exit_code"] for name, step in document["steps"].items()}


def run(project: Project, *args: str) -> tuple[int, dict[str, Any]]:
    """Run in JSON; return the exit code and the document."""
    result = project.run("run", "--yes", "--retries", "0", "--format", "json", *args)
    return result.returncode, json.loads(result.stdout)


def answer(project: Project, text: str, *args: str) -> tuple[int, str, str]:
    """Run on a terminal, type an answer; return the exit code, the results, and what the terminal showed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        project.argv("run", *args),
        cwd=project.folder,
        env={**project.env, "TERM": "dumb"},
        stdin=theirs,
        stderr=theirs,
        stdout=subprocess.PIPE,
        text=True,
    )
    os.close(theirs)
    os.write(ours, text.encode())
    results, _ = process.communicate(timeout=300)
    shown = b""
    try:
        while chunk := os.read(ours, 4096):
            shown += chunk
    except OSError:
        pass  # how the end of a terminal is told
    os.close(ours)
    return process.returncode, results, shown.decode().replace("\r\n", "\n")


def test_one_command_makes_the_repositories_copies_and_looks(listed: Project) -> None:
    result = listed.run("run", "--yes")
    assert result.returncode == 0, result.stdout + result.stderr
    said = [
        "Repositories: 2 to create. Tags: 2 to copy.\n\nRepositories created:\n",
        "\nTags copied: 2, up to date: 0, failed: 0. All 2 tags of the list are in ECR.\n\n",
        "ECR holds what the list asks for.\n",
    ]
    assert [text for text in said if text not in result.stdout] == []
    assert listed.held("quay/run/app").keys() == {"v1.0.0"}

    again, document = run(listed)
    assert (again, exit_codes(document)) == (0, {"plan": 0, "apply": 0, "sync": 0, "status": 0})
    quiet = listed.run("run", "--yes", "--quiet")
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")


def test_without_a_terminal_nothing_is_done_unless_told(listed: Project) -> None:
    result = listed.run("run")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        "error: there is no terminal on which to ask whether this is to be done\n"
        "hint: give --yes, or look first with `mirrorgen plan`\n"
    )
    assert not (listed.folder / "terraform/.mirrorgen").exists()


def test_on_a_terminal_the_plan_is_shown_and_only_a_yes_carries_it_out(listed: Project) -> None:
    for no in ("n\n", "\n", "yess\n"):
        code, results, shown = answer(listed, no)
        assert code == 3, shown
        assert results.endswith("Repositories: 2 to create. Tags: 2 to copy.\n")
        assert "\nApply and copy? [y/N] " in shown
        assert shown.endswith("nothing was done\n")
    assert not repositories(listed)
    code, results, shown = answer(listed, "n\n", "--format", "json")
    assert (code, exit_codes(json.loads(results))) == (3, {"plan": 3})
    assert "Repositories: 2 to create. Tags: 2 to copy.\n\nApply and copy? [y/N] " in shown

    code, results, shown = answer(listed, "y\n")
    assert code == 0, shown
    assert results.endswith("ECR holds what the list asks for.\n")
    # With nothing to do there is nothing to ask.
    code, _, shown = answer(listed, "")
    assert (code, "[y/N]" in shown) == (0, False)


def repositories(project: Project) -> set[str]:
    pages = project.client().get_paginator("describe_repositories").paginate()
    names = {repository["repositoryName"] for page in pages for repository in page["repositories"]}
    return {name.removeprefix(f"{project.prefix}/") for name in names if name.startswith(f"{project.prefix}/")}


def test_an_upstream_that_is_down_keeps_nobody_waiting_and_counts(listed: Project, closed_port: int) -> None:
    listed.registries = {"gcr.io": {"hostname": f"127.0.0.1:{closed_port}", "tls": "disabled"}}
    listed.write({**IMAGES, "gcr.io/run/down": ["v1.0.0"]})
    code, document = run(listed, "--report", "report.json")
    assert (code, exit_codes(document)) == (5, {"plan": 5, "apply": 0, "sync": 5, "status": 3})
    assert {ref["repository"] for ref in document["steps"]["sync"]["result"]["copied"]} == {
        f"{listed.prefix}/quay/run/app",
        f"{listed.prefix}/quay/run/other",
    }
    report = json.loads((listed.folder / "report.json").read_text())
    Draft202012Validator(load_schema("report")).validate(report)
    assert (report["command"], report["exit_code"]) == ("run", 5)
    assert report["result"] == {"steps": document["steps"]}
    merged = listed.run("report", "--merge", "report.json")
    assert merged.returncode == 1
    assert "is a report of run, and only those of sync have parts" in merged.stderr


def test_a_rule_that_chooses_nothing_keeps_nobody_waiting_and_is_a_mistake(listed: Project) -> None:
    listed.write({APP: {"semver": [">=9"]}, OTHER: ["v1.0.0"]})
    code, document = run(listed)
    assert (code, exit_codes(document)) == (1, {"plan": 1, "apply": 0, "sync": 1, "status": 1})
    assert listed.held("quay/run/other").keys() == {"v1.0.0"}


def test_a_repository_is_destroyed_only_when_told_and_the_others_are_filled_all_the_same(listed: Project) -> None:
    assert run(listed)[0] == 0
    listed.serve({APP: ["v2.0.0"]})
    listed.write({APP: ["v2.0.0"]})
    code, document = run(listed)
    assert (code, exit_codes(document)) == (1, {"plan": 3, "apply": 1, "sync": 0, "status": 0})
    assert "the plan destroys repositories with their images" in document["steps"]["apply"]["error"]
    assert listed.held("quay/run/app").keys() == {"v1.0.0", "v2.0.0"}
    assert repositories(listed) == {"quay/run/app", "quay/run/other"}

    _, _, shown = answer(listed, "n\n")
    assert "Without --allow-destroy nothing will be applied. Copy all the same? [y/N]" in shown
    code, document = run(listed, "--allow-destroy")
    assert (code, exit_codes(document)) == (0, {"plan": 3, "apply": 0, "sync": 0, "status": 0})
    assert repositories(listed) == {"quay/run/app"}


def test_a_plan_that_was_not_saved_is_not_applied_and_what_is_there_is_filled(listed: Project) -> None:
    listed.create_repositories()
    code, document = run(listed)
    assert (code, exit_codes(document)) == (5, {"plan": 5, "sync": 0, "status": 3})
    assert listed.held("quay/run/app").keys() == {"v1.0.0"}
    _, _, shown = answer(listed, "n\n")
    assert "Nothing will be applied. Copy all the same, into the repositories that are there? [y/N]" in shown
    # Also where the repositories of all targets are to be made before any is filled.
    everywhere = listed.run("run", "--yes", "--all-targets", "--retries", "0")
    assert everywhere.returncode == 5
    assert "Tags present: 2, missing: 0" in everywhere.stdout


def test_terraform_that_fails_is_not_applied_and_what_is_there_is_filled(
    listed: Project, fake_tool: Callable[[str, str], Path]
) -> None:
    listed.create_repositories()
    version = json.dumps({"terraform_version": "1.11.4"})
    broken = fake_tool("terraform", f"[ \"$1\" = version ] && echo '{version}' || {{ echo no state >&2; exit 1; }}")
    code, document = run(listed, "--terraform-bin", str(broken))
    assert (code, exit_codes(document)) == (5, {"plan": 5, "sync": 0, "status": 3})
    assert "no state" in document["steps"]["plan"]["error"]
    assert listed.held("quay/run/app").keys() == {"v1.0.0"}


def test_a_list_that_is_not_rendered_stops_the_run_before_anything_is_done(listed: Project) -> None:
    (listed.folder / "regsync.yaml").write_text("version: 1\n")
    result = listed.run("run", "--yes", "--report", "report.json")
    assert result.returncode == 1
    assert "the generated files are not what the list asks for" in result.stderr
    assert json.loads((listed.folder / "report.json").read_text())["result"] is None
    assert not repositories(listed)


def test_each_step_is_a_section_of_the_page_of_a_job(listed: Project) -> None:
    listed.variables = {"GITHUB_STEP_SUMMARY": str(listed.folder / "summary.md")}
    result = listed.run("run", "--yes", "--format", "markdown")
    assert result.returncode == 0, result.stderr
    titles = [f"## mirrorgen {name}" for name in ("plan", "apply", "sync", "status")]
    for text in (result.stdout, (listed.folder / "summary.md").read_text()):
        assert [line for line in text.splitlines() if line.startswith("## ")] == titles
