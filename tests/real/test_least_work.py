"""sync does only what is needed: counted in the access log of a real registry, and in what regsync is given."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.requests import request_figures
from mirrorgen.demo import upstreams
from tests.real.conftest import Project
from tests.real.distribution import PASSWORD, USER, Distribution, distribution

FIXED = ["v1.0.0", "v1.1.0", "v1.2.0"]


@pytest.fixture
def upstream(distribution_binary: Path, tmp_path: Path) -> Iterator[Distribution]:
    with distribution(tmp_path / "registry", distribution_binary) as running:
        yield running


@pytest.fixture
def synced(project: Project, upstream: Distribution) -> Project:
    """A project whose list is in ECR: three fixed tags."""
    project.serve({"quay.io/org/least": FIXED})
    for tag in FIXED:
        upstream.take(project, f"{project.ecr.address}/upstream/quay.io/org/least:{tag}", f"org/least:{tag}")
    project.registries = {
        upstream.host: {
            "alias": "hub",
            "tls": "disabled",
            "credentials": {"username_env": "P_USER", "password_env": "P_PASSWORD"},
        }
    }
    project.variables = {"P_USER": USER, "P_PASSWORD": PASSWORD}
    project.write({f"{upstream.host}/org/least": FIXED})
    project.create_repositories()
    assert project.run("sync").returncode == 0
    return project


def test_with_nothing_missing_upstream_gets_no_request_at_all(synced: Project, upstream: Distribution) -> None:
    log = upstream.access_log.read_text()
    result = synced.run("--debug", "sync")
    assert (result.returncode, result.stdout) == (
        0,
        "Tags copied: 0, up to date: 3, failed: 0. All 3 tags of the list are in ECR.\n",
    )
    assert upstream.access_log.read_text() == log
    assert "regsync once" not in result.stderr
    assert result.stderr.count("asking ECR") == 1


def test_a_missing_tag_is_the_only_one_looked_at(synced: Project, upstream: Distribution) -> None:
    digest = synced.held("hub/org/least")["v1.1.0"]
    synced.client().batch_delete_image(
        repositoryName=f"{synced.prefix}/hub/org/least", imageIds=[{"imageDigest": digest, "imageTag": "v1.1.0"}]
    )
    before = len(upstream.requests())
    result = synced.run("sync")
    assert result.stdout == "Tags copied: 1, up to date: 2, failed: 0. All 3 tags of the list are in ECR.\n"
    tags = {path.rpartition("/")[2] for _, path in upstream.requests()[before:] if "/manifests/v" in path}
    assert tags == {"v1.1.0"}


def test_full_lets_regsync_look_at_every_tag(synced: Project, upstream: Distribution) -> None:
    before = len(upstream.requests())
    result = synced.run("sync", "--full")
    assert result.stdout == "Tags copied: 0, up to date: 3, failed: 0. All 3 tags of the list are in ECR.\n"
    heads = [path.rpartition("/")[2] for method, path in upstream.requests()[before:] if method == "HEAD"]
    assert sorted(heads) == FIXED


def test_a_moving_tag_is_compared_with_upstream_each_time(project: Project) -> None:
    source = "quay.io/org/least"
    project.serve({source: ["v1.0.0", "latest"]})
    project.write({source: ["v1.0.0", "latest"]})
    project.create_repositories()
    assert project.run("sync").returncode == 0
    shown = json.loads(project.run("sync", "--dry-run", "--format", "json").stdout)
    assert (shown["missing"], [one["tag"] for one in shown["compare"]]) == ([], ["latest"])

    moved = upstreams.populate(project.ecr, {source: ["latest"]}, platforms=("linux/amd64",))[source, "latest"]
    result = project.run("sync")
    assert result.stdout == "Tags copied: 1, up to date: 1, failed: 0. All 2 tags of the list are in ECR.\n"
    assert project.held("quay/org/least")["latest"] == moved


def test_dry_run_shows_and_copies_nothing(project: Project) -> None:
    images = {"quay.io/org/least": ["v1.0.0"], "docker.io/library/nginx": ["1.25"]}
    project.serve(images)
    project.write(images)
    project.create_repositories()
    result = project.run("sync", "--dry-run")
    assert result.returncode == 3
    assert result.stdout == (
        "Requests upstream:\n"
        "  docker.io: lists 1, HEAD 1, pulls about 10\n"
        "  quay.io: lists 1, HEAD 1, pulls about 10\n\n"
        "Tags that ECR lacks:\n"
        f"  {project.prefix}/docker-hub/nginx: 1.25\n"
        f"  {project.prefix}/quay/org/least: v1.0.0\n\n"
        "Tags missing: 2, to compare: 0, nothing to do for: 0.\n"
    )
    assert project.held("quay/org/least") == {}


def test_only_takes_a_part_of_the_list(project: Project) -> None:
    images = {"quay.io/org/least": ["v1.0.0"], "docker.io/library/nginx": ["1.25"]}
    project.serve(images)
    project.write(images)
    project.create_repositories()
    by_source = project.run("sync", "--only", "quay.io/*")
    assert by_source.stdout == "Tags copied: 1, up to date: 0, failed: 0. All 1 tags of the list are in ECR.\n"
    by_repository = project.run("sync", "--only", "*/quay/org/least")
    assert by_repository.stdout == "Tags copied: 0, up to date: 1, failed: 0. All 1 tags of the list are in ECR.\n"
    assert project.held("docker-hub/nginx") == {}
    assert project.run("sync", "--only", "ghcr.io/*").returncode == 2


def test_a_sync_stops_before_it_needs_more_pulls_than_the_list_allows(project: Project) -> None:
    project.serve({"quay.io/org/least": FIXED})
    project.write({"quay.io/org/least": FIXED})
    path = project.folder / "images.yaml"
    path.write_text(path.read_text().replace("  quay.io:\n", "  quay.io:\n    pulls_per_six_hours: 10\n"))
    project.create_repositories()
    first = project.run("sync")
    assert first.returncode == 5
    assert "warning: about 9 pulls of quay.io are needed, and this run may make 10" in first.stderr
    assert f"{project.prefix}/quay/org/least:v1.2.0: left for a later run: this run may make 10 pulls" in first.stdout
    assert sorted(project.held("quay/org/least")) == ["v1.0.0", "v1.1.0"]
    assert project.run("sync").returncode == 0
    assert sorted(project.held("quay/org/least")) == FIXED


def test_the_shards_together_copy_the_whole_list_and_none_does_the_work_of_another(project: Project) -> None:
    images = {f"quay.io/org/shard{i}": ["v1.0.0"] for i in range(6)}
    project.serve(images)
    project.write(images)
    project.create_repositories()
    copied = []
    for index in range(3):
        project.variables = {"JOB_COMPLETION_INDEX": str(index)}
        result = project.run("sync", "--shard", "env/3", "--format", "json", "--report", f"part-{index}.json")
        assert result.returncode == 0, result.stderr
        copied += [one["repository"] for one in json.loads(result.stdout)["copied"]]
    assert sorted(copied) == sorted(f"{project.prefix}/quay/org/shard{i}" for i in range(6))
    joined = project.run("report", "--merge", *(f"part-{index}.json" for index in range(3)))
    assert joined.returncode == 0, joined.stderr
    assert len(json.loads(joined.stdout)["result"]["copied"]) == 6
    assert project.run("sync", "--dry-run").returncode == 0
    assert project.run("sync", "--shard", "4/3").returncode == 2


def test_a_part_without_anything_says_so_in_its_report(project: Project) -> None:
    images = {"quay.io/org/alone": ["v1.0.0"]}
    project.serve(images)
    project.write(images)
    project.create_repositories()
    for index in (1, 2):
        result = project.run("sync", "--shard", f"{index}/2", "--report", f"part-{index}.json")
        assert result.returncode == 0, result.stderr
    joined = project.run("report", "--merge", "part-1.json", "part-2.json")
    assert joined.returncode == 0, joined.stderr
    result = json.loads(joined.stdout)["result"]
    assert (len(result["copied"]), result["unchanged"], result["failures"]) == (1, 0, [])


def test_signatures_may_come_later_so_signed_tags_are_looked_at(project: Project) -> None:
    project.serve({"quay.io/org/least": ["v1.0.0"]})
    project.write({"quay.io/org/least": ["v1.0.0"]}, settings={"referrers": True})
    project.create_repositories()
    assert project.run("sync").returncode == 0
    shown = json.loads(project.run("sync", "--dry-run", "--format", "json").stdout)
    assert [one["tag"] for one in shown["compare"]] == ["v1.0.0"]


def test_the_benchmark_counts_the_requests_of_each_program(
    tmp_path: Path, base_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in base_env.items():
        monkeypatch.setenv(name, value)
    figures = {one.what: one.counts for one in request_figures(tmp_path, repositories=3, tags=2)}
    # Who we are, and the tags of each of the three repositories.
    assert figures["mirrorgen sync"] == {"ECR API": 4}
    assert figures["mirrorgen sync --full"].get("upstream HEAD") == 6
    assert figures["regsync once"].get("upstream HEAD") == 6
    assert figures["regsync once --missing"].get("upstream list") == 3
    assert figures["the first mirrorgen sync"]["target PUT"] > 0
