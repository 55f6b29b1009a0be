"""action.yml as a runner of GitHub runs it: each step with the variables and the PATH that those before it left."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from mirrorgen import __version__
from mirrorgen.tools.versions import tool_specs
from tests.checkout import ROOT, copy_of_checkout
from tests.conftest import ORIGINAL_ENVIRONMENT
from tests.documents import code, rows_of

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
DEFAULTS = {name: given["default"] for name, given in ACTION["inputs"].items()}
PROGRAMS = [name for name, spec in tool_specs().items() if spec.module and not spec.is_optional]


@dataclass
class Job:
    """A job on a runner with Python and Go, and nothing else but what the system has.

    Attributes:
        env: what each step gets.
        folder: where the job works.
    """

    env: dict[str, str]
    folder: Path

    def run(self, step: dict[str, Any], inputs: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """Run the shell of a step as the runner does, and take over what it leaves for the next."""
        for name in ("GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT"):
            Path(self.env[name]).write_text("")
        given = {name: substituted(text, inputs) for name, text in step.get("env", {}).items()}
        completed = subprocess.run(
            # https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax, "shell"
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            env={**self.env, **given},
            cwd=self.folder,
            check=False,
            capture_output=True,
            text=True,
        )
        for line in Path(self.env["GITHUB_ENV"]).read_text().splitlines():
            name, _, value = line.partition("=")
            self.env[name] = value
        for line in Path(self.env["GITHUB_PATH"]).read_text().splitlines():
            self.env["PATH"] = f"{line}:{self.env['PATH']}"
        return completed

    def run_all(self, **given: str) -> dict[str, str]:
        """Run all steps, which must succeed, and return the outputs of the action."""
        inputs = {**DEFAULTS, **given}
        outputs: dict[str, str] = {}
        for step in STEPS:
            if "run" not in step or not wanted(step, inputs):
                continue
            completed = self.run(step, inputs)
            assert completed.returncode == 0, completed.stdout + completed.stderr
            for line in Path(self.env["GITHUB_OUTPUT"]).read_text().splitlines():
                name, _, value = line.partition("=")
                outputs[f"${{{{ steps.{step.get('id')}.outputs.{name} }}}}"] = value
        return {name: outputs[output["value"]] for name, output in ACTION["outputs"].items()}

    def shell(self, command: str) -> str:
        """Return what a later step of the job prints."""
        completed = self.run({"run": command}, {})
        assert completed.returncode == 0, completed.stdout + completed.stderr
        return completed.stdout


def wanted(step: dict[str, Any], inputs: dict[str, str]) -> bool:
    """What the one condition that steps have says of these inputs."""
    condition = step.get("if")
    assert condition in (None, "inputs.tools == 'true'"), condition
    return condition is None or inputs["tools"] == "true"


def substituted(text: str, inputs: dict[str, str]) -> str:
    return re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda match: inputs[match.group(1)], text)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    programs = tmp_path / "set-up"
    programs.mkdir()
    # What setup-python and setup-go put on PATH.
    (programs / "python").symlink_to(Path(sys.base_prefix) / "bin/python3")
    go = subprocess.run(
        ["go", "env", "GOROOT", "GOCACHE", "GOMODCACHE"],
        env=ORIGINAL_ENVIRONMENT,
        check=True,
        capture_output=True,
        text=True,
    )
    goroot, gocache, gomodcache = go.stdout.splitlines()
    (programs / "go").symlink_to(Path(goroot) / "bin/go")
    folder = tmp_path / "work"
    folder.mkdir()
    files = {name: str(tmp_path / name.lower()) for name in ("GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT")}
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    env |= {"PATH": f"{programs}:/usr/bin:/bin", "GOCACHE": gocache, "GOMODCACHE": gomodcache, **files}
    env |= {
        "RUNNER_TEMP": str(tmp_path / "it's temp"),
        "GITHUB_ACTION_PATH": str(copy_of_checkout(tmp_path / "action")),
    }
    Path(env["RUNNER_TEMP"]).mkdir()
    return Job(env, folder)


def test_afterwards_mirrorgen_and_the_pinned_programs_run(job: Job, pytestconfig: pytest.Config) -> None:
    if pytestconfig.getoption("--no-real-tools"):
        pytest.skip("--no-real-tools")
    assert job.run_all() == {"version": __version__}
    assert job.shell("mirrorgen --version") == f"mirrorgen {__version__}\n"
    rows = {line.split()[0]: line for line in job.shell("mirrorgen doctor || true").splitlines() if line.strip()}
    for name in PROGRAMS:
        assert f"{tool_specs()[name].tested} " in rows[name]
        assert f"{job.env['RUNNER_TEMP']}/mirrorgen/cache/bin/{name}" in rows[name]
    assert job.shell("command -v python") == f"{job.folder.parent}/set-up/python\n"
    (job.folder / "images.yaml").write_text('images:\n  - source: nginx\n    tags: ["1.25"]\n')
    assert "no problems" in job.shell("mirrorgen validate")


def test_without_the_programs_nothing_is_built_and_go_is_not_needed(job: Job) -> None:
    (Path(job.env["PATH"].partition(":")[0]) / "go").unlink()
    assert job.run_all(tools="false") == {"version": __version__}
    assert job.shell("mirrorgen --version") == f"mirrorgen {__version__}\n"
    assert not (Path(job.env["RUNNER_TEMP"]) / "mirrorgen/cache").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tools", ""),
        ("tools", "yes"),
        ("tools", "true\n"),
        ("tools", "$(touch pwned)"),
        ("python-version", "3"),
        ("python-version", "pypy3.10"),
        ("python-version", "3.13; touch pwned"),
        ("go-version", "stable"),
        ("go-version", '1.26"; touch pwned; "'),
    ],
)
def test_an_input_of_another_form_stops_it_first_and_is_never_run(job: Job, name: str, value: str) -> None:
    completed = job.run(STEPS[0], {**DEFAULTS, name: value})
    assert completed.returncode == 1
    assert re.fullmatch(rf"::error::{name}: must be [^\n]*\n", completed.stdout)
    assert not list(job.folder.iterdir())


def test_defaults_pass_the_check_of_inputs(job: Job) -> None:
    assert job.run(STEPS[0], DEFAULTS).returncode == 0


def test_the_document_has_every_input_and_its_default() -> None:
    documented = {
        code(row[0]): code(row[1]) for row in rows_of(ROOT / "docs/install.md", "input", "otherwise", "meaning")
    }
    assert documented == DEFAULTS


def test_no_expression_becomes_shell() -> None:
    assert not [step["name"] for step in STEPS if "${{" in step.get("run", "")]


def test_what_others_have_written_is_pinned_by_commit() -> None:
    used = [step["uses"] for step in STEPS if "uses" in step]
    assert used
    for name in used:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", name)


def test_the_action_uses_the_same_commits_as_the_workflows() -> None:
    pattern = r"uses: ([\w.-]+/[\w.-]+)@([0-9a-f]{40} # \S+)"
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / ".github/workflows").glob("*.yaml"))]
    in_workflows = dict(re.findall(pattern, "".join(texts)))
    for name, commit in re.findall(pattern, (ROOT / "action.yml").read_text(encoding="utf-8")):
        assert in_workflows[name] == commit


def test_nothing_that_the_action_installs_comes_from_a_cache() -> None:
    assert not [step for step in STEPS if "actions/cache" in step.get("uses", "")]
    assert all("cache" not in step.get("with", {}) or step["with"]["cache"] is False for step in STEPS)


def test_pip_installs_only_what_the_lock_has_and_the_checkout_itself() -> None:
    commands = "\n".join(step.get("run", "") for step in STEPS)
    assert re.findall(r"pip install --quiet (.*)", commands) == [
        '--require-hashes -r "$GITHUB_ACTION_PATH/requirements.txt"',
        '--no-deps --no-build-isolation "$GITHUB_ACTION_PATH"',
    ]
