"""What the workflows may do, and what their jobs install."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mirrorgen.origin import Source
from mirrorgen.starting.account import ROLES, Account
from mirrorgen.starting.contents import pipeline_files
from mirrorgen.starting.setup import Setup
from tests.documents import ROOT, require_text

# The repository of mirrorgen installs it from its own checkout.
OWN = Setup(runner="self-hosted")
ON_GITHUB = Source("https://github.com/example/mirrorgen", "0123456789abcdef0123456789abcdef01234567")
ACCOUNT = Account(
    account_id="123456789012",
    region="eu-west-1",
    state_bucket="example-state",
    roles={name: f"arn:aws:iam::123456789012:role/image-{name}-role" for name in ROLES},
    environments={name: f"image-{name}" for name in ROLES},
)
SETUPS = {
    "own": OWN,
    "github": Setup(account_id="123456789012", region="eu-west-1", source=ON_GITHUB),
    "bootstrapped": Setup(account_id="123456789012", region="eu-west-1", source=ON_GITHUB, account=ACCOUNT),
    "elsewhere": Setup(branch="release/2", source=Source("https://git.example.com/a/b", ON_GITHUB.commit)),
}
LOCK = (ROOT / "requirements.txt").read_text(encoding="utf-8")

# Each is trusted by a role of its own.
ENVIRONMENTS = ("image-plan", "image-apply", "image-sync", "image-destroy")

Job = dict[str, Any]


def workflows() -> dict[str, dict[Any, Any]]:
    """Every workflow of this repository, and those that `init` writes; test_release.py has that of a release."""
    paths = set((ROOT / ".github/workflows").glob("*.yaml")) - {ROOT / ".github/workflows/release.yaml"}
    found = {path.stem: path.read_text(encoding="utf-8") for path in paths}
    for name, setup in SETUPS.items():
        found |= {f"{Path(path).stem}-{name}": text for path, text in pipeline_files(setup).items()}
    return {name: yaml.safe_load(text) for name, text in sorted(found.items())}


WORKFLOWS = workflows()
JOBS = {f"{workflow}: {name}": job for workflow, text in WORKFLOWS.items() for name, job in text["jobs"].items()}
each_workflow = pytest.mark.parametrize("workflow", WORKFLOWS.values(), ids=WORKFLOWS)
each_job = pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)
each_check = pytest.mark.parametrize(
    "jobs", [text["jobs"] for name, text in WORKFLOWS.items() if name.startswith("image-check")]
)
each_sync = pytest.mark.parametrize(
    "jobs", [text["jobs"] for name, text in WORKFLOWS.items() if name.startswith("image-sync")]
)


def signs_in(job: Job) -> bool:
    return any("configure-aws-credentials" in step.get("uses", "") for step in job["steps"])


def proposes(job: Job) -> bool:
    """Whether a job may push branches and open pull requests."""
    return bool(job["permissions"] == {"contents": "write", "pull-requests": "write"})


def without_names(text: str) -> str:
    """An expression without the names that `bootstrap` has given, which stand behind each variable."""
    text = re.sub(r"matrix\.\w+_(role|environment) \|\| ", "", text)
    return re.sub(r"\(?(vars\.\w+) \|\| '(arn:[^']+)'\)?", r"\1", text).partition(" || format(")[0].removesuffix(" }}")


def environments(job: Job) -> set[str]:
    """The environments that a job may run in, of which a variable may choose."""
    return set(re.findall(r"image-\w+", job["environment"]))


def writes(job: Job) -> bool:
    """Whether a job may write issues or comments."""
    return not proposes(job) and bool({"issues", "pull-requests"} & job["permissions"].keys())


@each_workflow
def test_no_workflow_runs_for_others_with_rights_of_its_own(workflow: dict[Any, Any]) -> None:
    # YAML reads the key `on` as true.
    assert workflow[True].keys() <= {"push", "pull_request", "schedule", "workflow_dispatch", "workflow_call"}
    assert workflow["permissions"] == {}


@each_workflow
def test_runs_do_not_overlap_and_jobs_end(workflow: dict[Any, Any]) -> None:
    assert workflow["concurrency"]["cancel-in-progress"] is ("schedule" not in workflow[True])
    assert all(0 < job["timeout-minutes"] <= 300 for job in workflow["jobs"].values())


@each_job
def test_each_job_has_the_rights_it_needs_and_no_others(job: Job) -> None:
    if proposes(job):
        assert job["name"] == "Propose"
        return
    if writes(job):
        assert job["permissions"] in ({"issues": "write"}, {"pull-requests": "write"})
        return
    # A token for AWS only where a role is used.
    assert job["permissions"] == {"contents": "read", **({"id-token": "write"} if signs_in(job) else {})}


@each_job
def test_what_may_write_runs_nothing_of_ours_or_of_the_list(job: Job) -> None:
    if not writes(job) and not proposes(job):
        return
    assert "environment" not in job
    used = [step["uses"].partition("@")[0] for step in job["steps"] if "uses" in step]
    (command,) = [step["run"] for step in job["steps"] if "run" in step]
    without_texts = re.sub(r"'[^']*'|\"[^\"]*\"", "TEXT", command)
    first_words = set(re.findall(r"(?m)(?:^ *|\$\(|\| ?)([a-z][\w./-]*)(?![\w=+])", without_texts))
    said = first_words - {"if", "then", "else", "fi", "for", "while", "do", "done", "continue", "exit", "read"}
    if writes(job):
        assert used == ["actions/download-artifact"]
        assert said == {"gh", "echo", "cat"}
    else:
        assert used == ["actions/checkout", "actions/download-artifact"]
        assert said == {"gh", "git", "echo", "cat", "cut", "head", "shopt"}


@each_job
def test_nothing_keeps_a_token_in_the_checkout(job: Job) -> None:
    checkouts = [step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@each_job
def test_text_from_outside_becomes_no_shell(job: Job) -> None:
    assert not [step["run"] for step in job["steps"] if "${{" in step.get("run", "")]


@each_job
def test_actions_are_pinned_to_commits(job: Job) -> None:
    used = [step["uses"] for step in job["steps"] if "uses" in step]
    assert all(re.fullmatch(r"\./|[\w./-]+@[0-9a-f]{40}", name) for name in used), "./ is the action of this commit"


@each_job
def test_secrets_are_those_of_an_environment(job: Job) -> None:
    assert "secrets." not in yaml.safe_dump(job) or environments(job) <= {*ENVIRONMENTS, "image-update"}


@each_job
def test_nothing_that_runs_comes_from_a_cache(job: Job) -> None:
    assert not [step for step in job["steps"] if "actions/cache" in step.get("uses", "")]
    assert all("cache" not in step.get("with", {}) or step["with"]["cache"] is False for step in job["steps"])


@each_sync
def test_each_job_gets_the_role_of_its_own_environment(jobs: dict[str, Job]) -> None:
    got = {
        name: (without_names(job["environment"]), without_names(step["with"]["role-to-assume"]))
        for name, job in jobs.items()
        for step in job["steps"]
        if "role-to-assume" in step.get("with", {})
    }
    # Without a role of its own, apply has that of sync.
    apply = "${{ vars.AWS_APPLY_ROLE && 'image-apply' || 'image-sync'", "${{ vars.AWS_APPLY_ROLE || vars.AWS_SYNC_ROLE"
    assert got == {
        "repositories": apply,
        "destroy": ("image-destroy", "${{ vars.AWS_DESTROY_ROLE"),
        "sync": ("image-sync", "${{ vars.AWS_SYNC_ROLE"),
        "others": ("image-sync", "${{ vars.AWS_SYNC_ROLE"),
        "status": ("image-sync", "${{ vars.AWS_SYNC_ROLE"),
    }


def test_what_bootstrap_has_made_is_taken_where_no_variable_names_another() -> None:
    jobs = {name: text["jobs"] for name, text in WORKFLOWS.items() if name.endswith("-bootstrapped")}
    said = yaml.safe_dump(jobs, width=1000)
    for variable, name in {"PLAN": "plan", "APPLY": "apply", "SYNC": "sync", "DESTROY": "destroy"}.items():
        assert f"vars.AWS_{variable}_ROLE || '{ACCOUNT.roles[name]}'" in said
    assert said.count(" || vars.TF_STATE_BUCKET || 'example-state' }}") == 6


@each_job
def test_the_state_is_in_the_region_of_its_bucket_whatever_region_a_target_is_in(job: Job) -> None:
    """Terraform gets the target's region in AWS_REGION: one of several targets may be far from the bucket."""
    keeping = [step for step in job["steps"] if "backend_override.tf" in step.get("run", "")]
    regions = {step["with"]["aws-region"] for step in job["steps"] if "aws-region" in step.get("with", {})}
    for step in keeping:
        assert re.search(r'^ +region += "\$AWS_REGION"$', step["run"], re.MULTILINE)
        assert {step["env"]["AWS_REGION"]} == regions


