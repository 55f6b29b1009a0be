"""What a run foresees is what regsync pulls, whatever an image is made of; and the limit holds, whatever goes wrong.

Both are read from the access log of the registry.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.real.conftest import Project
from tests.real.library import Library, on, serving

SOURCE = "quay.io/org/app"
AMD64, ARM64 = "linux/amd64", "linux/arm64"


@pytest.fixture
def library() -> Iterator[Library]:
    with serving(Library()) as running:
        yield running


class Run:
    """What a sync said, and what it pulled: regctl to find out, and regsync to copy."""

    def __init__(self, project: Project, library: Library, *options: str) -> None:
        before = library.pulls
        self.done = project.run("sync", "--retry-wait", "0", "--format", "json", *options)
        assert self.done.stdout, self.done.stderr
        self.said: dict[str, Any] = json.loads(self.done.stdout)
        self.pulls = library.pulls - before

    @property
    def failures(self) -> dict[str, tuple[str, str]]:
        return {failure["tag"]: (failure["kind"], failure["reason"]) for failure in self.said["failures"]}

    @property
    def copied(self) -> set[str]:
        return {ref["tag"] for ref in self.said["copied"]}


def prepare(project: Project, library: Library, limit: int, tags: list[str] | None = None, **settings: Any) -> None:
    registry = {"hostname": library.address, "tls": "disabled", "pulls_per_six_hours": limit}
    project.registries["quay.io"] = registry
    project.write({SOURCE: tags or ["v1.0.0"]}, settings=settings)


def signed(library: Library) -> None:
    """An image of two platforms, of which the index and one platform are signed, and one signature is attested."""
    parts = [on(library.image("a"), AMD64), on(library.image("b"), ARM64)]
    index = library.index(parts, tag="v1.0.0")
    signature = library.image("signature of the index", subject=index)
    library.image("signature of a part", subject=parts[0])
    library.image("attestation", subject=signature)


def plain(library: Library) -> None:
    library.image("one", tag="v1.0.0")


def index(library: Library) -> None:
    library.platforms("two", AMD64, ARM64, tag="v1.0.0")


def nested(library: Library) -> None:
    inner = [library.platforms(f"inner {number}", AMD64, ARM64) for number in range(3)]
    library.index([*inner, on(library.image("outer"), AMD64)], tag="v1.0.0")


def nested_platform(library: Library) -> None:
    inner = library.platforms("inner", AMD64, "linux/amd64/v2", "linux/amd64/v3")
    library.index([on(inner, AMD64), on(library.image("other"), ARM64)], tag="v1.0.0")


def untyped(library: Library) -> None:
    """An index that does not say what the parts are, of which one is an index, and names content, too."""
    parts = [{**library.image("a"), "mediaType": ""}, {**library.platforms("b", AMD64, ARM64), "mediaType": ""}]
    library.index([*parts, library.put("application/vnd.oci.image.config.v1+json", b"{}")], tag="v1.0.0")


def digest_tagged(library: Library) -> None:
    signed_ = library.platforms("two", AMD64, ARM64, tag="v1.0.0")
    name = signed_["digest"].replace(":", "-")
    signature = library.image("signature", tag=f"{name}.sig")
    library.index([library.image("x"), library.image("y")], tag=f"{name}.att")
    library.image("signed signature", tag=f"{signature['digest'].replace(':', '-')}.sig")


REFERRERS, TAGS = {"referrers": True}, {"digest_tags": True}
BOTH = {**REFERRERS, **TAGS}
ONE = {"platforms": AMD64}


@pytest.mark.parametrize("make", [plain, index, nested, nested_platform, untyped, signed, digest_tagged])
@pytest.mark.parametrize("settings", [{}, ONE, REFERRERS, TAGS, BOTH, {**BOTH, **ONE}])
@pytest.mark.parametrize("has_referrers", [True, False])
def test_what_is_foreseen(make, settings, has_referrers, project: Project, library: Library) -> None:
    library.has_referrers = has_referrers
    make(library)
    prepare(project, library, 1000, **settings)
    project.create_repositories()
    from mirrorgen.project import load
    import os
    os.environ.update(project.env)
    from mirrorgen.commands.options import runtime_for
    from mirrorgen.operations.copying.syncing import plan_sync, sync_images
    for turn in ("first", "second"):
        rt = runtime_for(load(project.folder / "images.yaml"))
        before = library.pulls
        plan = plan_sync(rt, full=True)
        asked = library.pulls - before
        account = plan.budget.account
        expected = sum(account.expected.values())
        spent = account.spent["quay.io"]
        r = sync_images(rt, plan)
        copied = library.pulls - before - asked
        print(turn, "asked", asked, spent, "expected", expected, "real", copied, r.failures)
        assert asked == spent
        assert expected == copied
