"""What each role of the mirror may do, held against what the commands do."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import pytest
import yaml

from mirrorgen.demo import emulator as emulators
from mirrorgen.demo.emulator import Emulator
from mirrorgen.files import write_files
from mirrorgen.operations.stand_in import path_prefix
from mirrorgen.rendering.module import module_files
from tests.real.aws_calls import Call
from tests.real.conftest import ACCOUNT, REGION, Project
from tests.real.guarded import Door, grants, guarded
from tests.real.provider import running_provider
from tests.role_policies import ONLY, ROLES, role_policies

PREFIX, BUCKET = "roles", "state-of-roles"
APP, OTHER, NEW = "quay.io/org/app", "quay.io/org/other", "quay.io/org/new"
FIXED, MOVING = ["v1.0.0", "v1.1.0"], ["v1.0.0", "latest"]
PULL = {"accounts": ["222222222222"]}
FIRST = {"ecr": {"tags": {"Team": "first"}, "scan_on_push": True, "pull": PULL}}
SECOND = {
    "ecr": {
        "tags": {"Group": "second"},
        "scan_on_push": False,
        "tag_mutability": "mutable",
        "lifecycle": {"keep_last": 3},
    }
}
READ_ONLY = {"TF_CLI_ARGS_plan": "-lock=false"}  # as image-check.yaml has it


@dataclass
class Account:
    """The project of somebody who works with one role after the other.

    Attributes:
        called: which rights each role has used.
    """

    project: Project
    door: Door
    policies: Mapping[str, str]
    boundary: str
    called: dict[str, set[Call]] = field(default_factory=dict)

    def run(self, role: str, *args: str) -> subprocess.CompletedProcess[str]:
        """Run mirrorgen with a role."""
        self.door.policies = (self.policies[role], self.boundary)
        self.door.passed, self.door.refused = [], []
        self.project.variables = READ_ONLY if role == "plan" else {}
        try:
            return self.project.run(*args)
        finally:
            self.door.policies = ()
            self.called.setdefault(role, set()).update(self.door.passed)

    def passes(self, role: str, *args: str, code: int = 0) -> None:
        """Run a command that the role is for: it asks for nothing that the role may not."""
        done = self.run(role, *args)
        assert not self.door.refused, (args, self.door.refused, done.stderr)
        assert done.returncode == code, (args, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], str]:
    """What the module computes for the roles."""
    return role_policies(
        tmp_path_factory.mktemp("policies"),
        account_id=ACCOUNT,
        regions=[REGION],
        repositories=[f"{PREFIX}/*"],
        state={"bucket": BUCKET},
        may_list_all_repositories=True,
        sets_scanning=True,
    )


@pytest.fixture(scope="module")
def account(
    rules: tuple[dict[str, str], str], ecr: Emulator, base_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Account]:
    folder, door = tmp_path_factory.mktemp("account"), Door()
    write_files(folder, module_files())
    backend = f'bucket = "{BUCKET}"\nkey = "mirrorgen/terraform.tfstate"\nuse_lockfile = true\nuse_path_style = true'
    (folder / "terraform/backend.tf").write_text(f'terraform {{\nbackend "s3" {{\n{backend}\n}}\n}}\n')
    with guarded(ecr.port, door) as port:
        guarded_ecr = replace(ecr, port=port)
        place = tmp_path_factory.mktemp("provider")
        env = {**base_env, **emulators.environment(guarded_ecr), "HOME": str(place)}
        with running_provider(place, env) as provider:
            project = Project(folder, guarded_ecr, base_env, PREFIX, provider)
            project.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
            project.serve({APP: FIXED, OTHER: MOVING, NEW: FIXED})
            yield Account(project, door, *rules)


@pytest.fixture(scope="module")
def worked(account: Account) -> Account:
    """Everything that is done in the life of a mirror, each with its role."""
    project = account.project
    project.target = {"scanning": {"type": "BASIC", "on_push": ["*"]}}
    project.write({APP: FIXED, OTHER: MOVING}, settings=FIRST)
    account.passes("plan", "plan", code=3)
    account.passes("apply", "plan", code=3)
    account.passes("apply", "apply")
    account.passes("sync", "sync")
    for args in (["lifecycle", "--live"], ["prune", "--plan", "prune.json"]):
        account.passes("plan", *args)
    for role in ("plan", "sync"):
        account.passes(role, "status")
        account.passes(role, "status", "--findings", code=5)  # the emulator has none, but is asked for them
    project.write({APP: FIXED, OTHER: MOVING}, settings=SECOND)
    let_pull(project, OTHER)
    account.passes("apply", "plan", code=3)
    account.passes("apply", "apply")
    # What destroys a repository may change others in the same run, and settings of the registry.
    project.target = {"scanning": {"type": "BASIC"}}
    project.write({APP: FIXED[1:], NEW: FIXED}, settings=FIRST)
    account.passes("apply", "plan", code=3)  # so that a run which may not destroy says what it would be
    account.passes("destroy", "prune", "--older-than", "0", "--plan", "prune.json", code=3)
    account.passes("destroy", "prune", "--apply", "prune.json", "--older-than", "0")
    account.passes("destroy", "plan", code=3)
    account.passes("destroy", "apply", "--allow-destroy")
    rename(project)
    account.passes("destroy", "plan", code=3)
    account.passes("destroy", "move", "--step", "create")
    account.passes("sync", "move", "--step", "copy")
    account.passes("destroy", "move", "--step", "destroy", "--allow-destroy")
    return account


def rename(project: Project) -> None:
    """Give the repositories other names in the list."""
    at = {"hostname": project.ecr.address, "tls": "disabled", "path_prefix": path_prefix("quay.io")}
    project.registries["quay.io"] = {**at, "alias": "renamed"}
    project.write({APP: FIXED[1:], NEW: FIXED}, settings=FIRST)


def let_pull(project: Project, source: str) -> None:
    """Let others pull from one repository of the list."""
    path = project.folder / "images.yaml"
    document = yaml.safe_load(path.read_text())
    (entry,) = (each for each in document["images"] if each["source"] == source)
    entry["ecr"] = {**entry["ecr"], "pull": PULL}
    path.write_text(yaml.safe_dump(document))
    assert project.run("render").returncode == 0


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_what_its_commands_do_and_no_more(worked: Account, role: str) -> None:
    """The other direction, that nothing is missing, is in `passes`."""
    statements = json.loads(worked.policies[role])["Statement"]
    allowed = [statement for statement in statements if statement["Effect"] == "Allow"]
    granted = {action for statement in allowed for action in statement["Action"]}
    assert granted == {call.action for call in worked.called[role]}


@pytest.mark.parametrize("role", ROLES)
def test_every_resource_of_a_policy_is_one_that_is_used(worked: Account, role: str) -> None:
    statements = json.loads(worked.policies[role])["Statement"]
    for statement in (each for each in statements if each["Effect"] == "Allow"):
        others = [other for other in statements if other is not statement]
        for resource in statement["Resource"]:
            kept = [other for other in statement["Resource"] if other != resource]
            less = json.dumps({"Statement": [*others, *([{**statement, "Resource": kept}] if kept else [])]})
            assert not all(grants(less, call) for call in worked.called[role]), (statement["Sid"], resource)


def test_an_only_role_may_do_what_those_that_plan_apply_and_sync_do(worked: Account) -> None:
    called = set().union(*(worked.called[role] for role in ("plan", "apply", "sync")))
    assert {call for call in called if not grants(worked.policies[ONLY], call)} == set()


def test_everybody_asks_for_state_and_repositories_by_name(worked: Account) -> None:
    """But for what knows no resource, and for the one question about all repositories, which finds strays."""
    called = {call for calls in worked.called.values() for call in calls}
    everywhere = {call.action for call in called if call.resource == "*" or call.resource.endswith(":repository/*")}
    scanning = {"ecr:GetRegistryScanningConfiguration", "ecr:PutRegistryScanningConfiguration"}
    assert everywhere == {"ecr:GetAuthorizationToken", "ecr:DescribeRepositories", *scanning}


def test_who_may_not_see_what_is_scanned_is_told_which_right_that_takes_and_sees_all_else(worked: Account) -> None:
    right = "ecr:GetRegistryScanningConfiguration"
    policy = json.loads(worked.policies["plan"])
    for statement in policy["Statement"]:
        statement["Action"] = [action for action in statement["Action"] if action != right]
    granted = [statement for statement in policy["Statement"] if statement["Action"]]
    blind = replace(worked, policies={"blind": json.dumps({**policy, "Statement": granted})}, called={})
    done = blind.run("blind", "status", "--format", "json")
    assert {call.action for call in blind.door.refused} == {right}
    assert done.returncode == 5, done.stdout + done.stderr
    found = json.loads(done.stdout)
    (failure,) = found["failures"]
    assert failure["kind"] == "unauthorized"
    assert failure["reason"] == f"ECR does not tell what it scans: the right {right} is missing"
    assert [(each["name"], each["settings"]) for each in found["repositories"]] == [
        (f"{PREFIX}/renamed/org/app", []),
        (f"{PREFIX}/renamed/org/new", []),
    ]
    assert found["counts"]["present"] + found["counts"]["missing"] == 3


@pytest.mark.parametrize(
    ("role", "action"),
    [
        ("apply", "ecr:PutImage"),
        ("apply", "ecr:DeleteRepository"),
        ("destroy", "ecr:PutImage"),
        (ONLY, "ecr:DeleteRepository"),
    ],
)
def test_who_sets_policies_cannot_let_themselves_do_more(
    rules: tuple[dict[str, str], str], role: str, action: str
) -> None:
    """Within an account the policy of a repository grants what it says, whatever the role's own does not name."""
    call = Call(action, f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{PREFIX}/quay/org/app")
    by_repository = {"Effect": "Allow", "Action": "ecr:*", "Resource": "*"}

    def may(role: str) -> bool:
        return grants(json.dumps({"Statement": [*json.loads(rules[0][role])["Statement"], by_repository]}), call)

    assert not may(role)
    assert may("plan")


@dataclass(frozen=True)
class Attempt:
    """Something that a role is not for.

    Attributes:
        needs: a right that it does not have.
    """

    role: str
    args: tuple[str, ...]
    needs: str


ATTEMPTS = [
    Attempt("plan", ("sync",), "ecr:PutImage"),
    Attempt("plan", ("apply", "--allow-destroy"), "s3:PutObject"),
    Attempt("plan", ("prune", "--apply", "prune.json", "--older-than", "0"), "ecr:BatchDeleteImage"),
    Attempt("apply", ("sync",), "ecr:PutImage"),
    Attempt("apply", ("apply", "--allow-destroy"), "ecr:DeleteRepository"),
    Attempt("sync", ("plan",), "s3:ListBucket"),
    Attempt("sync", ("prune", "--apply", "prune.json", "--older-than", "0"), "ecr:BatchDeleteImage"),
    Attempt("destroy", ("sync",), "ecr:PutImage"),
]


@pytest.fixture(scope="module")
def open_work(worked: Account) -> Account:
    """There are a tag to copy, one to prune, and a repository to destroy, and both plans for it."""
    worked.project.write({APP: FIXED[:1]}, settings=FIRST)
    worked.passes("destroy", "prune", "--older-than", "0", "--plan", "prune.json", code=3)
    worked.passes("destroy", "plan", code=3)
    shutil.copytree(worked.project.folder / "terraform/.mirrorgen", worked.project.folder / "saved")
    return worked


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: f"{attempt.role}: {attempt.args[0]}")
def test_a_role_fails_at_what_it_is_not_for(open_work: Account, attempt: Attempt) -> None:
    project = open_work.project
    shutil.copytree(project.folder / "saved", project.folder / "terraform/.mirrorgen", dirs_exist_ok=True)
    before = everything_in(project)
    done = open_work.run(attempt.role, *attempt.args)
    assert done.returncode not in {0, 3}, done.stdout
    assert attempt.needs in {call.action for call in open_work.door.refused}
    assert everything_in(project) == before


def everything_in(project: Project) -> Mapping[str, Mapping[str, str]]:
    """Every tag of every repository of the account with its digest."""
    client = project.client()
    names = [repository["repositoryName"] for repository in client.describe_repositories()["repositories"]]
    mine = [name.removeprefix(f"{PREFIX}/") for name in names if name.startswith(f"{PREFIX}/")]
    return {name: project.held(name) for name in mine}