@each_sync
def test_only_whoever_asks_for_it_has_repositories_destroyed(jobs: dict[str, Job]) -> None:
    destroying = [name for name, job in jobs.items() if "--allow-destroy" in yaml.safe_dump(job)]
    assert destroying == ["destroy"]
    assert jobs["destroy"]["if"].startswith("inputs.destroy && ")
    # The plan is there to be read before somebody lets the job go on, that of every target.
    assert not re.search(r"always\(|cancelled\(|failure\(", jobs["destroy"]["if"])
    assert "repositories" in jobs["destroy"]["needs"]


@each_check
def test_a_pull_request_does_not_name_the_role_or_the_environment_that_may_write(jobs: dict[str, Job]) -> None:
    assert {name for name in ENVIRONMENTS if name in yaml.safe_dump(jobs)} == {"image-plan"}
    roles = [
        step["with"]["role-to-assume"]
        for job in jobs.values()
        for step in job["steps"]
        if "with" in step and "role-to-assume" in step["with"]
    ]
    assert list(map(without_names, roles)) == ["${{ vars.AWS_PLAN_ROLE"]


@each_check
def test_a_pull_request_may_be_kept_off_the_runner_of_what_may_write(jobs: dict[str, Job]) -> None:
    assert all("vars.MIRRORGEN_CHECK_RUNNER || vars.MIRRORGEN_RUNNER" in job["runs-on"] for job in jobs.values())


