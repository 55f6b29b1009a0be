"""A run never makes more pulls of a registry than the list allows: counted by a proxy in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

import pytest

from benchmarks.counting import CountingProxy, counting_proxy
from mirrorgen.demo import upstreams
from mirrorgen.operations.stand_in import path_prefix
from tests.real.conftest import Project

SOURCE = "quay.io/org/budget"
FIXED = ["v1.0.0", "v1.1.0", "v1.2.0"]
MOVING = ["latest", "main", "edge", "stable", "next", "nightly", "beta", "dev"]
PLATFORMS = [f"linux/arm/v{number}" for number in range(1, 18)]
PULL = "pull"


@pytest.fixture
def upstream(project: Project) -> Iterator[CountingProxy]:
    def name(method: str, path: str) -> str:
        return PULL if method == "GET" and "/manifests/" in unquote(path) else method

    with counting_proxy(project.ecr.address, name) as proxy:
        project.registries["quay.io"] = {
            "hostname": proxy.address,
            "tls": "disabled",
            "path_prefix": path_prefix("quay.io"),
        }
        yield proxy


def sync(project: Project, upstream: CountingProxy, *options: str) -> tuple[int, int, str]:
    """Exit code, pulls, and what was printed."""
    before = upstream.counts[PULL]
    result = project.run("sync", "--retry-wait", "0", *options)
    return result.returncode, upstream.counts[PULL] - before, result.stdout + result.stderr


def test_large_indexes_are_copied_as_far_as_the_limit_goes(project: Project, upstream: CountingProxy) -> None:
    upstreams.populate(project.ecr, {SOURCE: FIXED}, platforms=PLATFORMS)
    project.registries["quay.io"]["pulls_per_six_hours"] = 45
    project.write({SOURCE: FIXED})
    project.create_repositories()
    code, pulls, said = sync(project, upstream)
    # An index and 17 more each, and one pull to find that out.
    assert (code, pulls) == (5, 2 * 19 + 1), said
    assert "v1.2.0: left for a later run: this run may make 45 pulls of quay.io" in said
    assert sync(project, upstream)[:2] == (0, 19)
    assert sync(project, upstream)[:2] == (0, 0)


@pytest.mark.parametrize("platforms", ["all", "linux/amd64"])
def test_moving_tags_are_compared_and_copied_within_the_limit(
    platforms: str, project: Project, upstream: CountingProxy
) -> None:
    upstreams.populate(project.ecr, {SOURCE: MOVING})
    project.write({SOURCE: MOVING}, settings={"platforms": platforms})
    project.create_repositories()
    assert sync(project, upstream)[0] == 0
    project.registries["quay.io"]["pulls_per_six_hours"] = 10
    project.write({SOURCE: MOVING}, settings={"platforms": platforms})
    code, pulls, said = sync(project, upstream)
    assert pulls <= 10, said
    assert (code, "left for a later run" in said) == ((0, False) if platforms == "all" else (5, True))
    upstreams.populate(project.ecr, {SOURCE: MOVING}, platforms=["linux/amd64"])
    code, pulls, said = sync(project, upstream)
    assert 0 < pulls <= 10, said
    assert code == 5


def test_a_dry_run_pulls_nothing_and_foresees_what_the_target_has_taught(
    project: Project, upstream: CountingProxy
) -> None:
    upstreams.populate(project.ecr, {SOURCE: ["v1.0.0", "v1.1.0"]}, platforms=PLATFORMS)
    project.registries["quay.io"]["pulls_per_six_hours"] = 100
    project.write({SOURCE: ["v1.0.0"]})
    project.create_repositories()
    assert sync(project, upstream)[0] == 0
    project.write({SOURCE: ["v1.0.0", "v1.1.0"]})
    code, pulls, said = sync(project, upstream, "--dry-run")
    assert (code, pulls) == (3, 0)
    assert "quay.io: lists 1, HEAD 1, pulls about 18, of 100 that this run may make" in said


def test_trying_again_stays_within_the_limit(project: Project, upstream: CountingProxy) -> None:
    upstreams.populate(project.ecr, {SOURCE: FIXED})
    project.registries["quay.io"]["pulls_per_six_hours"] = 12
    project.write({SOURCE: [*FIXED, "v9.0.0"]})
    project.create_repositories()
    _, pulls, said = sync(project, upstream, "--retries", "5")
    assert pulls <= 12, said
