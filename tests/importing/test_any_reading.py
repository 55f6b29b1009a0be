"""Whatever is named, in whatever list: what comes out is valid, says exactly that, and has lost nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from mirrorgen.importing.adding import add_images, new_list
from mirrorgen.importing.outcomes import Added, How, Taken
from mirrorgen.model.allowances import Allowances
from mirrorgen.model.images import Copying, TagRule
from mirrorgen.model.references import Source
from mirrorgen.model.tags import passes
from mirrorgen.project import Loaded, load_texts
from mirrorgen.readers.contract import NamedImage, Place, Reading
from tests.importing.lists import digest
from tests.soaking import examples

SOURCES = [
    Source("docker.io", "library/nginx"),
    Source("docker.io", "org/nginx"),
    Source("quay.io", "org/app"),
    Source("registry.example.com:5000", "a__b/c"),
]
RULES = [
    TagRule(match=(r"v1\..*",), is_mapping=True),
    TagRule(match=("v2.*", "it's|x"), exact=("1.10",), is_mapping=True),
    TagRule(semver=(">=1 <2",), exclude=(".*-rc.*",), is_mapping=True),
    TagRule(semver=("^3",), exclude=(".*-rc.*",), digests={"012": digest("a")}, is_mapping=True),
    TagRule(match=("9.*",), semver=(">=9",), moving="none", is_mapping=True),
]

Asked = tuple[Source, str, str, str]
"""Source, target repository, tag, and digest or nothing."""

images = st.builds(
    NamedImage,
    written=st.sampled_from(["a", "b: c", "# d", '"']),
    place=st.just(Place("other.yaml", 0)),
    path=st.just(""),
    source=st.sampled_from(SOURCES),
    tag=st.sampled_from([None, "1.10", "012", "on", "latest", "2024-01-31", "v1.2.3", "digest-aaaaaaaaaaaa"]),
    digest=st.sampled_from([None, None, digest("a"), digest("b")]),
    rule=st.sampled_from([None, None, None, *RULES]),
    repository=st.sampled_from([None, None, "own/a", "own/b", "mirror/docker-hub/nginx"]),
    copying=st.sampled_from([Copying()] * 5 + [Copying(platform="linux/amd64"), Copying(referrers=True)]),
)  # fmt: skip


def numbered(found: list[NamedImage]) -> list[NamedImage]:
    return [replace(image, place=Place("other.yaml", number)) for number, image in enumerate(found, start=1)]


@st.composite
def lists(draw: st.DrawFn) -> str:
    """A list in some of the forms that people write, with a comment on every line that can have one."""
    text = draw(st.sampled_from(["", "# the list\n", "defaults: {parallel: 2} # all\n"])) + "images:\n"
    for number, source in enumerate(draw(st.lists(st.sampled_from(SOURCES[:3]), min_size=1, unique=True))):
        tags = draw(st.lists(st.sampled_from(["1.10", "x", "2.0.0"]), min_size=1, unique=True))
        text += f"  - source: {source} # {number}\n    tags:{draw(st.sampled_from(FORMS))(tags)}"
        text += draw(st.sampled_from(["", "    owner: me # here\n", "    platforms: linux/amd64\n"]))
    return text + draw(st.sampled_from(["", "# end\n", "\n\nregistries: {quay.io: {concurrent_requests: 2}} # q\n"]))


def in_brackets(tags: Sequence[str]) -> str:
    return " [" + ", ".join(f"'{tag}'" for tag in tags) + "] # all of them\n"


def with_dashes(tags: Sequence[str]) -> str:
    return " # each\n" + "".join(f'    - "{tag}" # about {tag}\n' for tag in tags)


def on_lines(tags: Sequence[str]) -> str:
    return " [\n" + "".join(f'      "{tag}", # about {tag}\n' for tag in tags) + "    ]\n"


def with_a_rule(tags: Sequence[str]) -> str:
    return f'\n      exact:{in_brackets(tags)}      semver: [">=4"] # four\n'


def with_a_digest(tags: Sequence[str]) -> str:
    return f'\n      # all\n      digests: # why\n        "{tags[0]}": "{digest("c")}" # reviewed\n'


FORMS = [in_brackets, with_dashes, on_lines, with_a_rule, with_a_digest]


def asked_by(loaded: Loaded) -> set[Asked]:
    assert loaded.desired
    return {
        (entry.source, repository.name, tag, entry.rule.digests.get(tag, ""))
        for repository, entry in loaded.desired.entries
        for tag in entry.rule.named
    }


def rules_of(loaded: Loaded) -> dict[tuple[Source, str], TagRule]:
    """What is chosen beside the tags that are written out."""
    assert loaded.desired
    return {
        (entry.source, repository.name): replace(entry.rule, exact=(), digests={}, is_mapping=True)
        for repository, entry in loaded.desired.entries
        if entry.rule.is_open
    }


def checked(text: str) -> Loaded:
    loaded = load_texts(Path("images.yaml"), text, None, use_lock=False)
    assert loaded.is_usable, (text, loaded.problems)
    return loaded


def wanted_by(taken: Taken, has: set[Asked]) -> set[Asked]:
    """What an image asks for; a digest alone under any tag that the list has for it."""
    named = taken.image
    if named.rule:
        points = [*((tag, "") for tag in named.rule.exact), *named.rule.digests.items()]
    elif named.tag or not named.digest:
        points = [(named.tag or "latest", named.digest or "")]
    else:
        of_digest = [
            tag for source, name, tag, of in has if (source, name, of) == (named.source, taken.repository, named.digest)
        ]
        points = [(of_digest[0], named.digest)]
    return {(named.source, taken.repository, tag, of) for tag, of in points}


def require_rule(taken: Taken, rules: Mapping[tuple[Source, str], TagRule]) -> None:
    """The rule that was taken chooses what it chose."""
    rule, there = taken.image.rule, rules.get((taken.image.source, taken.repository))
    if rule:
        assert there
        assert set(rule.match) <= set(there.match)
        assert set(rule.semver) <= set(there.semver)
        assert (rule.exclude, rule.moving) == (there.exclude, there.moving)


REASON = re.compile(
    r"the tag \S+ of \S+ (comes from|stands for) |is copied with |cannot be one, |has a rule of its own|"
    r"would both bring "
)


def require_reasons(added: Added, named: Sequence[NamedImage]) -> set[Place]:
    """Each image is taken or refused, and what is refused stands against something; return where that is."""
    answered = {taken.image.place for taken in added.taken} | {refused.place for refused in added.refused}
    assert answered == {image.place for image in named}
    assert all(REASON.search(refused.reason) for refused in added.refused), added.refused
    return {refused.place for refused in added.refused}


@settings(max_examples=examples(300))
@given(st.lists(images, max_size=12).map(numbered))
def test_a_new_list_says_what_is_named_and_nothing_else(named: list[NamedImage]) -> None:
    added = new_list([Reading("plain", tuple(named))], Allowances())
    refused = require_reasons(added, named)
    if not added.taken:
        assert not added.text
        return
    loaded = checked(added.text)
    has, rules = asked_by(loaded), rules_of(loaded)
    whole = [taken for taken in added.taken if taken.image.place not in refused]
    for taken in whole:
        require_rule(taken, rules)
    wanted = {asked for taken in whole for asked in wanted_by(taken, has)}
    # Of what was refused in part, the rest is there.
    assert wanted == has if not refused else wanted <= has
    assert {asked[:2] for asked in has} | rules.keys() == {(each.image.source, each.repository) for each in added.taken}


@settings(max_examples=examples(300))
@given(lists(), st.lists(images, max_size=6).map(numbered))
def test_a_list_that_is_added_to_loses_nothing(text: str, named: list[NamedImage]) -> None:
    before = checked(text)
    added = add_images(before, [Reading("plain", tuple(named))], Allowances())
    refused = require_reasons(added, named)
    after = checked(added.text)
    has = asked_by(after)
    assert asked_by(before) <= has
    assert rules_of(before).items() <= rules_of(after).items()
    for comment in re.findall(r"#[^\n]*", text):
        assert added.text.count(comment) >= text.count(comment)
    for taken in added.taken:
        if taken.image.place not in refused and taken.how is How.ADDED:
            assert wanted_by(taken, has) <= has | chosen(taken, rules_of(before))
    again = add_images(after, [Reading("plain", tuple(taken.image for taken in added.taken))], Allowances())
    assert (again.text, again.count(How.ADDED)) == (added.text, 0)


def chosen(taken: Taken, rules: Mapping[tuple[Source, str], TagRule]) -> set[Asked]:
    """What a rule of the list brings, so that it need not be written out."""
    rule = rules.get((taken.image.source, taken.repository))
    tags = [tag for tag in taken.tags if rule and passes(rule, tag)]
    return {(taken.image.source, taken.repository, tag, "") for tag in tags}
