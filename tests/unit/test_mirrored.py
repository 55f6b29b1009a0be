"""What the list says of an image that somebody names: whether it is mirrored, where, and why it is not."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorgen.consumers.mirrored import Finding, Lack, Mirror, mirror_of
from mirrorgen.errors import UsageError
from mirrorgen.model.references import Reference, Source, parse_reference
from mirrorgen.project import load_texts, with_lock
from tests.locks import lock_of

HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
TARGET = 'target: {account_id: "123456789012", region: eu-west-1}\n'
A, B, C = (f"sha256:{letter * 64}" for letter in "abc")


def mirror(images: str, locked: dict[str, dict[str, str]] | None = None, *, target: str = TARGET) -> Mirror:
    """What a list brings into its target; with a lock of these digests by tag and source, where they are given."""
    loaded = load_texts(Path("images.yaml"), f"{target}images:\n{images}", None)
    assert loaded.master_list
    assert not loaded.errors(tolerated=frozenset({"pin-needs-lock"})), loaded.errors()
    if locked is not None:
        loaded = with_lock(loaded, lock_of(loaded.master_list, locked))
    assert loaded.desired
    assert not loaded.errors(), loaded.errors()
    return mirror_of(loaded.desired, {})


def find(mirrored: Mirror, text: str) -> Finding:
    reference = parse_reference(text)
    assert isinstance(reference, Reference), reference
    return mirrored.find(reference)


NGINX = '  - {source: docker.io/library/nginx, tags: ["1.25.3", "1.25", latest]}\n'


@pytest.mark.parametrize(
    "written", ["nginx:1.25", "library/nginx:1.25", "docker.io/nginx:1.25", "index.docker.io/library/nginx:1.25"]
)
def test_every_dress_of_a_name_is_the_same_image(written: str) -> None:
    finding = find(mirror(NGINX), written)
    assert finding.is_mirrored
    assert finding.copy.reference == f"{HOST}/mirror/docker-hub/nginx:1.25"
    assert finding.copy.original == "docker.io/library/nginx:1.25"


def test_an_image_without_a_tag_is_latest() -> None:
    assert find(mirror(NGINX), "nginx").copy.tag == "latest"


def test_what_no_entry_has_is_not_mirrored() -> None:
    finding = find(mirror(NGINX), "quay.io/library/nginx:1.25")
    assert (finding.lack, finding.reason) == (Lack.SOURCE, "the list has no entry for quay.io/library/nginx")


def test_a_tag_that_is_not_asked_for_is_not_mirrored() -> None:
    finding = find(mirror(NGINX), "nginx:1.26")
    assert (finding.lack, finding.copies) == (Lack.TAG, ())
    assert finding.reason == "the list does not ask for the tag '1.26' of docker.io/library/nginx"


def test_a_fixed_tag_has_the_digest_of_its_lock() -> None:
    locked = {"docker.io/library/nginx": {"1.25.3": A, "1.25": A, "latest": B}}
    assert find(mirror(NGINX, locked), "nginx:1.25.3").copy.pinned.endswith(f"nginx:1.25.3@{A}")
    # What a moving tag names in the target is what it names upstream, next time.
    assert find(mirror(NGINX, locked), "nginx:latest").copy.pinned.endswith("nginx:latest")


@pytest.mark.parametrize("written", [f"nginx@{A}", f"nginx:1.25.3@{A}", f"nginx:1.24@{A}"])
def test_a_digest_is_mirrored_under_the_tag_that_is_locked_with_it(written: str) -> None:
    finding = find(mirror(NGINX, {"docker.io/library/nginx": {"1.25.3": A, "1.25": A, "latest": B}}), written)
    assert (finding.copy.tag, finding.copy.digest, finding.copy.doubt) == ("1.25.3", A, "")


def test_a_digest_that_only_a_moving_tag_has_may_go() -> None:
    locked = {"docker.io/library/nginx": {"1.25.3": A, "1.25": A, "latest": B}}
    finding = find(mirror(NGINX, locked), f"nginx@{B}")
    assert (finding.copy.tag, finding.copy.digest) == ("latest", B)
    assert finding.copy.doubt == "the tag 'latest' moves, and was locked with this digest"
    pinned = NGINX.replace("latest]", "latest], pin: digest")
    assert find(mirror(pinned, locked), f"nginx@{B}").copy.doubt == ""


def test_another_digest_is_not_mirrored() -> None:
    finding = find(mirror(NGINX, {"docker.io/library/nginx": {"1.25.3": A, "1.25": A, "latest": B}}), f"nginx:1.25@{C}")
    assert finding.lack is Lack.DIGEST
    assert finding.reason == f"the list has '1.25' of docker.io/library/nginx with the digest {A}"
    assert find(mirror(NGINX, {"docker.io/library/nginx": {}}), f"nginx@{C}").lack


def test_without_a_lock_no_digest_is_promised() -> None:
    finding = find(mirror(NGINX), f"nginx:1.25.3@{A}")
    assert (finding.lack, finding.hint) == (
        Lack.UNKNOWN_DIGEST,
        "run `mirrorgen lock`, which writes down the digests",
    )


def test_a_digest_of_the_list_needs_no_lock() -> None:
    mirrored = mirror(f"  - {{source: quay.io/app, tags: {{digests: {{reviewed: '{A}'}}}}}}\n")
    finding = find(mirrored, f"quay.io/app@{A}")
    assert finding.copy.pinned == f"{HOST}/mirror/quay/app:reviewed@{A}"
    # Upstream need not have the tag.
    assert finding.copy.original == f"quay.io/app@{A}"


def test_a_copy_of_one_platform_has_a_digest_of_its_own() -> None:
    mirrored = mirror(NGINX.replace("latest]", "latest], platforms: linux/amd64"),
                      {"docker.io/library/nginx": {"1.25.3": A, "1.25": A, "latest": B}})  # fmt: skip
    assert find(mirrored, "nginx:1.25.3").copy.digest is None
    assert find(mirrored, f"nginx@{A}").lack is Lack.UNKNOWN_DIGEST


RULE = '  - {source: quay.io/app, tags: {exact: [edge], semver: [">=2 <3"], exclude: [".*-rc.*"]}}\n'


def test_a_rule_without_a_lock_takes_what_fits_it() -> None:
    mirrored = mirror(RULE)
    assert find(mirrored, "quay.io/app:2.1").copy.doubt == "it fits a rule, which no lock has settled"
    assert find(mirrored, "quay.io/app:edge").copy.doubt == ""
    assert find(mirrored, "quay.io/app:3.0").lack is Lack.TAG
    assert find(mirrored, "quay.io/app:2.1-rc.1").lack is Lack.TAG


def test_with_a_lock_a_rule_takes_what_the_lock_has() -> None:
    mirrored = mirror(RULE, {"quay.io/app": {"edge": A, "2.1.0": B}})
    assert find(mirrored, "quay.io/app:2.1.0").copy.digest == B
    finding = find(mirrored, "quay.io/app:2.2.0")
    assert finding.lack is Lack.TAG
    assert finding.hint.endswith("`mirrorgen lock --update quay.io/app` looks again")


TWICE = """\
  - {source: quay.io/app, tags: ["1.0.0"], repository: mirror/z}
  - {source: quay.io/app, tags: ["1.0.0", "1.1.0"], repository: mirror/b}
