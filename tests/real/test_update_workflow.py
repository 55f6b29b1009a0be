"""The workflow for newer tags: the shell of every step, in order, with a registry of paper and a repository on disk."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mirrorgen.starting.contents import pipeline_files
from mirrorgen.starting.setup import Setup
from tests.real.conftest import ACCOUNT, REGION, Project
from tests.real.github_jobs import ACT, GitHub, Run
from tests.real.paper_registry import PaperRegistry, paper_registry
from tests.real.programs import program
from tests.test_workflows import ON_GITHUB

APP, TOOL, LONG = "org/app", "org/tool", "org/long"
TAGS = {APP: ["v1.0.0", "v1.1.0"], TOOL: ["1.0-alpine", "1.1-alpine"], LONG: ["1", "2"]}
SETUP = Setup(account_id=ACCOUNT, region=REGION, source=ON_GITHUB)
BRANCH = "mirrorgen/update"
BOT = "41898282+github-actions[bot]@users.noreply.github.com"


@pytest.fixture(scope="module")
def act(base_env: dict[str, str]) -> Path:
    return program("act", ACT, base_env)


@pytest.fixture
def registry() -> Iterator[PaperRegistry]:
    with paper_registry(TAGS) as running:
        yield running


@pytest.fixture
def github(project: Project, registry: PaperRegistry, act: Path, tmp_path_factory: pytest.TempPathFactory) -> GitHub:
    """A repository with a list of two entries that something newer is there for, and one of rules with a lock."""
    (project.folder / "images.yaml").write_text(
        f'target: {{account_id: "{ACCOUNT}", region: {REGION}}}\n'
        f'registries:\n  quay.io: {{hostname: "{registry.address}", tls: disabled}}\n'
        "images:\n"
        '  - source: quay.io/org/app # the application\n    tags: ["v1.0.0"]\n    owner: "@team/app $(id) `id`"\n'
        "  - source: quay.io/org/tool\n    tags: ['1.0-alpine']\n    owner: team-tool\n"
        "  - source: quay.io/org/long\n    tags: {semver: ['>=1'], newest: 1}\n"
    )
    assert project.run("generate").returncode == 0
    made = GitHub(project, act, tmp_path_factory.mktemp("github"))
    made.push(pipeline_files(SETUP))
    return made


def update(github: GitHub) -> Run:
    return github.run("image-update", "schedule")


def git(github: GitHub, *args: str) -> str:
    who = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.com")
    argv = ["git", *who, *args]
    done = subprocess.run(
        argv, cwd=github.project.folder, env=github.project.env, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def file_in(github: GitHub, branch: str, name: str) -> str:
    return git(github, "show", f"{branch}:{name}")


def branches(github: GitHub) -> list[str]:
    return git(github, "for-each-ref", "--format=%(refname:short)", "refs/heads/mirrorgen").splitlines()


def test_one_pull_request_from_its_opening_to_its_end(github: GitHub, registry: PaperRegistry) -> None:
    main = file_in(github, "main", "images.yaml")
    registry.tags[LONG] = [*TAGS[LONG], "3"]
    first = update(github)
    assert first.jobs == {"find": "success", "propose": "success"}, first.log
    assert first.roles == []
    (pull,) = github.pulls
    assert (pull["state"], pull["head"]["ref"], pull["base"]["ref"]) == ("open", BRANCH, "main")
    assert pull["title"] == "Newer container images"
    assert pull["body"].startswith("<!-- mirrorgen: image-update ")
    assert "| quay.io/org/app | v1.0.0 | v1.1.0 | minor | - |\n" in pull["body"].replace("`", "")
    # The list, and what is generated from it; nothing that was locked moves.
    assert file_in(github, BRANCH, "images.yaml") == main.replace('"v1.0.0"', '"v1.1.0", "v1.0.0"').replace(
        "'1.0-alpine'", "'1.1-alpine', '1.0-alpine'"
    )
    changed = git(github, "diff", "--name-only", "main", BRANCH).splitlines()
    assert changed == ["images.lock.yaml", "images.yaml", "regsync.yaml"]
    assert "v1\\.1\\.0" in file_in(github, BRANCH, "regsync.yaml")
    assert "'2': " in file_in(github, BRANCH, "images.lock.yaml")
    assert "'3': " not in file_in(github, BRANCH, "images.lock.yaml")
    assert git(github, "log", "-1", "--format=%ae %s", BRANCH) == f"{BOT} Newer container images"

    # The same again: nothing is pushed.
    before = git(github, "rev-parse", BRANCH)
    update(github)
    assert git(github, "rev-parse", BRANCH) == before
    assert len(github.pulls) == 1

    # Closed, it is not opened again, although the list has moved on elsewhere.
    github.change_pull(1, state="closed", body=github.pulls[0]["body"].replace("\n", "\r\n"))
    path = github.project.folder / "images.yaml"
    path.write_text("# A list\n" + path.read_text())
    github.push({})
    again = update(github)
    assert again.jobs == {"find": "success", "propose": "success"}
    assert "somebody has closed the pull request with the same changes" in again.annotations
    assert [each["state"] for each in github.pulls] == ["closed"]

    # With something else newer it is.
    registry.tags[APP] = [*TAGS[APP], "v1.2.0"]
    update(github)
    assert [each["state"] for each in github.pulls] == ["closed", "open"]
    assert "v1.2.0" in github.pulls[1]["body"]
    assert file_in(github, BRANCH, "images.yaml").startswith("# A list\n")

    # It is kept up to date while it is open.
    registry.tags[APP] = [*TAGS[APP], "v1.2.0", "v1.3.0"]
    update(github)
    assert [each["state"] for each in github.pulls] == ["closed", "open"]
    assert "v1.3.0" in github.pulls[1]["body"]
    assert '"v1.3.0", "v1.0.0"' in file_in(github, BRANCH, "images.yaml")

    # Once the list has all of it, there is nothing to propose any more.
    git(github, "merge", "--quiet", BRANCH)
    github.change_pull(2, state="open")
    ended = update(github)
    assert ended.jobs == {"find": "success", "propose": "success"}, ended.log
    assert [each["state"] for each in github.pulls] == ["closed", "closed"]
    assert "mirrorgen: image-update" not in github.pulls[1]["body"]


def test_a_branch_that_somebody_else_has_pushed_to_stays_as_it_is(github: GitHub, registry: PaperRegistry) -> None:
    update(github)
    git(github, "checkout", "--quiet", BRANCH)
    (github.project.folder / "NOTES").write_text("mine\n")
    git(github, "add", "NOTES")
    git(github, "commit", "--quiet", "--message", "Mine")
    git(github, "checkout", "--quiet", "main")
    before = git(github, "rev-parse", BRANCH)
    registry.tags[APP] = [*TAGS[APP], "v1.2.0"]
    run = update(github)
    assert "somebody else has pushed to it" in run.annotations
    assert git(github, "rev-parse", BRANCH) == before


def test_a_pull_request_for_each_owner_and_an_upstream_that_is_down(github: GitHub, registry: PaperRegistry) -> None:
    github.variables["MIRRORGEN_UPDATE_GROUPS"] = "owner"
    registry.broken.add(TOOL)
    first = update(github)
    assert first.jobs == {"find": "failure", "propose": "success"}, first.log
    assert "not everything could be asked" in first.annotations
    (pull,) = github.pulls
    # Text of the list is text, wherever it goes.
    assert pull["title"] == "Newer container images of @team/app $(id) `id`"
    assert branches(github) == [pull["head"]["ref"]]

    registry.broken.clear()
    second = update(github)
    assert second.jobs == {"find": "success", "propose": "success"}, second.log
    assert [each["title"].rpartition(" of ")[2] for each in github.pulls] == ["@team/app $(id) `id`", "team-tool"]
    assert len(branches(github)) == 2
    (other,) = [each["head"]["ref"] for each in github.pulls if each["title"].endswith("team-tool")]
    assert "'1.1-alpine', '1.0-alpine'" in file_in(github, other, "images.yaml")
    assert '["v1.0.0"]' in file_in(github, other, "images.yaml")
