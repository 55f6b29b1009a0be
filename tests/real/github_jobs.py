"""Workflows of GitHub run on this machine by act, which reads them as GitHub does.

The shell of every step is the real one. The actions of others are stood in for by what they do, and GitHub's issues and
comments by a file. act knows nothing of permissions, environments and concurrency: tests/test_workflows.py reads those.
Source: https://nektosact.com.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.conftest import REAL_CACHE_DIR

if TYPE_CHECKING:
    from tests.real.conftest import Project

ACT = "github.com/nektos/act@v0.2.89"
SLUG = "example/mirror"
RUNNERS = ("ubuntu-24.04", "self-hosted")

# What each action does, as far as the steps after it need it. Inputs are variables, as are PROJECT, FOLDER, which has
# what the stand-ins keep, and TOOLS_FOLDER, which has the pinned programs.
_STAND_INS = {
    "actions/checkout": 'git clone --quiet --depth "${FETCH_DEPTH:-1}" "file://$PROJECT" .',
    "actions/setup-python": "true",
    "actions/setup-go": "true",
    "hashicorp/setup-terraform": "true",
    "example/mirrorgen": """\
echo "$FOLDER/../../mirrorgen" >> "$GITHUB_PATH"
if [ "$TOOLS" != false ]; then echo "MIRRORGEN_CACHE_DIR=$TOOLS_FOLDER" >> "$GITHUB_ENV"; fi
""",
    "aws-actions/configure-aws-credentials": """\
echo "$GITHUB_JOB $ROLE_TO_ASSUME" >> "$FOLDER/roles"
cat "$FOLDER/aws" >> "$GITHUB_ENV"
""",
    "actions/upload-artifact": """\
if [ -e "$PATH_" ]; then
  mkdir "$FOLDER/artifacts/$NAME"
  cp -r "$PATH_"/. "$FOLDER/artifacts/$NAME"
fi
""",
    "actions/download-artifact": """\