"""


def test_a_source_may_be_in_several_repositories() -> None:
    mirrored = mirror(TWICE)
    assert [copy.repository for copy in find(mirrored, "quay.io/app:1.0.0").copies] == ["mirror/b", "mirror/z"]
    assert [copy.repository for copy in find(mirrored, "quay.io/app:1.1.0").copies] == ["mirror/b"]
    assert [each.name for each in mirrored.sources[Source("quay.io", "app")]] == [
        f"{HOST}/mirror/b",
        f"{HOST}/mirror/z",
    ]


def test_what_the_list_can_promise_comes_first() -> None:
    images = TWICE.replace('["1.0.0", "1.1.0"]', '{match: ["1[.]0[.].*"]}')
    copies = find(mirror(images), "quay.io/app:1.0.0").copies
    assert [(copy.repository, bool(copy.doubt)) for copy in copies] == [("mirror/z", False), ("mirror/b", True)]


MOVED = """\
  - {source: k8s.gcr.io/pause, tags: ["3.1"], repository: mirror/pause}
  - {source: registry.k8s.io/pause, tags: ["3.9"], repository: mirror/pause}
"""


def test_what_names_the_mirror_itself_is_there_by_the_list() -> None:
    mirrored = mirror(MOVED)
    assert find(mirrored, f"{HOST}/mirror/pause:3.1").copy.original == "k8s.gcr.io/pause:3.1"
    assert find(mirrored, f"{HOST}/mirror/pause:3.9").copy.original == "registry.k8s.io/pause:3.9"
    assert find(mirrored, f"{HOST}/mirror/pause:3.2").lack is Lack.TAG
    assert find(mirrored, f"{HOST}/mirror/other:3.1").lack is Lack.SOURCE
    # The same path elsewhere is something else.
    assert find(mirrored, "quay.io/mirror/pause:3.9").lack is Lack.SOURCE
    # A source brings its own tags alone into a repository that it shares.
    assert find(mirrored, "k8s.gcr.io/pause:3.9").lack is Lack.TAG


@pytest.mark.parametrize("find_in", [Mirror.resolve, Mirror.resolve_back])
def test_what_is_no_name_is_not_mirrored_and_no_password_is_repeated(find_in: Callable[[Mirror, str], Finding]) -> None:
    assert find_in(mirror(MOVED), "https://nginx").lack is Lack.NAME
    finding = find_in(mirror(MOVED), "me:s3cret@quay.io/app")
    assert finding.lack is Lack.NAME
    assert "s3cret" not in finding.reason + finding.hint


def test_back_from_the_target_only_the_target_is_named() -> None:
    mirrored = mirror(MOVED)
    assert mirrored.resolve_back(f"{HOST}/mirror/pause:3.9").copy.original == "registry.k8s.io/pause:3.9"
    assert mirrored.resolve_back("registry.k8s.io/pause:3.9").reason == f"it does not name the target, {HOST}"


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "123456789012.dkr-ecr.eu-west-1.on.aws"),
        ("eu-west-1", "123456789012.DKR.ecr.eu-west-1.amazonaws.com:443"),
        ("us-east-1", "123456789012.dkr.ecr-fips.us-east-1.amazonaws.com"),
        ("us-east-1", "123456789012.dkr-ecr-fips.us-east-1.on.aws"),
        ("cn-north-1", "123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn"),
    ],
)
def test_the_registry_is_known_by_all_of_its_names(region: str, host: str) -> None:
    mirrored = mirror(NGINX, target=TARGET.replace("eu-west-1", region))
    assert find(mirrored, f"{host}/mirror/docker-hub/nginx:1.25").copy.original == "docker.io/library/nginx:1.25"


def test_the_registry_is_known_by_the_endpoint_of_the_list_alone() -> None:
    name = "vpce-0a-1b.dkr.ecr.eu-west-1.vpce.amazonaws.com/mirror/docker-hub/nginx:1.25"
    endpoint = TARGET.replace("}", ", endpoint: 'https://vpce-0a-1b.dkr.ecr.eu-west-1.vpce.amazonaws.com'}")
    assert find(mirror(NGINX, target=endpoint), name).copy.reference == f"{HOST}/mirror/docker-hub/nginx:1.25"
    assert not find(mirror(NGINX), name).is_mirrored


@pytest.mark.parametrize(
    "host",
    [
        "210987654321.dkr-ecr.eu-west-1.on.aws",
        "123456789012.dkr-ecr.eu-west-3.on.aws",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com.example",
        "x123456789012.dkr.ecr.eu-west-1.amazonaws.com",
    ],
)
def test_other_registries_are_not_the_target(host: str) -> None:
    assert not find(mirror(NGINX), f"{host}/mirror/docker-hub/nginx:1.25").is_mirrored


def test_a_source_in_the_target_is_found_once() -> None:
    mirrored = mirror(f'  - {{source: {HOST}/team/app, tags: ["1.0.0"], repository: team/app}}\n')
    assert len(find(mirrored, f"{HOST}/team/app:1.0.0").copies) == 1


def test_the_environment_says_what_the_list_leaves_open() -> None:
    loaded = load_texts(Path("images.yaml"), f"images:\n{NGINX}", None)
    assert loaded.desired
    environ = {"AWS_ACCOUNT_ID": "210987654321", "AWS_REGION": "cn-north-1"}
    assert mirror_of(loaded.desired, environ).host == "210987654321.dkr.ecr.cn-north-1.amazonaws.com.cn"
    assert (
        ".eu-west-3." in mirror_of(loaded.desired, {"AWS_ACCOUNT_ID": "1" * 12, "AWS_DEFAULT_REGION": "eu-west-3"}).host
    )


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"AWS_REGION": "eu-west-1"}, "the account of the ECR registry is not known"),
        ({"AWS_ACCOUNT_ID": "1" * 12}, "the region of the ECR registry is not known"),
        ({"AWS_ACCOUNT_ID": "evil.example/x", "AWS_REGION": "eu-west-1"}, "'evil.example/x', which is no account"),
        ({"AWS_ACCOUNT_ID": "1" * 12, "AWS_REGION": "eu-west-1/x"}, "'eu-west-1/x', which is no region"),
    ],
)
def test_what_nobody_says_is_asked_for(environ: dict[str, str], message: str) -> None:
    loaded = load_texts(Path("images.yaml"), f"images:\n{NGINX}", None)
    assert loaded.desired
    with pytest.raises(UsageError, match=message):
        mirror_of(loaded.desired, environ)


def test_a_plain_registry_needs_no_environment() -> None:
    mirrored = mirror(NGINX, target="target: {registry: harbor.example.com/mirror}\n")
    assert find(mirrored, "nginx:1.25").copy.reference == "harbor.example.com/mirror/docker-hub/nginx:1.25"


TAGS = ("1.0.0", "1.1.0", "2.0.0", "latest", "edge")
SOURCES = ("docker.io/library/app", "quay.io/team/app", "ghcr.io/app")


@given(st.integers(0, 2**32))
def test_the_answer_is_that_of_a_table(seed: int) -> None:
    """The model is a plain table of what the target holds after everything was copied as the lock says."""
    draw = random.Random(seed)  # noqa: S311 - drawn again by its seed
    images, locked, table = "", {}, []
    digest_of = {tag: f"sha256:{draw.choice('abc') * 64}" for tag in TAGS}
    for number, source in enumerate(draw.sample(SOURCES, draw.randint(1, 3))):
        tags = draw.sample(TAGS, draw.randint(1, 4))
        images += f"  - {{source: {source}, tags: {tags!r}, repository: mirror/r{number}}}\n"
        locked[source] = {tag: digest_of[tag] for tag in tags}
        table += [(source, f"mirror/r{number}", tag, digest_of[tag]) for tag in tags]
    mirrored = mirror(images, locked)
    for source in (*SOURCES, f"{HOST}/mirror/r0", f"{HOST}/mirror/r1"):
        for tag in (*TAGS, "gone"):
            rows = [row for row in table if source in {row[0], f"{HOST}/{row[1]}"}]
            by_tag = [row for row in rows if row[2] == tag]
            finding = find(mirrored, f"{source}:{tag}")
            assert [(copy.repository, copy.tag) for copy in finding.copies] == [row[1:3] for row in by_tag]
            assert (finding.lack is None) == bool(by_tag)
            for digest in (A, B, C):
                by_digest = {row[1:] for row in rows if row[3] == digest}
                finding = find(mirrored, f"{source}:{tag}@{digest}")
                assert finding.is_mirrored == bool(by_digest)
                if by_digest:
                    copy = finding.copy
                    assert (copy.repository, copy.tag, copy.digest) in by_digest
                    assert copy.tag == tag or not any(found == tag for _, found, _ in by_digest)
