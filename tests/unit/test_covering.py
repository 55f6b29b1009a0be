"""Files held against a list: what they name is covered after what the list lacked has been added to it."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mirrorgen.consumers.covering import Coverage, cover, with_missing
from mirrorgen.consumers.mirrored import Lack, mirror_of
from mirrorgen.model.allowances import Allowances
from mirrorgen.model.images import Copying, TagRule
from mirrorgen.model.references import Source
from mirrorgen.project import Loaded, load_texts
from mirrorgen.readers.contract import Around, NamedImage, Place, Reading
from mirrorgen.readers.formats import read

TARGET = 'target: {account_id: "123456789012", region: eu-west-1}\n'
LIST = f"""\
{TARGET}images:
  - source: docker.io/library/app
    tags: ["1.0.0"]
    platforms: linux/amd64
"""
APP = NamedImage("app:1.0.0", Place("file", 3), "", Source("docker.io", "library/app"), "1.0.0")


def listed(text: str = LIST) -> Loaded:
    loaded = load_texts(Path("images.yaml"), text, None)
    assert loaded.is_usable, loaded.problems
    return loaded


def covered(loaded: Loaded, *images: NamedImage) -> Coverage:
    assert loaded.desired
    return cover(mirror_of(loaded.desired, {}), [Reading("plain", images)])


def test_another_platform_than_the_one_that_is_copied_is_not_covered() -> None:
    def asking(platform: str | None) -> Coverage:
        image = NamedImage(APP.written, APP.place, "", APP.source, APP.tag, copying=Copying(platform=platform))
        return covered(listed(), image)

    assert asking(None).missing == ()
    assert asking("linux/amd64").missing == ()
    (use,) = asking("linux/arm64").missing
    assert use.finding.lack is Lack.PLATFORM
    assert asking("linux/arm64").addable == ()


def test_each_tag_that_a_list_of_another_tool_names_is_looked_for() -> None:
    digest = f"sha256:{'a' * 64}"
    rule = TagRule(exact=("1.0.0", "2.0.0"), digests={"kept": digest}, match=("3.*",))
    coverage = covered(listed(), NamedImage("app", APP.place, "", APP.source, rule=rule))
    assert [use.image.tag for use in coverage.mirrored] == ["1.0.0"]
    assert [(use.image.tag, use.finding.lack) for use in coverage.missing] == [
        ("2.0.0", Lack.TAG),
        ("kept", Lack.UNKNOWN_DIGEST),
        (None, Lack.RULE),
    ]


_HOSTS = st.sampled_from(["", "quay.io/", "registry.example.com:5000/"])
_PATHS = st.sampled_from(["app", "team/app", "other"])
_TAGS = st.sampled_from(["", ":1.0.0", ":2", ":latest"])
_DIGESTS = st.sampled_from(["", "", f"@sha256:{'a' * 64}", f"@sha256:{'b' * 64}"])
_IMAGES = st.builds("{}{}{}{}".format, _HOSTS, _PATHS, _TAGS, _DIGESTS)


@given(st.lists(_IMAGES, min_size=1, max_size=12), st.lists(_IMAGES.filter(lambda image: "@" not in image), max_size=4))
def test_what_was_missing_is_covered_once_it_is_added(named: list[str], known: list[str]) -> None:
    """But for what stays open: a digest that only a lock settles, and a tag that is named with a digest and without."""
    start = f'{TARGET}images:\n  - {{source: ghcr.io/start, tags: ["1"]}}\n'
    before = with_known(start, known)
    reading = read("".join(f"{image}\n" for image in named), Around("list"), "plain")
    assert not reading.refused
    assert before.desired
    coverage = cover(mirror_of(before.desired, {}), [reading])
    assert len(coverage.uses) == len(named)
    added = with_missing(coverage, before, Allowances())
    after = listed(added.text)
    assert after.desired
    again = cover(mirror_of(after.desired, {}), [reading])
    assert {use.image.written for use in again.addable} <= {refused.written for refused in added.refused}
    assert {use.image for use in coverage.mirrored} <= {use.image for use in again.mirrored}


def with_known(text: str, images: list[str]) -> Loaded:
    loaded = listed(text)
    reading = read("".join(f"{image}\n" for image in images), Around("list"), "plain")
    if not images:
        return loaded
    assert loaded.desired
    coverage = cover(mirror_of(loaded.desired, {}), [reading])
    return listed(with_missing(coverage, loaded, Allowances()).text)
