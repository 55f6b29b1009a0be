"""`mirrorgen adopt --prefix`, with the real Terraform and an emulated ECR: what others made by hand gets entries."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from mirrorgen.operations.stand_in import path_prefix
from tests.real.conftest import ACCOUNT, REGION, Project

UNTAGGED = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 3}
ANY = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 500}
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OURS = [{"Key": "ManagedBy", "Value": "terraform"}, {"Key": "Purpose", "Value": "image-mirror"}]
LISTED = "quay.io/org/listed"

MADE: dict[str, dict[str, Any]] = {
    "docker-hub/nginx": {"imageTagMutability": "MUTABLE"},
    "docker-hub/grafana/grafana": {"imageTagMutability": "IMMUTABLE"},
    "quay/org/plain": {"encryptionConfiguration": {"encryptionType": "KMS"}, "tags": OURS},
    "quay/org/scanned": {"imageScanningConfiguration": {"scanOnPush": True}, "tags": OURS[:1]},
    "quay/org/keyed": {"encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": KEY}},
    "quay/org/aes": {
        "encryptionConfiguration": {"encryptionType": "AES256"},
        "tags": [{"Key": "Team", "Value": "a b"}],
    },
    "ghcr/org/moved": {"imageTagMutability": "MUTABLE", "tags": [{"Key": "Purpose", "Value": "by hand"}]},
    "k8s/pause": {"imageTagMutability": "IMMUTABLE", "imageScanningConfiguration": {"scanOnPush": True}},
    "registry.example.com/a/b/c": {"tags": [*OURS, {"Key": "cost:center/x", "Value": ""}]},
    "ecr-public/docker/library/postgres": {},
}
"""Ten repositories below the alias and path of a source, with what `create_repository` was given."""
LIFECYCLES = {"docker-hub/nginx": [UNTAGGED], "k8s/pause": [UNTAGGED, ANY], "quay/org/plain": [ANY]}
TAGS = {"docker-hub/nginx": ["1.25.3", "latest"], "docker-hub/grafana/grafana": ["10.1.0", "latest"]}


def fill(project: Project, name: str, tags: list[str]) -> None:
    """Put an image of one layer under each tag."""
    for number, tag in enumerate(tags):
        blob = {"mediaType": "application/vnd.oci.empty.v1+json", "digest": f"sha256:{number:064x}", "size": number}
        media_type = "application/vnd.oci.image.manifest.v1+json"
        manifest = {"schemaVersion": 2, "mediaType": media_type, "config": blob, "layers": [blob]}
        project.client().put_image(
            repositoryName=name, imageManifest=json.dumps(manifest), imageManifestMediaType=media_type, imageTag=tag
        )


@pytest.fixture
def team(project: Project) -> str:
    """The path below which somebody has made ten repositories, and a list that has another."""
    project.serve({LISTED: ["v1.0.0"]})
    # Nobody else is asked which tags there are upstream.
    project.registries = {
        host: {"hostname": project.ecr.address, "tls": "disabled", "path_prefix": path_prefix(host)}
        for host in ("docker.io", "ghcr.io", "registry.k8s.io", "registry.example.com", "public.ecr.aws")
    }
    project.write({LISTED: ["v1.0.0"]})
    path = f"team-{project.prefix}"
    for name, given in MADE.items():
        project.client().create_repository(repositoryName=f"{path}/{name}", **given)
        fill(project, f"{path}/{name}", TAGS.get(name, ["v1.0.0", "v1.1.0"]))
    for name, selections in LIFECYCLES.items():
        rules = [
            {"rulePriority": number, "description": "by hand", "selection": each, "action": {"type": "expire"}}
            for number, each in enumerate(selections, 1)
        ]
        project.client().put_lifecycle_policy(
            repositoryName=f"{path}/{name}", lifecyclePolicyText=json.dumps({"rules": rules})
        )
    return path


def settings(project: Project, path: str) -> dict[str, Any]:
    """What ECR says of each repository."""
    client = project.client()
    found = {}
    for name in MADE:
        (described,) = client.describe_repositories(repositoryNames=[f"{path}/{name}"])["repositories"]
        tags = client.list_tags_for_resource(resourceArn=described["repositoryArn"])["tags"]
        described["tags"] = sorted((tag["Key"], tag["Value"]) for tag in tags)
        if name in LIFECYCLES:
            policy = client.get_lifecycle_policy(repositoryName=f"{path}/{name}")["lifecyclePolicyText"]
            described["policy"] = json.loads(policy)
        found[name] = described
    return found


def test_what_was_made_by_hand_gets_entries_with_which_nothing_changes(project: Project, team: str) -> None:
    before = settings(project, team)
    list_file = project.folder / "images.yaml"
    list_file.write_text("# ours\n" + list_file.read_text())
    text = list_file.read_text()

    shown = project.run("adopt", "--prefix", team)
    assert shown.returncode == 3, shown.stdout + shown.stderr
    assert "does not have: 10, with an entry to add: 10" in shown.stdout, shown.stdout
    assert list_file.read_text() == text

    written = project.run("adopt", "--prefix", f"{team}/", "--write", "--format", "json")
    assert written.returncode == 0, written.stdout + written.stderr
    assert list_file.read_text().startswith(text)
    added = yaml.safe_load(list_file.read_text())["images"][1:]
    assert {entry["repository"]: entry["source"] for entry in added} == {
        f"{team}/docker-hub/nginx": "docker.io/library/nginx",
        f"{team}/docker-hub/grafana/grafana": "docker.io/grafana/grafana",
        f"{team}/quay/org/plain": "quay.io/org/plain",
        f"{team}/quay/org/scanned": "quay.io/org/scanned",
        f"{team}/quay/org/keyed": "quay.io/org/keyed",
        f"{team}/quay/org/aes": "quay.io/org/aes",
        f"{team}/ghcr/org/moved": "ghcr.io/org/moved",
        f"{team}/k8s/pause": "registry.k8s.io/pause",
        f"{team}/registry.example.com/a/b/c": "registry.example.com/a/b/c",
        f"{team}/ecr-public/docker/library/postgres": "public.ecr.aws/docker/library/postgres",
    }

    assert project.run("generate").returncode == 0
    adopted = project.run("adopt", "--format", "json")
    assert adopted.returncode == 3, adopted.stdout + adopted.stderr
    document = json.loads(adopted.stdout)
    assert sorted(document["adopted"]) == sorted(f"{team}/{name}" for name in MADE)
    assert document["settings"] == {}
    applied = project.run("apply")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert settings(project, team) == before
    again = json.loads(project.run("plan", "--format", "json").stdout)
    assert not any(again["repositories"].values())
    assert (again["outputs"], again["unmanaged"]) == ([], [])
    assert json.loads(project.run("adopt", "--prefix", team, "--format", "json").stdout)["entries"] == []


def test_what_can_be_told_is_written_and_the_rest_is_named(project: Project) -> None:
    project.write({LISTED: ["v1.0.0"]})
    client, list_file = project.client(), project.folder / "images.yaml"
    for name in ("quay/org/listed", "quay/org/told", "nobody/app", "quay/org/empty"):
        client.create_repository(repositoryName=f"{project.prefix}/{name}")
    for name in ("quay/org/told", "nobody/app"):
        fill(project, f"{project.prefix}/{name}", ["v1.0.0"])
    before = list_file.read_text()

    assert project.run("adopt", "--write").returncode == 2
    written = project.run("adopt", "--prefix", project.prefix, "--write", "--format", "json")
    assert written.returncode == 3, written.stdout + written.stderr
    document = json.loads(written.stdout)
    assert [entry["source"] for entry in document["entries"]] == ["quay.io/org/told"]
    assert [refused["repository"] for refused in document["refused"]] == [
        f"{project.prefix}/nobody/app",
        f"{project.prefix}/quay/org/empty",
    ]
    assert list_file.read_text().startswith(before)
    # What the first run has written is none of the second's business.
    after = list_file.read_text()
    again = project.run("adopt", "--prefix", project.prefix, "--write", "--format", "json")
    assert (again.returncode, json.loads(again.stdout)["entries"], list_file.read_text()) == (3, [], after)


def test_of_several_targets_one_gets_what_it_holds_and_the_others_stay_as_they_are(project: Project) -> None:
    here = {"account_id": ACCOUNT, "prefix": project.prefix, "endpoint": project.ecr.endpoint}
    targets = {
        "eu": {**here, "region": REGION, "images": {"labels": ["both", "eu-only"]}},
        "us": {**here, "region": "us-east-1", "images": {"labels": ["both"]}},
    }
    images = [{"source": LISTED, "tags": ["v1.0.0"], "labels": ["both"]}]
    document = {"targets": targets, "registries": project.stand_ins([LISTED]), "images": images}
    list_file = project.folder / "images.yaml"
    list_file.write_text(yaml.safe_dump(document, sort_keys=False))
    name = f"{project.prefix}/quay/org/made"
    project.client().create_repository(repositoryName=name, imageTagMutability="MUTABLE")
    fill(project, name, ["v1.0.0"])

    written = project.run("adopt", "--prefix", project.prefix, "--target", "eu", "--write", "--format", "json")
    assert written.returncode == 0, written.stdout + written.stderr
    assert "then `mirrorgen adopt --target eu`" in written.stderr
    (entry,) = yaml.safe_load(list_file.read_text())["images"][1:]
    assert (entry["source"], entry["labels"]) == ("quay.io/org/made", ["eu-only"])
    assert project.run("generate").returncode == 0
    asked = {
        target: [each["repository"] for each in json.loads(path.read_text())["mirrored_images"]]
        for target in targets
        for path in [project.folder / f"terraform/{target}.tfvars.json"]
    }
    listed = f"{project.prefix}/quay/org/listed"
    assert asked == {"eu": [listed, name], "us": [listed]}
    adopted = project.run("adopt", "--target", "eu", "--format", "json")
    assert adopted.returncode == 3, adopted.stdout + adopted.stderr
    assert json.loads(adopted.stdout)["adopted"] == [name]
    assert json.loads(adopted.stdout)["settings"] == {}
    again = project.run("adopt", "--prefix", project.prefix, "--target", "eu", "--format", "json")
    assert json.loads(again.stdout)["entries"] == []


def test_strays_weigh_what_ecr_says_of_their_images(project: Project) -> None:
    """And nothing of the list is among them; status says what puts them there."""
    project.write({LISTED: ["v1.0.0"]})
    client = project.client()
    sums = {}
    for name, tags in (("quay/org/listed", ["v1"]), ("quay/org/one", ["a", "b", "c"]), ("quay/org/none", [])):
        repository = f"{project.prefix}/{name}"
        client.create_repository(repositoryName=repository)
        fill(project, repository, tags)
        images = client.describe_images(repositoryName=repository)["imageDetails"]
        sums[repository] = (len(images), sum(image["imageSizeInBytes"] for image in images))
    assert sums[f"{project.prefix}/quay/org/one"][1] > 0

    status = project.run("status", "--format", "json")
    strays = {each["name"]: (each["images"], each["size_bytes"]) for each in json.loads(status.stdout)["strays"]}
    del sums[f"{project.prefix}/quay/org/listed"]
    assert strays == sums
    assert f"`mirrorgen adopt --prefix {project.prefix}` shows list entries" in project.run("status").stdout
