"""`mirrorgen rewrite kyverno`: the CEL of the policy, parsed and evaluated on Pods."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import RunCli
from tests.consumers.cel import apply
from tests.consumers.mirror import (
    DEPLOYMENT,
    DIGESTS,
    HOST,
    LIST,
    NGINX,
    PROMETHEUS,
    TARGET,
    A,
    B,
    complaints,
    write_list,
)


@pytest.fixture(autouse=True)
def folder(in_folder: Path) -> Path:
    write_list(in_folder)
    return in_folder


def pod(*images: str, **more: list[str]) -> dict[str, Any]:
    """A Pod with these images in `containers`, and with those of other lists."""
    lists = {"containers": images, **more}
    return {
        "spec": {
            key: [{"name": f"{key.lower()}-{number}", "image": image} for number, image in enumerate(found)]
            for key, found in lists.items()
        }
    }


def moved(run_cli: RunCli, *images: str, options: tuple[str, ...] = ()) -> list[str]:
    """What becomes of the images of a Pod."""
    result = run_cli("rewrite", "kyverno", *options)
    return list(apply(yaml.safe_load(result.stdout), pod(*images)).values())


def test_every_dress_of_a_mirrored_image_becomes_that_of_the_mirror(run_cli: RunCli) -> None:
    names = ("nginx", "library/nginx", "docker.io/nginx", "docker.io/library/nginx", "index.docker.io/library/nginx")
    assert moved(run_cli, *(f"{name}:1.25.3" for name in names)) == [f"{NGINX}:1.25.3"] * 5
    assert moved(run_cli, *names) == [f"{NGINX}:latest"] * 5


def test_what_is_not_mirrored_stays(run_cli: RunCli) -> None:
    images = [
        "nginx:1.19",
        "busybox",
        "quay.io/nginx:1.25.3",
        "localhost:5000/nginx",
        f"nginx@{A}",
        f"nginx:1.25.3@{A}",
    ]
    assert moved(run_cli, *images) == images


def test_what_is_at_the_mirror_stays(run_cli: RunCli) -> None:
    images = [f"{NGINX}:1.25.3", f"{HOST}/other:1"]
    assert moved(run_cli, *images) == images


def test_init_containers_and_ephemeral_ones_get_their_images_too(run_cli: RunCli) -> None:
    policy = yaml.safe_load(run_cli("rewrite", "kyverno").stdout)
    assert apply(policy, pod("busybox", initContainers=["nginx"], ephemeralContainers=["nginx:1.24.0", "busybox"])) == {
        "containers-0": "busybox",
        "initcontainers-0": f"{NGINX}:latest",
        "ephemeralcontainers-0": f"{NGINX}:1.24.0",
        "ephemeralcontainers-1": "busybox",
    }


def test_pods_that_run_keep_their_images(run_cli: RunCli) -> None:
    """Another image for a Pod that somebody labels would restart its containers."""
    policy = yaml.safe_load(run_cli("rewrite", "kyverno").stdout)
    rules = policy["spec"]["matchConstraints"]["resourceRules"]
    assert [(rule["resources"], rule["operations"]) for rule in rules] == [
        (["pods"], ["CREATE"]),
        (["pods/ephemeralcontainers"], ["UPDATE"]),
    ]
    (rule,) = yaml.safe_load(run_cli("rewrite", "kyverno-cluster-policy").stdout)["spec"]["rules"]
    assert [each["resources"] for each in rule["match"]["any"]] == [
        {"kinds": ["Pod"], "operations": ["CREATE"]},
        {"kinds": ["Pod/ephemeralcontainers"], "operations": ["UPDATE"]},
    ]


def test_a_container_that_is_added_gets_its_image_and_those_that_are_there_keep_theirs(run_cli: RunCli) -> None:
    """Kubernetes refuses to change an ephemeral container, and with it the one that `kubectl debug` adds."""
    policy = yaml.safe_load(run_cli("rewrite", "kyverno").stdout)
    before = pod("nginx", ephemeralContainers=["nginx:1.24.0"])
    expected = {
        "containers-0": "nginx",
        "ephemeralcontainers-0": "nginx:1.24.0",
        "ephemeralcontainers-1": f"{NGINX}:latest",
    }
    assert apply(policy, pod("nginx", ephemeralContainers=["nginx:1.24.0", "nginx"]), before) == expected
    # A Pod that is made: Kyverno has an old object for it, too, in which nothing is.
    assert apply(policy, pod("nginx"), {}) == apply(policy, pod("nginx")) == {"containers-0": f"{NGINX}:latest"}


def test_a_digest_that_the_lock_has_is_known(run_cli: RunCli, folder: Path) -> None:
    write_list(folder, LIST, DIGESTS)
    assert moved(run_cli, f"nginx@{A}", f"docker.io/nginx:1.24.0@{A}") == [f"{NGINX}@{A}"] * 2


def test_fixed_tags_are_pinned_where_that_is_asked_for(run_cli: RunCli, folder: Path) -> None:
    write_list(folder, LIST, DIGESTS)
    images = ["nginx:1.25.3", "nginx:latest"]
    assert moved(run_cli, *images, options=("--digest",)) == [f"{NGINX}:1.25.3@{B}", f"{NGINX}:latest"]
    result = run_cli("rewrite", "kyverno", "--digest")
    assert result.exit_code == 3
    assert complaints(result)[0].startswith("docker.io/library/nginx:latest: it is not pinned")


def test_each_tag_is_led_to_its_own_repository(run_cli: RunCli, folder: Path) -> None:
    entries = [f"  - {{source: nginx, tags: ['{tag}'], repository: mirror/{tag}}}\n" for tag in ("old", "new")]
    write_list(folder, f"{TARGET}images:\n{''.join(entries)}")
    assert moved(run_cli, "nginx:old", "nginx:new") == [f"{HOST}/mirror/old:old", f"{HOST}/mirror/new:new"]


def test_with_files_it_knows_what_they_name(run_cli: RunCli, folder: Path) -> None:
    (folder / "web.yaml").write_text(DEPLOYMENT)
    assert moved(run_cli, "nginx", "quay.io/prometheus/prometheus:v2.48.0", options=("web.yaml",)) == [
        f"{NGINX}:latest",
        "quay.io/prometheus/prometheus:v2.48.0",
    ]


OTHERWISE = f"registry-1.docker.io/library/nginx:1.19@{A}"


def test_with_files_it_knows_their_other_names_too(run_cli: RunCli, folder: Path) -> None:
    write_list(folder, LIST, DIGESTS)
    (folder / "web.yaml").write_text(DEPLOYMENT.replace("nginx:1.25.3", OTHERWISE))
    assert moved(run_cli, OTHERWISE) == [OTHERWISE]
    assert moved(run_cli, OTHERWISE, options=("web.yaml",)) == [f"{NGINX}@{A}"]
    policy = yaml.safe_load(run_cli("rewrite", "kyverno-cluster-policy", "web.yaml").stdout)
    mirrored = policy["spec"]["rules"][0]["context"][0]["variable"]["value"]
    assert mirrored[OTHERWISE] == mirrored[f"nginx:1.19@{A}"] == f"{NGINX}@{A}"


def test_expressions_of_long_lists_stay_within_what_cel_reads(run_cli: RunCli, folder: Path) -> None:
    tags = [f"1.{number}.0" for number in range(8)]
    entries = [f"  - {{source: example.com/team/application-{number}, tags: {tags}}}\n" for number in range(200)]
    write_list(folder, f"{TARGET}images:\n{''.join(entries)}")
    policy = yaml.safe_load(run_cli("rewrite", "kyverno").stdout)
    assert max(len(variable["expression"]) for variable in policy["spec"]["variables"]) < 100_000
    last = "team/application-199:1.7.0"
    assert apply(policy, pod(f"example.com/{last}", "example.com/team/application-0")) == {
        "containers-0": f"{HOST}/mirror/example.com/{last}",
        "containers-1": "example.com/team/application-0",
    }


def test_an_empty_list_moves_nothing(run_cli: RunCli, folder: Path) -> None:
    (folder / "web.yaml").write_text(DEPLOYMENT.replace("nginx", "busybox"))
    assert moved(run_cli, "nginx", PROMETHEUS, options=("web.yaml",)) == ["nginx", PROMETHEUS]


def test_a_rule_without_a_lock_promises_nothing(run_cli: RunCli, folder: Path) -> None:
    write_list(folder, f"{TARGET}images:\n  - {{source: nginx, tags: {{exact: [latest], match: ['1\\.2.*']}}}}\n")
    result = run_cli("rewrite", "kyverno")
    assert result.exit_code == 3
    assert "docker.io/library/nginx: a rule chooses its tags, which no lock has settled" in result.stderr
    assert moved(run_cli, "nginx", "nginx:1.25") == [f"{NGINX}:latest", "nginx:1.25"]


def test_a_cluster_policy_holds_every_way_to_write_an_image(run_cli: RunCli, folder: Path) -> None:
    write_list(folder, LIST, DIGESTS)
    policy = yaml.safe_load(run_cli("rewrite", "kyverno-cluster-policy").stdout)
    (rule,) = policy["spec"]["rules"]
    (context,) = rule["context"]
    mirrored = context["variable"]["value"]
    for name in ("nginx", "docker.io/nginx", "index.docker.io/library/nginx"):
        assert mirrored[name] == mirrored[f"{name}:latest"] == f"{NGINX}:latest"
        assert mirrored[f"{name}@{A}"] == mirrored[f"{name}:1.24.0@{A}"] == f"{NGINX}@{A}"
    assert not {name for name in mirrored if "busybox" in name or ":1.19" in name}
    lists = [next(iter(each["patchStrategicMerge"]["spec"])) for each in rule["mutate"]["foreach"]]
    assert lists == ["containers", "initContainers", "ephemeralContainers"]