mkdir -p "$PATH_"
for kept in "$FOLDER"/artifacts/$PATTERN; do cp -r "$kept"/. "$PATH_"; done
""",
}
_KINDS = {
    "log": "log",
    "summary": "summaries",
    "error": "annotations",
    "warning": "annotations",
    "notice": "annotations",
}
"""What act calls what a job says."""


@dataclass(frozen=True)
class Run:
    """What came of a run.

    Attributes:
        jobs: result by id, and behind it target and part where there are several; none of a job that was skipped.
        steps: result of each step that ran, by job and name.
        artifacts: where what was kept is.
        roles: which job signed in as which role.
        log: what the steps printed.
        annotations: errors, warnings and notices, as they were printed.
        summaries: what the jobs wrote for their pages.
    """

    jobs: dict[str, str]
    steps: dict[str, dict[str, str]]
    artifacts: Path
    roles: list[str]
    log: str
    annotations: str
    summaries: str


@dataclass
class GitHub:
    """A repository on GitHub that holds a project.

    Attributes:
        variables: of the repository.
        event: what has happened; a scheduled run names nothing.
    """

    project: Project
    act: Path
    folder: Path
    variables: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._state.write_text(json.dumps({"issues": [], "comments": [], "pulls": [], "calls": []}))
        gh = f'"{Path(__file__).with_name("gh.py")}" "{self._state}" "$@"'
        self._write_program("bin/gh", f'exec "{sys.executable}" -I {gh}')
        # Between attempts that a test knows to fail nothing is waited for.
        waiting = 'if [ "$1" = sync ]; then set -- "$@" --retry-wait 0; fi'
        self._write_program("mirrorgen/mirrorgen", f'{waiting}\nexec "{sys.executable}" -m mirrorgen "$@"')
        self._git("init", "--quiet", "--initial-branch=main")
        self._git("remote", "add", "origin", f"https://github.com/{SLUG}.git")
        self._commit("Nothing yet")

    @property
    def _state(self) -> Path:
        return self.folder / "github.json"

    @property
    def issues(self) -> list[dict[str, Any]]:
        """The issues, and the pull requests, which are issues, too."""
        return list(json.loads(self._state.read_text())["issues"])

    @property
    def comments(self) -> list[dict[str, Any]]:
        """What is said in them."""
        return list(json.loads(self._state.read_text())["comments"])

    @property
    def pulls(self) -> list[dict[str, Any]]:
        """The pull requests, by number."""
        return list(json.loads(self._state.read_text())["pulls"])

    def change_pull(self, number: int, **fields: Any) -> None:
        """Let somebody close a pull request, merge it, or write another text."""
        state = json.loads(self._state.read_text())
        state["pulls"][number - 1] |= fields
        self._state.write_text(json.dumps(state))

    def add(self, **issue: Any) -> None:
        """Open an issue or a pull request as somebody else."""
        state = json.loads(self._state.read_text())
        number = len(state["issues"]) + 1
        state["issues"].append({"number": number, "state": "open", "user": {"login": "somebody"}, **issue})
        self._state.write_text(json.dumps(state))

    def push(self, workflows: Mapping[str, str]) -> None:
        """Commit the project as it is, with its workflows."""
        for name, text in workflows.items():
            path = self.project.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (self.project.folder / ".git/info/exclude").write_text("/home/\n")
        self._git("add", "--all")
        self._commit("The list")

    def run(
        self, workflow: str, event: str, payload: Mapping[str, Any] | None = None, *, only: str | None = None
    ) -> Run:
        """Run a workflow, or one job of it with those that it needs, and wait for its end."""
        runs = self.folder / "runs"
        place = runs / str(len(list(runs.glob("*"))))
        (place / "artifacts").mkdir(parents=True)
        (place / "event.json").write_text(json.dumps(payload or {}))
        path = f".github/workflows/{workflow}.yaml"
        argv: list[str | Path] = [
            self.act,
            event,
            "--json",
            "--workflows",
            path,
            "--eventpath",
            place / "event.json",
            "--reuse",
        ]
        # Jobs of two targets would configure the one provider of the tests differently at once.
        argv += ["--concurrent-jobs", "1"]
        argv += ["--action-cache-path", place / "cache", "--no-cache-server", "--pull=false", "--no-skip-checkout"]
        argv += ["--job", only] if only else []
        argv += [f"--platform={runner}=-self-hosted" for runner in RUNNERS]
        argv += [f"--var={name}={value}" for name, value in self.variables.items()]
        argv += [f"--secret={name}={value}" for name, value in {"GITHUB_TOKEN": "token", **self.secrets}.items()]
        argv += [f"--local-repository={name}={stand_in}" for name, stand_in in self._stand_ins(path, place)]
        # What a step before has to bring is not there.
        brought = {"MIRRORGEN_CACHE_DIR", *(name for name in self.project.env if name.startswith("AWS_"))}
        env = {name: value for name, value in self.project.env.items() if name not in brought}
        env["PATH"] = f"{self.folder / 'bin'}{os.pathsep}{env['PATH']}"
        argv += [f"--env={name}={value}" for name, value in env.items() if name not in {"HOME"}]
        done = subprocess.run(
            argv, cwd=self.project.folder, env=env, capture_output=True, text=True, check=False, timeout=500
        )
        (place / "log").write_text(done.stdout + done.stderr)
        return _read(done.stdout, place)

    def _stand_ins(self, path: str, place: Path) -> list[tuple[str, Path]]:
        """Every action of a workflow with the folder that stands in for it."""
        jobs = yaml.safe_load((self.project.folder / path).read_text())["jobs"].values()
        steps = [step for job in jobs for step in job["steps"] if "uses" in step]
        aws = {name: value for name, value in self.project.env.items() if name.startswith("AWS_")}
        (place / "aws").write_text("".join(f"{name}={value}\n" for name, value in aws.items()))
        places = {"FOLDER": str(place), "PROJECT": str(self.project.folder), "TOOLS_FOLDER": str(REAL_CACHE_DIR)}
        found = {}
        for step in steps:
            action = step["uses"].partition("@")[0]
            folder = place / "actions" / action.replace("/", "-")
            folder.mkdir(parents=True, exist_ok=True)
            names = {name for other in steps if other["uses"] == step["uses"] for name in other.get("with", ())}
            (folder / "action.yml").write_text(_composite(action, names, places))
            found[step["uses"]] = folder
        return list(found.items())

    def _write_program(self, name: str, script: str) -> None:
        path = self.folder / name
        path.parent.mkdir()
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def _commit(self, message: str) -> None:
        who = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.com")
        self._git(*who, "commit", "--quiet", "--allow-empty", "--message", message)

    def _git(self, *args: str) -> None:
        subprocess.run(["git", *args], cwd=self.project.folder, env=self.project.env, check=True, capture_output=True)


def _composite(action: str, inputs: set[str], places: Mapping[str, str]) -> str:
    """What stands in for an action: one command, with its inputs as variables, of which PATH is taken already."""
    variables = {name.upper().replace("-", "_"): f"${{{{ inputs.{name} }}}}" for name in sorted(inputs)}
    variables = {f"{key}_" if key == "PATH" else key: value for key, value in variables.items()}
    step = {"run": _STAND_INS[action], "shell": "bash", "env": {**variables, **places}}
    declared = {name: {"description": name, "required": False} for name in sorted(inputs)}
    document = {"name": action, "description": action, "inputs": declared}
    return yaml.safe_dump({**document, "runs": {"using": "composite", "steps": [step]}})


def _read(output: str, place: Path) -> Run:
    """Return what act says line by line, as JSON."""
    jobs: dict[str, str] = {}
    steps: dict[str, dict[str, str]] = {}
    said: dict[str, list[str]] = {"log": [], "annotations": [], "summaries": []}
    for line in map(json.loads, output.splitlines()):
        kind = _KINDS.get(line.get("command", "log" if line.get("raw_output") else ""))
        if kind:
            said[kind].append(line.get("content") or line.get("raw") or line["msg"])
        if "jobID" not in line:
            continue
        of = line.get("matrix") or {}
        job = " ".join(
            word for word in (line["jobID"], of.get("target"), of.get("shard")) if word not in {"1/1", "", None}
        )
        if line.get("jobResult"):
            jobs[job] = line["jobResult"]
        if line.get("stepResult") and line.get("stage") == "Main":
            steps.setdefault(job, {})[line["step"]] = line["stepResult"]
    roles = place / "roles"
    signed_in = sorted(roles.read_text().splitlines()) if roles.exists() else []
    texts = {kind: "".join(lines) for kind, lines in said.items()}
    return Run(jobs=jobs, steps=steps, artifacts=place / "artifacts", roles=signed_in, **texts)
