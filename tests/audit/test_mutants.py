"""The audit notices what is wrong: one decision of the program at a time is made wrongly, and a scenario shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, settings

from mirrorgen.commands import sync as sync_command
from mirrorgen.model.images import Entry
from mirrorgen.operations.copying import pending, planning, shortfalls, syncing
from mirrorgen.operations.copying.account import Account
from mirrorgen.operations.copying.evidence import Word, words_of
from mirrorgen.operations.copying.syncing import _Run
from mirrorgen.operations.holding import pruning, status
from mirrorgen.operations.holding.unwanted import unwanted
from mirrorgen.outcomes import ExitCode
from mirrorgen.tools.regsync import EventKind, Outcome
from tests.audit.auditing import verdicts
from tests.audit.driving import Driver
from tests.audit.scenarios import Scenario, scenarios

Mutant = Callable[[pytest.MonkeyPatch], None]

ONCE = settings(
    max_examples=1000,
    phases=[Phase.generate],
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
"""As many as the audit has in every run, at most."""


def silence_is_proof(patch: pytest.MonkeyPatch) -> None:
    """Of a tag that regsync does not mention, all is taken to be well."""
    doubt = _Run._doubt

    def mutant(self: Any, ref: Any, entry: Any, word: Word | None, outcome: Outcome, was: Any) -> Any:
        return doubt(self, ref, entry, word, outcome, was) if word or outcome.ended_early else None

    patch.setattr(_Run, "_doubt", mutant)


def the_last_listing_is_skipped(patch: pytest.MonkeyPatch) -> None:
    """What regsync says is believed, whatever ECR holds in the end."""
    patch.setattr(_Run, "_doubt", lambda *_: None)
    patch.setattr(_Run, "_failure", lambda self, ref, _entry: self._failed.get(ref))


def digests_are_not_compared(patch: pytest.MonkeyPatch) -> None:
    """A tag that is there is taken to be the image that regsync has pushed or compared."""

    def mutant(outcome: Outcome, address: str) -> Mapping[Any, Word]:
        return {ref: Word(word.kind, None) for ref, word in words_of(outcome, address).items()}

    patch.setattr(syncing, "words_of", mutant)


def the_lock_is_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    """Sync copies what is locked, and takes whatever is there for it."""
    patch.setattr(shortfalls, "settled_digest", lambda _entry, _tag: None)


def upstream_replaces_the_lock(patch: pytest.MonkeyPatch) -> None:
    """Status holds ECR against upstream, where the lock has settled what a tag is."""
    patch.setattr(status, "settled_digest", lambda _entry, _tag: None)


def not_upstream_is_up_to_date(patch: pytest.MonkeyPatch) -> None:
    """A plan takes what regsync does not mention for what matches."""

    class All(dict[Any, Word]):
        def __contains__(self, ref: object) -> bool:
            return True

        def __missing__(self, ref: object) -> Word:
            return Word(EventKind.NEEDED, None)

    patch.setattr(planning, "words_of", lambda outcome, address: All(words_of(outcome, address)))


def pulls_are_not_subtracted(patch: pytest.MonkeyPatch) -> None:
    """As many pulls are left as at first, whatever was made."""
    patch.setattr(Account, "needed", lambda _self, _host: 0)


def moving_tags_are_taken_for_fixed(patch: pytest.MonkeyPatch) -> None:
    """What ECR holds is not looked at again."""
    patch.setattr(pending, "is_moving", lambda _rule, _tag: False)


def a_changed_pin_is_not_noticed(patch: pytest.MonkeyPatch) -> None:
    """A tag that is to have a digest is left alone where ECR holds another."""
    may_differ = pending._may_differ

    def mutant(entry: Entry, tag: str, held: str) -> bool:
        return entry.pinned(tag) is None and may_differ(entry, tag, held)

    patch.setattr(pending, "_may_differ", mutant)
    patch.setattr(shortfalls, "settled_digest", lambda _entry, _tag: None)


def failures_end_with_success(patch: pytest.MonkeyPatch) -> None:
    """Sync names what has failed, and its exit code does not."""
    patch.setattr(sync_command, "exit_code", lambda *_args, **_kwargs: ExitCode.OK)


def a_killed_regsync_has_come_to_its_end(patch: pytest.MonkeyPatch) -> None:
    """What regsync has not come to, or not to the end of, is judged as if it had."""
    doubt = _Run._doubt

    def mutant(self: Any, ref: Any, entry: Any, word: Word | None, outcome: Outcome, was: Any) -> Any:
        return doubt(self, ref, entry, word, replace(outcome, code=0, trouble=""), was)

    patch.setattr(_Run, "_doubt", mutant)


def upstream_is_not_asked_with_verify(patch: pytest.MonkeyPatch) -> None:
    """`--verify` compares nothing."""
    patch.setattr(syncing, "unlike_upstream", lambda *_: ())


def archived_images_are_present(patch: pytest.MonkeyPatch) -> None:
    """Status does not see that nobody can pull an image."""
    tag_status = status._tag_status

    def mutant(*arguments: Any) -> Any:
        found = tag_status(*arguments)
        is_archived = found.state is status.TagState.ARCHIVED
        return replace(found, state=status.TagState.PRESENT) if is_archived else found

    patch.setattr(status, "_tag_status", mutant)


def young_images_go(patch: pytest.MonkeyPatch) -> None:
    """Prune does not look at the age of an image."""
    removals = pruning._removals

    def mutant(repository: Any, images: Any, _limit: Any, needed: Any) -> Any:
        return removals(repository, images, None, needed)

    patch.setattr(pruning, "_removals", mutant)


def tags_of_kept_images_go(patch: pytest.MonkeyPatch) -> None:
    """Prune takes every tag that the list does not name, though a wanted one has the same image."""

    def mutant(images: Any, *, is_wanted: Any, stays: Any) -> Any:
        alone = [image for image in images if not any(map(is_wanted, image.tags))]
        shared = [image for image in images if any(map(is_wanted, image.tags)) and not all(map(is_wanted, image.tags))]
        return [*unwanted(alone, is_wanted=is_wanted, stays=stays), *shared]

    patch.setattr(pruning, "unwanted", mutant)


Relevance = Callable[[Scenario], bool]


def _runs(command: str, *options: str) -> Relevance:
    return lambda scenario: scenario.command == command and {*options} <= {*scenario.options}


def _fails(kind: str) -> Relevance:
    return lambda scenario: any(fault.kind == kind for fault in scenario.faults) and scenario.command == "sync"


# What a scenario must have for a mutant to matter; others are made up, and not run.
MUTANTS: Mapping[Mutant, Relevance] = {
    silence_is_proof: _runs("sync"),
    the_last_listing_is_skipped: _runs("sync"),
    digests_are_not_compared: _fails("ecr-head-stale"),
    the_lock_is_not_looked_at: _runs("sync"),
    upstream_replaces_the_lock: lambda scenario: bool(scenario.locked) and "--upstream" in scenario.options,
    not_upstream_is_up_to_date: _runs("plan"),
    pulls_are_not_subtracted: lambda scenario: bool(scenario.pulls),
    moving_tags_are_taken_for_fixed: _runs("sync"),
    a_changed_pin_is_not_noticed: _runs("sync"),
    failures_end_with_success: _runs("sync"),
    a_killed_regsync_has_come_to_its_end: _fails("regsync-killed"),
    upstream_is_not_asked_with_verify: _runs("sync", "--verify"),
    archived_images_are_present: _runs("status"),
    young_images_go: _runs("prune"),
    tags_of_kept_images_go: _runs("prune"),
}

SEEDS: Mapping[Mutant, int] = {
    digests_are_not_compared: 4,
    the_lock_is_not_looked_at: 4,
    upstream_replaces_the_lock: 3,
    pulls_are_not_subtracted: 4,
    a_changed_pin_is_not_noticed: 4,
    a_killed_regsync_has_come_to_its_end: 2,
    archived_images_are_present: 3,
}
"""Where scenarios are made up from, so that it is soon and always the same; from 0 for the others."""


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    with pytest.MonkeyPatch.context() as patch:
        yield Driver(tmp_path_factory.mktemp("mutants"), patch)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_the_audit_notices(mutant: Mutant, driver: Driver) -> None:
    is_relevant, made_from = MUTANTS[mutant], Random(SEEDS.get(mutant, 0))  # noqa: S311 - it is to be the same always

    def is_noticed(scenario: Scenario) -> bool:
        return is_relevant(scenario) and bool(verdicts(scenario, driver))

    with pytest.MonkeyPatch.context() as patch:
        mutant(patch)
        found = find(scenarios(), is_noticed, settings=ONCE, random=made_from)
    # It is the mutant that was noticed: as the program is, nothing is wrong there.
    assert verdicts(found, driver) == []