@each_check
def test_a_pull_request_from_a_fork_gets_no_token_no_secret_and_none_of_our_machines(jobs: dict[str, Job]) -> None:
    ours = "github.event.pull_request.head.repo.full_name == github.repository"
    check = jobs["check"]
    assert (check["permissions"], "environment" in check) == ({"contents": "read"}, False)
    assert re.fullmatch(rf"\$\{{\{{ {re.escape(ours)} && \(.*\) \|\| 'ubuntu-[0-9.]+' \}}\}}", check["runs-on"])
    assert jobs["plan"]["if"].startswith(f"{ours} && ")
    assert "plan" in jobs["comment"]["needs"]
    assert "needs.plan.result != 'skipped'" in jobs["comment"]["if"]


@pytest.mark.parametrize("name", ["image-check", "image-sync"])
def test_what_signs_in_to_aws_installs_only_what_the_lock_has(name: str) -> None:
    for job in filter(signs_in, WORKFLOWS[name]["jobs"].values()):
        commands = "\n".join(step.get("run", "") for step in job["steps"])
        assert re.findall(r"pip install (.*)", commands) == [
            "--require-hashes -r requirements.txt",
            "--no-deps --no-build-isolation .",
        ]


@pytest.mark.parametrize(("name", "text"), pipeline_files(OWN).items(), ids=list(pipeline_files(OWN)))
def test_the_workflows_here_are_what_init_writes(name: str, text: str, pytestconfig: pytest.Config) -> None:
    require_text(ROOT / name, text, pytestconfig)


def test_the_lock_has_all_that_is_asked_for_with_hashes() -> None:
    entries = re.findall(r"^([\w.-]+)==(\S+)[^\n]*((?:\\\n    --hash=sha256:[0-9a-f]{64} ?)+)$", LOCK, re.MULTILINE)
    locked = {canonicalize_name(name): version for name, version, _ in entries}
    assert locked.keys() == set(map(canonicalize_name, re.findall(r"^([\w.-]+)", LOCK, re.MULTILINE)))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = [*project["project"]["dependencies"], *project["project"]["optional-dependencies"]["aws"]]
    for requirement in map(Requirement, [*asked, *project["build-system"]["requires"]]):
        assert locked[canonicalize_name(requirement.name)] in requirement.specifier, requirement


def test_the_lock_names_no_place_to_fetch_from() -> None:
    assert "://" not in LOCK
    assert "index-url" not in LOCK
