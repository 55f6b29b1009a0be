"""What a run foresees is what regsync pulls, whatever an image is made of; and the limit holds, whatever goes wrong.

Both are read from the access log of the registry.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pytest
import yaml

from tests.real.conftest import Project
from tests.real.library import CONFIG, IMAGE, INDEX, Library, on, serving

SOURCE = "quay.io/org/app"
AMD64, ARM64 = "linux/amd64", "linux/arm64"
LEAST = 100
"""A limit that any list may state: no image is taken to need more."""


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


def prepare(
    project: Project, library: Library, limit: int, tags: Iterable[str], *, moving: str = "all", **settings: Any
) -> None:
    registry = {"hostname": library.address, "tls": "disabled", "pulls_per_six_hours": limit}
    project.registries["quay.io"] = registry
    project.write({SOURCE: {"exact": list(tags), "moving": moving}}, settings=settings)


def image(library: Library, tag: str) -> None:
    library.image(tag, tag=tag)


def index(library: Library, tag: str) -> None:
    library.platforms(tag, AMD64, ARM64, tag=tag)


def nested(library: Library, tag: str) -> None:
    inner = [library.platforms(f"{tag} {number}", AMD64, ARM64) for number in range(3)]
    library.index([*inner, on(library.image(f"outer {tag}"), AMD64)], tag=tag)


def nested_platform(library: Library, tag: str) -> None:
    inner = library.platforms(tag, AMD64, "linux/amd64/v2", "linux/amd64/v3")
    library.index([on(inner, AMD64), on(library.image(f"other {tag}"), ARM64)], tag=tag)


def untyped(library: Library, tag: str) -> None:
    """An index that does not say what its parts are, of which one is an index; and that names content, too."""
    parts = [library.image(tag), library.platforms(f"inner {tag}", AMD64, ARM64)]
    library.index([*({**part, "mediaType": ""} for part in parts), library.put(CONFIG, tag.encode())], tag=tag)


def signed(library: Library, tag: str) -> None:
    """An index and one of its platforms are signed, and one signature is attested."""
    parts = [on(library.image(f"{tag} {platform}"), platform) for platform in (AMD64, ARM64)]
    signature = library.image(f"signature of {tag}", subject=library.index(parts, tag=tag))
    library.image(f"signature of a part of {tag}", subject=parts[0])
    library.image(f"attestation of {tag}", subject=signature)


def tagged(library: Library, tag: str) -> None:
    """Signature and attestations stand under tags, and the signature is signed in this way, too."""
    name = library.platforms(tag, AMD64, ARM64, tag=tag)["digest"].replace(":", "-")
    signature = library.image(f"signature of {tag}", tag=f"{name}.sig")
    library.index([library.image(f"{number} of {tag}") for number in range(2)], tag=f"{name}.att")
    library.image(f"signature of a signature of {tag}", tag=f"{signature['digest'].replace(':', '-')}.sig")


SHAPES = {shape.__name__: shape for shape in (image, index, nested, nested_platform, untyped, signed, tagged)}


def elsewhere(project: Project, library: Library, limit: int, tags: Sequence[str], **settings: Any) -> None:
    """Go on with a target that holds nothing yet."""
    project.prefix += "-next"
    prepare(project, library, limit, tags, **settings)
    project.create_repositories()


@pytest.mark.parametrize(
    ("settings", "has_referrers"),
    [
        ({}, True),
        ({"platforms": AMD64}, True),
        ({"referrers": True}, True),
        ({"referrers": True, "digest_tags": True}, False),
        ({"referrers": True, "platforms": AMD64}, False),
        ({"digest_tags": True, "platforms": AMD64}, True),
    ],
    ids=["all", "one platform", "referrers", "referrers and digest tags", "one signed platform", "one tagged platform"],
)
def test_a_limit_of_just_what_it_takes_is_enough_and_never_exceeded(
    settings: dict[str, Any], has_referrers: bool, project: Project, library: Library
) -> None:
    library.has_referrers = has_referrers
    # What has no type has no platform either.
    tags = [name for name in SHAPES if name != "untyped" or "platforms" not in settings]
    for tag in tags:
        SHAPES[tag](library, tag)
    prepare(project, library, 1000, tags, **settings)
    project.create_repositories()
    copying = Run(project, library)
    assert copying.copied == set(tags), copying.said
    # What is there is not pulled again; a second time the same is asked.
    comparing = [Run(project, library) for _ in range(2)]
    assert [run.said["unchanged"] for run in comparing] == [len(tags)] * 2, comparing[0].said
    assert comparing[0].pulls == comparing[1].pulls < copying.pulls
    prepare(project, library, max(LEAST, comparing[0].pulls), tags, **settings)
    assert Run(project, library).done.returncode == 0
    elsewhere(project, library, copying.pulls, tags, **settings)
    enough = Run(project, library)
    assert (enough.done.returncode, enough.pulls) == (0, copying.pulls), enough.said
    elsewhere(project, library, copying.pulls - 1, tags, **settings)
    short = Run(project, library)
    assert short.pulls < copying.pulls
    assert {kind for kind, _ in short.failures.values()} == {"over-budget"}


FIVE = [f"linux/arm/v{number}" for number in range(5)]


def test_parts_share_the_limit(project: Project, library: Library) -> None:
    """Two repositories, one for each part."""
    for tag in ("a", "b", "c", "d"):
        library.platforms(tag, *FIVE, tag=tag)
    prepare(project, library, 20, ["a", "b", "c", "d"], repository="one")
    document = yaml.safe_load((project.folder / "images.yaml").read_text())
    document["images"].append({**document["images"][0], "source": "quay.io/org/other", "repository": "two"})
    (project.folder / "images.yaml").write_text(yaml.safe_dump(document))
    assert project.run("render").returncode == 0
    project.create_repositories()
    runs = [Run(project, library, "--shard", f"{part}/2") for part in (1, 2)]
    # Of 10 pulls each, 7 are for one tag: its index to find out, and that and the five parts to copy.
    assert [len(run.copied) for run in runs] == [1, 1]
    assert library.pulls <= 20


@pytest.mark.parametrize("status", [429, 500, 502])
def test_what_regclient_asks_again_counts(status: int, project: Project, library: Library) -> None:
    """Each part is refused once: regclient asks again by itself, and nobody expected that."""
    refused: set[str] = set()

    def fails(path: str) -> int:
        is_first = "/manifests/sha256:" in path and path not in refused
        refused.add(path)
        return status if is_first else 0

    for tag in ("a", "b", "c"):
        library.platforms(tag, *FIVE, tag=tag)
    library.failing = fails
    limit = 3 * 7 + 2
    prepare(project, library, limit, ["a", "b", "c"])
    project.create_repositories()
    run = Run(project, library, "--retries", "3")
    assert run.pulls <= limit
    assert "over-budget" in {kind for kind, _ in run.failures.values()}


def test_a_registry_that_names_no_digest_without_a_pull(project: Project, library: Library) -> None:
    library.names_digests = False
    tags = ["image", "index", "nested"]
    for tag in tags:
        SHAPES[tag](library, tag)
    prepare(project, library, 1000, tags)
    project.create_repositories()
    copying, comparing = Run(project, library), Run(project, library)
    assert (copying.copied, comparing.said["unchanged"]) == (set(tags), 3)
    elsewhere(project, library, copying.pulls, tags)
    enough = Run(project, library)
    assert (enough.done.returncode, enough.pulls) == (0, copying.pulls)
    elsewhere(project, library, copying.pulls - 1, tags)
    assert Run(project, library).pulls < copying.pulls


def test_verify_pulls_what_is_left_and_says_what_it_has_not_compared(project: Project, library: Library) -> None:
    tags = [f"v1.{number}.0" for number in range(8)]
    for tag in tags:
        index(library, tag)
    prepare(project, library, 1000, tags, moving="none", platforms=AMD64)
    project.create_repositories()
    assert Run(project, library).done.returncode == 0
    prepare(project, library, 5, tags, moving="none", platforms=AMD64)
    run = Run(project, library, "--verify")
    assert run.pulls <= 5
    assert {kind for kind, _ in run.failures.values()} == {"over-budget"}
    assert run.said["unchanged"] == run.pulls


# A machine that has other things to do reads what regsync logs when it comes to it.
SLOW = """
import time
from mirrorgen.tools import regsync
read = regsync.read_pull
regsync.read_pull = lambda line: (time.sleep(0.02), read(line))[1]
from mirrorgen.cli import main
main()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a program wait until its log is read")
def test_an_image_that_is_not_what_its_index_says_stops_regsync(project: Project, library: Library) -> None:
    """The registry calls an index an image; that is found when regsync pulls it, however late its log is read."""
    inner = library.platforms("inner", *[f"linux/arm/v{number}" for number in range(40)])
    library.index([{**inner, "mediaType": IMAGE}], tag="liar")
    index(library, "honest")
    prepare(project, library, 10, ["honest", "liar"])
    project.create_repositories()
    argv = [sys.executable, "-c", SLOW, "sync", "--retries", "0", "--format", "json"]
    done = subprocess.run(argv, cwd=project.folder, env=project.env, capture_output=True, text=True, check=False)
    (liar,) = (failure for failure in json.loads(done.stdout)["failures"] if failure["tag"] == "liar")
    assert liar["kind"] == "over-budget", done.stdout
    # Noticed with the first pull too many: those under way then are made, of which regsync makes three at once, and
    # those have been made that it has told of in its pipe and in what was read from there, a page each.
    assert library.pulls <= 10 + 3 + 4


