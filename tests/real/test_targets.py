"""Several targets of one list, in two accounts: each has its own state, and upstream is pulled from once."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from mirrorgen.demo.emulator import Emulator
from tests.real.conftest import ACCOUNT, REGION, Project, empty_account
from tests.real.distribution import PASSWORD, USER, Distribution, distribution

OTHER_ACCOUNT, OTHER_REGION, THIRD_REGION = "210987654321", "us-east-1", "ap-southeast-1"
ROLE = f"arn:aws:iam::{OTHER_ACCOUNT}:role/image-sync-role"
TAGS = {"org/app": ["v1.0.0", "v1.1.0"], "org/edge": ["v2.0.0"]}


@pytest.fixture(scope="module")
def other(base_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The ECR of another account, in another region."""
    folder = tmp_path_factory.mktemp("other")
    with empty_account(base_env, folder, account_id=OTHER_ACCOUNT, region=OTHER_REGION) as running:
        yield running


@pytest.fixture
def upstream(distribution_binary: Path, tmp_path: Path) -> Iterator[Distribution]:
    with distribution(tmp_path / "registry", distribution_binary) as running:
        yield running


@dataclass
class Fleet:
    """A project with three targets, and where each of them is."""

    project: Project
    upstream: Distribution
    places: dict[str, Emulator]
    providers: dict[str, dict[str, str]]

    def write(self, **changes: dict[str, Any]) -> None:
        """Write the list and render it.

        Args:
            changes: of what stands under the name of a target.
        """
        host, prefix = self.upstream.host, self.project.prefix
        targets: dict[str, dict[str, Any]] = {
            "eu": {"account_id": ACCOUNT, "region": REGION, "prefix": f"{prefix}/eu"},
            "us": {"account_id": OTHER_ACCOUNT, "region": OTHER_REGION, "prefix": f"{prefix}/us", "role": ROLE},
            "ap": {
                "account_id": ACCOUNT,
                "region": THIRD_REGION,
                "prefix": f"{prefix}/ap",
                "images": {"labels": ["edge"]},
            },
        }
        document = {
            "targets": {
                name: {**said, "endpoint": self.places[name].endpoint, **changes.get(name, {})}
                for name, said in targets.items()
            },
            "registries": {
                host: {
                    "alias": "hub",
                    "tls": "disabled",
                    "credentials": {"username_env": "P_USER", "password_env": "P_PASSWORD"},
                }
            },
            "images": [
                {"source": f"{host}/org/app", "tags": TAGS["org/app"]},
                {"source": f"{host}/org/edge", "tags": {"semver": [">=2"]}, "labels": ["edge"]},
            ],
        }
        (self.project.folder / "images.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
        assert self.run("eu", "render", named=False).returncode == 0

    def run(
        self, target: str, *args: str, named: bool = True, secrets: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run mirrorgen for a target, with the credentials of the first account.

        Args:
            target: where the emulated AWS is looked for.
            args: of the command line.
            named: whether `--target` is given.
            secrets: whether what signs in upstream is given, too, to a target that is filled from the first.
        """
        place = self.places[target]
        self.project.ecr, self.project.provider = place, self.providers[target]
        # Nobody who only works on targets that are filled from the first has these.
        signs_in = {"P_USER": USER, "P_PASSWORD": PASSWORD} if target == "eu" or secrets else {}
        self.project.variables = {**signs_in, **({"AWS_ACCESS_KEY_ID": ACCOUNT} if target == "us" else {})}
        return self.project.run(*args, *(["--target", target] if named else []))

    def client(self, target: str, *, at: str = "") -> Any:
        account, region = {
            "eu": (ACCOUNT, REGION),
            "us": (OTHER_ACCOUNT, OTHER_REGION),
            "ap": (ACCOUNT, THIRD_REGION),
        }[target]
        return boto3.client(
            "ecr",
            endpoint_url=self.places[at or target].endpoint,
            region_name=region,
            aws_access_key_id=account,
            aws_secret_access_key="emulator",  # noqa: S106 - the emulator takes any
        )

    def held(self, target: str) -> dict[str, str]:
        """Digest by name and tag of what a target holds."""
        client = self.client(target)
        prefix = f"{self.project.prefix}/{target}/hub/"
        names = [each["repositoryName"] for each in client.describe_repositories()["repositories"]]
        return {
            f"{name.removeprefix(prefix)}:{image['imageTag']}": image["imageDigest"]
            for name in names
            if name.startswith(prefix)
            for image in client.list_images(repositoryName=name)["imageIds"]
            if "imageTag" in image
        }

    def blobs_pulled(self) -> Counter[str]:
        return Counter(path for method, path in self.upstream.requests() if method == "GET" and "/blobs/" in path)


@pytest.fixture
def fleet(
    project: Project, other: Emulator, upstream: Distribution, provider_for: Callable[[Emulator], dict[str, str]]
) -> Fleet:
    project.serve({f"quay.io/{name}": tags for name, tags in TAGS.items()})
    for name, tags in TAGS.items():
        for tag in tags:
            upstream.take(project, f"{project.ecr.address}/upstream/quay.io/{name}:{tag}", f"{name}:{tag}")
    places = {"eu": project.ecr, "us": other, "ap": project.ecr}
    # With a role Terraform starts its own, which gets the credentials.
    providers = {"eu": provider_for(project.ecr), "us": {}, "ap": provider_for(project.ecr)}
    made = Fleet(project, upstream, places, providers)
    made.write()
    return made


def test_three_targets_from_one_list(fleet: Fleet) -> None:
    before = len(fleet.upstream.requests())
    for target, count in (("eu", 2), ("us", 2), ("ap", 1)):
        assert_its_plan_is_its_own(fleet, target, count)
        assert (applied := fleet.run(target, "apply")).returncode == 0, applied.stderr
        assert (synced := fleet.run(target, "sync")).returncode == 0, synced.stdout + synced.stderr
        assert (found := fleet.run(target, "status")).returncode == 0, found.stdout + found.stderr
        assert f"ECR ({target}) holds what the list asks for." in found.stdout
        if target == "eu":
            first = len(fleet.upstream.requests())
            assert first > before
            assert set(fleet.blobs_pulled().values()) == {1}
    # The others asked upstream for nothing at all.
    assert len(fleet.upstream.requests()) == first
    held = fleet.held("eu")
    assert held.keys() == {"org/app:v1.0.0", "org/app:v1.1.0", "org/edge:v2.0.0"}
    assert fleet.held("us") == held
    assert fleet.held("ap") == {"org/edge:v2.0.0": held["org/edge:v2.0.0"]}
    for target in fleet.places:
        assert fleet.run(target, "plan").returncode == 0
    states = fleet.project.folder / "terraform/terraform.tfstate.d"
    assert {path.name for path in states.iterdir()} == {"eu", "us", "ap"}
    assert_status_proves_each_digest(fleet)
    assert_what_the_first_leaves_out_comes_from_upstream(fleet)
    assert_a_move_is_of_one_target(fleet)


def assert_its_plan_is_its_own(fleet: Fleet, target: str, count: int) -> None:
    plan = fleet.run(target, "plan", "--format", "json")
    assert plan.returncode == 3, plan.stdout + plan.stderr
    changes = json.loads(plan.stdout)["repositories"]
    assert len(changes["create"]) == count
    assert {name.split("/")[1] for name in changes["create"]} == {target}
    assert not changes["destroy"]


def assert_status_proves_each_digest(fleet: Fleet) -> None:
    """Another image under a tag, and none: nothing that the list says tells the first from the right one."""
    repository = f"{fleet.project.prefix}/us/hub/org/app"
    client = fleet.client("us")
    (image,) = client.batch_get_image(repositoryName=repository, imageIds=[{"imageTag": "v1.1.0"}])["images"]
    digests = {"v1.0.0": fleet.held("us")["org/app:v1.0.0"]}
    client.batch_delete_image(repositoryName=repository, imageIds=[{"imageTag": "v1.0.0"}])
    found = fleet.run("us", "status")
    assert (found.returncode, "v1.0.0" in found.stdout) == (3, True), found.stdout + found.stderr
    assert "missing: 1" in found.stdout
    client.put_image(repositoryName=repository, imageManifest=image["imageManifest"], imageTag="v1.0.0")
    found = fleet.run("us", "status", "--format", "json")
    assert found.returncode == 3, found.stdout + found.stderr
    assert json.loads(found.stdout)["counts"]["differs"] == 1
    client.batch_delete_image(repositoryName=repository, imageIds=[{"imageTag": "v1.0.0"}])
    assert fleet.run("us", "sync").returncode == 0
    assert fleet.held("us")["org/app:v1.0.0"] == digests["v1.0.0"]


def assert_what_the_first_leaves_out_comes_from_upstream(fleet: Fleet) -> None:
    """The first target takes fewer images: the others go on, and read upstream what it does not have."""
    before = len(fleet.upstream.requests())
    fleet.write(eu={"images": {"sources": ["*/org/app"]}})
    plan = fleet.run("eu", "plan", "--format", "json")
    assert json.loads(plan.stdout)["repositories"]["destroy"] == [f"{fleet.project.prefix}/eu/hub/org/edge"]
    refused = fleet.run("ap", "sync")
    assert (refused.returncode, "P_USER" in refused.stderr) == (2, True), refused.stderr
    copied = fleet.run("ap", "sync", secrets=True)
    assert copied.returncode == 0, copied.stdout + copied.stderr
    assert len(fleet.upstream.requests()) > before
    assert fleet.run("us", "status", secrets=True).returncode == 0


def assert_a_move_is_of_one_target(fleet: Fleet) -> None:
    old = f"{fleet.project.prefix}/ap"
    before, others = fleet.held("ap"), [fleet.held(name) for name in ("eu", "us")]
    fleet.write(ap={"prefix": f"{old}/new"})
    assert fleet.run("ap", "plan").returncode == 3
    moved = fleet.run("ap", "move", "--allow-destroy", "--format", "json")
    assert moved.returncode == 0, moved.stdout + moved.stderr
    assert json.loads(moved.stdout)["destroyed"] == [f"{old}/hub/org/edge"]
    assert fleet.held("ap") == {}
    images = fleet.client("ap").list_images(repositoryName=f"{old}/new/hub/org/edge")["imageIds"]
    tagged = {f"org/edge:{image['imageTag']}": image["imageDigest"] for image in images if "imageTag" in image}
    assert before.items() <= tagged.items()
    assert [fleet.held(name) for name in ("eu", "us")] == others
    for target in fleet.places:
        assert fleet.run(target, "plan").returncode == 0


def test_ecr_is_told_to_fill_a_target_and_what_it_has_not_brought_is_a_failure(fleet: Fleet) -> None:
    """The emulator replicates nothing by itself, so that regsync plays that part in the middle."""
    filled = {"prefix": f"{fleet.project.prefix}/eu"}
    fleet.write(us={**filled, "replicate": True})
    assert not (fleet.project.folder / "regsync.us.yaml").exists()
    wanted = [{"registryId": OTHER_ACCOUNT, "region": OTHER_REGION}]
    filters = [{"filter": f"{filled['prefix']}/", "filterType": "PREFIX_MATCH"}]
    plan = document(fleet, "eu", "plan", code=3)
    assert plan["registry"] == [{"setting": "replication", "action": "take over"}]
    assert fleet.run("eu", "apply").returncode == 0
    ecr = fleet.client("eu")
    (rule,) = ecr.describe_registry()["replicationConfiguration"]["rules"]
    assert (rule["destinations"], rule["repositoryFilters"]) == (wanted, filters)
    names = {f"{filled['prefix']}/hub/{name}" for name in TAGS}
    failed = document(fleet, "eu", "sync", "--retries", "0", code=5)["failures"]
    assert ({each["repository"] for each in failed}, {each["kind"] for each in failed}) == (names, {"no-repository"})
    assert failed[0]["reason"].endswith("; run `mirrorgen plan --target us` and `mirrorgen apply --target us` first")
    assert fleet.held("eu") == {}
    # What a run for the first sees of the other account is in the first's emulator.
    seen = fleet.client("us", at="eu")
    for name in names:
        seen.create_repository(repositoryName=name)
    assert fleet.run("eu", "sync").returncode == 0
    assert document(fleet, "eu", "plan", code=0)["registry"] == []

    (rule,) = ecr.describe_registry()["replicationConfiguration"]["rules"]
    switched = {"rules": [{**rule, "deleteReplication": {"enabled": True}}]}
    ecr.put_replication_configuration(replicationConfiguration=switched)
    plan = document(fleet, "eu", "plan", code=3)
    (told,) = plan["registry_settings"]
    assert (plan["registry"], told["found"]) == ([], f'{told["wanted"]} with deleteReplication {{"enabled": true}}')
    ecr.put_replication_configuration(replicationConfiguration={"rules": []})
    (told,) = document(fleet, "eu", "status", code=3)["registry_settings"]
    said = f"{filled['prefix']}/ to {OTHER_ACCOUNT}/{OTHER_REGION}"
    assert told == {"setting": "replication", "wanted": said, "found": "none"}
    assert document(fleet, "eu", "plan", code=3)["registry_settings"] == [told]
    assert fleet.run("eu", "apply").returncode == 0
    assert document(fleet, "eu", "status", code=0)["in_sync"] is True

    plan = document(fleet, "us", "plan", code=3)
    assert ([each["tag"] for each in plan["replicated"]], plan["copy"]) == (["v1.0.0", "v1.1.0", "v2.0.0"], [])
    assert fleet.run("us", "apply").returncode == 0
    ahead = document(fleet, "us", "sync", "--dry-run", code=3)
    assert (ahead["missing"], ahead["compare"], ahead["failures"]) == (plan["replicated"], [], [])
    failed = document(fleet, "us", "sync", "--retries", "0", code=5)["failures"]
    digests = fleet.held("eu")
    assert {(failure["tag"], failure["kind"]) for failure in failed} == {
        (name.partition(":")[2], "unavailable") for name in digests
    }
    # Those who are at hand are of the other account, which cannot ask the first for a backfill.
    assert f"{digests['org/app:v1.0.0']} to ECR (us) yet; its backfill could not be started" in failed[0]["reason"]
    fleet.write(us=filled)
    assert fleet.run("us", "sync").returncode == 0
    fleet.write(us={**filled, "replicate": True})
    for command in ("plan", "sync", "status"):
        assert (done := fleet.run("us", command)).returncode == 0, done.stdout + done.stderr


def document(fleet: Fleet, target: str, *args: str, code: int) -> dict[str, Any]:
    done = fleet.run(target, *args, "--format", "json")
    assert done.returncode == code, done.stdout + done.stderr
    return dict(json.loads(done.stdout))
