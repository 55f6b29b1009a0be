"""The hooks of .pre-commit-hooks.yaml, run by the real pre-commit on a scratch repository."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.checkout import ROOT, tracked_files
from tests.documents import blocks_of

GOOD_LIST = 'images:\n  - source: quay.io/prometheus/prometheus\n    tags: ["v2.48.0"]\n'
# Nobody listens on port 9, that of the discard protocol.
UNREACHABLE = "registries: {quay.io: {hostname: '127.0.0.1:9', tls: disabled}}\n"
# What docs/consumers.md tells a repository of deployments to use.
((DOCUMENTED,),) = (
    repository["hooks"]
    for block in blocks_of(ROOT / "docs/consumers.md", "yaml")
    for repository in yaml.safe_load(block).get("repos", ())
)
GENERATED = ["regsync.yaml", "terraform/terraform.tfvars.json"]


class Repository:
    """A git repository."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.env = {
            **os.environ,
            **variables,
            "GIT_CONFIG_GLOBAL": os.devnull,
            **{f"GIT_{who}_NAME": "test" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "test@example.com" for who in ("AUTHOR", "COMMITTER")},
        }
        self.git("init", "--quiet")

    def git(self, *args: str) -> str:
        return subprocess.run(
            ["git", *args], cwd=self.folder, env=self.env, check=True, capture_output=True, text=True
        ).stdout

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)
        self.git("add", name)


class Scratch(Repository):
    """One that uses the hooks."""

    def run_hook(self, hook: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "pre_commit", "run", hook, "--all-files", "--verbose"]
        return subprocess.run(
            argv,
            cwd=self.folder,
            env=self.env,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository with what is in git here, and with what has changed since, as its only commit."""
    hooks = Repository(tmp_path_factory.mktemp("hooks"))
    for name in tracked_files():
        place = hooks.folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, place)
    hooks.git("add", "--all", "--force")
    hooks.git("commit", "--quiet", "--message", "all")
    return hooks


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps what it has installed, which takes it long."""
    return tmp_path_factory.mktemp("pre-commit")


@pytest.fixture
def scratch(tmp_path: Path, hooks: Repository, installed: Path) -> Scratch:
    scratch = Scratch(tmp_path, PRE_COMMIT_HOME=str(installed))
    revision = hooks.git("rev-parse", "HEAD").strip()
    used = [{"id": "mirrorgen-validate"}, {"id": "mirrorgen-generate"}, DOCUMENTED]
    config = {"repos": [{"repo": str(hooks.folder), "rev": revision, "hooks": used}]}
    scratch.write(".pre-commit-config.yaml", json.dumps(config))
    scratch.write("images.yaml", GOOD_LIST)
    return scratch


def test_validate_passes_a_good_list_and_shows_the_problem_of_a_bad_one(scratch: Scratch) -> None:
    passed = scratch.run_hook("mirrorgen-validate")
    assert passed.returncode == 0, passed.stdout

    scratch.write("images.yaml", GOOD_LIST.replace('"v2.48.0"', "1.10"))
    failed = scratch.run_hook("mirrorgen-validate")
    assert failed.returncode == 1, failed.stdout
    assert "images.yaml:3:12: error[tag-not-text]" in failed.stdout
    assert 'write "1.10"' in failed.stdout


def test_generate_fails_until_what_it_wrote_is_in_git(scratch: Scratch) -> None:
    created = scratch.run_hook("mirrorgen-generate")
    assert created.returncode == 1, created.stdout
    assert "regsync.yaml is not in git yet: git add regsync.yaml" in created.stdout

    scratch.git("add", *GENERATED)
    passed = scratch.run_hook("mirrorgen-generate")
    assert passed.returncode == 0, passed.stdout

    scratch.write("images.yaml", GOOD_LIST.replace("v2.48.0", "v2.49.0"))
    regenerated = scratch.run_hook("mirrorgen-generate")
    assert regenerated.returncode == 1, regenerated.stdout
    assert "files were modified by this hook" in regenerated.stdout
    assert r"v2\.49\.0" in (scratch.folder / "regsync.yaml").read_text()


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (GOOD_LIST.replace("tags", "tagz"), "did you mean 'tags'?"),
        (GOOD_LIST.replace('["v2.48.0"]', "{newest: 3}") + UNREACHABLE, "asking the upstream registries"),
    ],
    ids=["wrong", "new, with an upstream that is down"],
)
def test_generate_leaves_everything_alone_where_it_cannot_go_on(bad: str, said: str, scratch: Scratch) -> None:
    scratch.write("images.yaml", bad)
    failed = scratch.run_hook("mirrorgen-generate")
    assert failed.returncode == 1, failed.stdout
    assert said in failed.stdout
    assert not (scratch.folder / "regsync.yaml").exists()
    assert not (scratch.folder / "images.lock.yaml").exists()


def test_covers_fails_until_the_list_mirrors_what_is_to_be_deployed(scratch: Scratch) -> None:
    target = 'target: {account_id: "123456789012", region: eu-west-1}\n'
    (scratch.folder / "mirror").mkdir()
    scratch.write("mirror/images.yaml", target + GOOD_LIST)
    (scratch.folder / "deploy").mkdir()
    pod = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: quay.io/prometheus/prometheus:v2.48.0}]}\n"
    scratch.write("deploy/pod.yaml", pod)
    scratch.write("values.yaml", "image: nginx:1.26\n")
    passed = scratch.run_hook("mirrorgen-covers")
    assert passed.returncode == 0, passed.stdout

    scratch.write("deploy/pod.yaml", pod.replace("v2.48.0", "v2.49.0"))
    failed = scratch.run_hook("mirrorgen-covers")
    assert failed.returncode == 1
    assert "deploy/pod.yaml:3:29: quay.io/prometheus/prometheus:v2.49.0: the list does not ask for" in failed.stdout
    assert '+    tags: ["v2.48.0", "v2.49.0"]' in failed.stdout