DEEP = "[" * 5000 + "]" * 5000


@pytest.mark.parametrize(
    "body",
    [
        f'{{"manifests": [], "annotations": {DEEP}}}',
        f'{{"manifests": [], "schemaVersion": {"9" * 5000}}}',
        '{"manifests": [{}]}',
        '{"manifests": [{"digest": "--help"}]}',
        '{"manifests": {"a": 1}}',
        "[]",
        "nothing",
    ],
    ids=["5,000 deep", "5,000 digits", "no digest", "an option", "no list", "no object", "no JSON"],
)
def test_a_manifest_that_cannot_be_read_fails_its_image_alone(body: str, project: Project, library: Library) -> None:
    library.put(INDEX, body.encode(), "bad")
    index(library, "good")
    prepare(project, library, 10, ["bad", "good"])
    project.create_repositories()
    run = Run(project, library)
    assert (run.done.returncode, run.copied, list(run.failures)) == (5, {"good"}, ["bad"]), run.said
    assert run.pulls <= 10


def test_an_image_without_end_is_held_back_by_name(project: Project, library: Library) -> None:
    """Twenty indexes in each other, and one of more images than are looked at."""
    deep = library.image("deepest")
    for _ in range(20):
        deep = library.index([deep], tag="deep")
    library.index([library.image(f"{number}") for number in range(1100)], tag="wide")
    index(library, "good")
    prepare(project, library, 5000, ["deep", "good", "wide"])
    project.create_repositories()
    run = Run(project, library)
    assert run.copied == {"good"}
    reason = "cannot be weighed against the limit of quay.io: it has more than 1,000 manifests, or they are 10 deep"
    assert run.failures == {"deep": ("over-budget", reason), "wide": ("over-budget", reason)}


def test_an_image_that_takes_more_than_the_limit_leaves_the_others_their_pulls(
    project: Project, library: Library
) -> None:
    library.index([library.image(f"{number}") for number in range(50)], tag="a-large-one")
    index(library, "good")
    prepare(project, library, 10, ["a-large-one", "good"])
    project.create_repositories()
    run = Run(project, library)
    assert run.copied == {"good"}
    assert "never copied with this limit: one image takes" in run.failures["a-large-one"][1]
