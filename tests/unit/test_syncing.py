"""What a sync says of each tag, with regsync and the target replaced by what they answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mirrorgen.desired.selection import NOT_UPSTREAM
from mirrorgen.destinations.port import Holdings
from mirrorgen.errors import ToolFailed
from mirrorgen.operations.copying.syncing import Patience, SyncResult, plan_sync, sync_images
from mirrorgen.outcomes import Failure, Kind, TagRef
from tests.unit import memory
from tests.unit.conftest import Desire
from tests.unit.memory import runtime_of

LIST = """\
target: {account_id: "123456789012", region: eu-west-1}
images:
  - source: quay.io/org/app
    tags: ["v1.0.0", "v1.1.0"]
"""
APP = "mirror/quay/org/app"
NOTHING: Holdings = {APP: {}}
BOTH: Holdings = {APP: {"v1.0.0": "sha256:a", "v1.1.0": "sha256:b"}}
ONE: Holdings = {APP: {"v1.0.0": "sha256:a"}}

Sync = Callable[..., SyncResult]


def line(message: str, tag: str, error: str = "") -> str:
    return memory.line(f"quay.io/org/app:{tag}", f"{APP}:{tag}", message=message, error=error)


def needed(tag: str) -> str:
    return line("Image sync needed", tag)


def matches(tag: str) -> str:
    return line("Image matches", tag)


def found(tag: str, digest: str) -> str:
    """What the target answers regsync."""
    url = f"https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/{APP}/manifests/{tag}"
    said = {"level": "DEBUG-4", "msg": "reg http request", "req-method": "HEAD", "req-url": url}
    return json.dumps({**said, "resp-status": "200 OK", "resp-headers": {"Docker-Content-Digest": [digest]}})


def failure(tag: str, kind: Kind, reason: str) -> Failure:
    return Failure(TagRef(APP, tag), kind, reason, source="quay.io/org/app")


@pytest.fixture
def sync(tmp_path: Path, desire: Desire) -> Sync:
    def run(*lines: str, code: int = 0, before: Holdings = NOTHING, held: Holdings) -> SyncResult:
        runtime = runtime_of(tmp_path, desire(LIST), before, held, runs=[(code, lines)])
        return sync_images(runtime, plan_sync(runtime))

    return run


@pytest.fixture
def patient_sync(tmp_path: Path, desire: Desire) -> Sync:
    """Let regsync run up to three times: what it says and its exit code, and what the target holds after each."""

    def run(*runs: tuple[int, list[str], Holdings], before: Holdings = NOTHING, text: str = LIST) -> SyncResult:
        held = [before, *(after for _, _, after in runs)]
        runtime = runtime_of(tmp_path, desire(text), *held, runs=[(code, lines) for code, lines, _ in runs])
        return sync_images(runtime, plan_sync(runtime), patience=Patience(retries=len(runs) - 1))

    return run


def test_a_tag_regsync_copied_is_copied_and_one_it_left_alone_is_unchanged(sync: Sync) -> None:
    result = sync(needed("v1.1.0"), matches("v1.0.0"), held=BOTH)
    assert result == SyncResult("ECR", (TagRef(APP, "v1.1.0"),), 1, ())


def test_a_copy_that_the_target_does_not_show_is_not_reported_as_copied(sync: Sync) -> None:
    result = sync(needed("v1.1.0"), matches("v1.0.0"), held=ONE)
    assert result.copied == ()
    assert result.failures == (
        failure("v1.1.0", Kind.UNAVAILABLE, "regsync reported no failure, but ECR does not hold the tag"),
    )


@pytest.mark.parametrize(("answer", "kinds"), [("sha256:b", []), ("sha256:c", [Kind.UNAVAILABLE])])
def test_what_somebody_else_has_pushed_meanwhile_is_not_called_copied(
    sync: Sync, answer: str, kinds: list[Kind]
) -> None:
    """regclient stores nothing where the target answers that it has the image by now."""
    result = sync(needed("v1.1.0"), found("v1.1.0", answer), matches("v1.0.0"), held=BOTH)
    assert result.copied == ()
    assert [failure.kind for failure in result.failures] == kinds


def test_a_tag_that_goes_while_upstream_alone_is_asked_is_a_failure(tmp_path: Path, desire: Desire) -> None:
    """As `--verify` does, or a budget that lets nothing be copied: regsync does not run, and time passes."""
    runtime = runtime_of(tmp_path, desire(LIST), BOTH, ONE, runs=[])
    result = sync_images(runtime, replace(plan_sync(runtime), has_asked=True))
    assert result.failures == (failure("v1.1.0", Kind.UNAVAILABLE, "ECR does not hold the tag at the end of the run"),)


def test_a_tag_regsync_passed_over_in_silence_is_not_upstream(sync: Sync) -> None:
    silence = failure("v1.1.0", Kind.NOT_UPSTREAM, NOT_UPSTREAM)
    assert sync(matches("v1.0.0"), held=ONE).failures == (silence,)
    # Whoever brought it there, regsync did not see it upstream.
    assert sync(matches("v1.0.0"), held=BOTH).failures == (silence,)


def test_a_moving_tag_that_upstream_does_not_list_is_not_up_to_date(patient_sync: Sync) -> None:
    moving = LIST.replace('"v1.1.0"', '"latest"')
    held: Holdings = {APP: {"v1.0.0": "sha256:a", "latest": "sha256:b"}}
    result = patient_sync((0, [], held), before=held, text=moving)
    assert result.failures == (failure("latest", Kind.NOT_UPSTREAM, NOT_UPSTREAM),)


def test_an_acknowledged_push_that_is_not_stored_is_no_copy(patient_sync: Sync) -> None:
    moving = LIST.replace('"v1.1.0"', '"latest"')
    held: Holdings = {APP: {"v1.0.0": "sha256:a", "latest": "sha256:b"}}
    result = patient_sync((0, [needed("latest")], held), before=held, text=moving)
    reason = "regsync reported no failure, but ECR holds the tag as before"
    assert result.failures == (failure("latest", Kind.UNAVAILABLE, reason),)


@pytest.mark.parametrize(
    ("after", "kind"),
    [
        ({"latest": "sha256:b"}, Kind.UNAVAILABLE),
        ({"v1.0.0": "sha256:x", "latest": "sha256:b"}, Kind.DIFFERS),
    ],
)
def test_a_tag_that_goes_or_changes_while_regsync_is_at_another_is_a_failure(
    patient_sync: Sync, after: dict[str, str], kind: Kind
) -> None:
    moving = LIST.replace('"v1.1.0"', '"latest"')
    before: Holdings = {APP: {"v1.0.0": "sha256:a", "latest": "sha256:b"}}
    result = patient_sync((0, [matches("latest")], {APP: after}), before=before, text=moving)
    (changed,) = result.failures
    assert (changed.ref.tag, changed.kind) == ("v1.0.0", kind)


def test_a_tag_copied_at_first_and_gone_after_the_second_attempt_is_a_failure(patient_sync: Sync) -> None:
    refused = line("Failed to sync", "v1.1.0", error="connection refused")
    only_the_second: Holdings = {APP: {"v1.1.0": "sha256:b"}}
    result = patient_sync((1, [needed("v1.0.0"), refused], ONE), (0, [needed("v1.1.0")], only_the_second))
    assert result.copied == (TagRef(APP, "v1.1.0"),)
    assert [gone.ref.tag for gone in result.failures] == ["v1.0.0"]


def test_a_fixed_tag_that_could_not_be_verified_is_not_given_to_regsync(tmp_path: Path, desire: Desire) -> None:
    """It would copy what differs, and nobody has asked for that."""
    runtime = runtime_of(tmp_path, desire(LIST), BOTH)
    plan = plan_sync(runtime)
    unlike = (failure("v1.0.0", Kind.UNAVAILABLE, "connection refused"),)
    result = sync_images(runtime, replace(plan, unlike=unlike), patience=Patience(retries=1))
    assert result.failures == unlike


def test_a_tag_that_changes_while_it_is_compared_is_compared_again(patient_sync: Sync) -> None:
    moving = LIST.replace('"v1.1.0"', '"latest"')
    before: Holdings = {APP: {"v1.0.0": "sha256:a", "latest": "sha256:b"}}
    after: Holdings = {APP: {"v1.0.0": "sha256:a", "latest": "sha256:c"}}
    once = (0, [matches("latest")], after)
    (changed,) = patient_sync(once, before=before, text=moving).failures
    assert "has changed while regsync compared" in changed.reason
    assert patient_sync(once, once, before=before, text=moving).failures == ()


def test_a_tag_that_failed_keeps_the_reason_of_regsync_even_if_an_old_image_is_there(sync: Sync) -> None:
    refused = line("Failed to sync", "v1.1.0", error="tag v1.1.0 is immutable")
    result = sync(refused, matches("v1.0.0"), code=1, held=BOTH)
    assert result.failures == (failure("v1.1.0", Kind.REFUSED, "tag v1.1.0 is immutable"),)


def test_after_a_crash_a_missing_tag_is_not_blamed_on_upstream(sync: Sync) -> None:
    result = sync(line("Failed to sync", "v1.0.0", error="cut off"), code=-9, held=NOTHING)
    assert "exit code -9" in result.failures[1].reason


def test_killed_without_a_failure_before_it_nothing_is_taken_for_done(sync: Sync) -> None:
    result = sync(needed("v1.0.0"), code=-9, held=ONE)
    assert result.copied == ()
    assert result.failures == (
        failure("v1.0.0", Kind.UNAVAILABLE, "regsync ended before it was done with this tag (exit code -9)"),
        failure("v1.1.0", Kind.UNAVAILABLE, "regsync ended before it came to this tag (exit code -9)"),
    )


def test_killed_it_is_tried_again(patient_sync: Sync) -> None:
    result = patient_sync((-9, [needed("v1.0.0")], ONE), (0, [matches("v1.0.0"), needed("v1.1.0")], BOTH))
    assert result == SyncResult("ECR", (TagRef(APP, "v1.1.0"),), 1, ())


def test_a_copy_that_was_stored_before_the_kill_counts_as_one(patient_sync: Sync) -> None:
    stored = json.dumps(
        {
            "msg": "reg http request",
            "req-method": "PUT",
            "req-url": f"https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/{APP}/manifests/v1.0.0",
            "resp-status": "201 Created",
            "resp-headers": {"Docker-Content-Digest": ["sha256:a"]},
        }
    )
    result = patient_sync((-9, [needed("v1.0.0"), stored], ONE), (0, [matches("v1.0.0"), needed("v1.1.0")], BOTH))
    assert result == SyncResult("ECR", (TagRef(APP, "v1.0.0"), TagRef(APP, "v1.1.0")), 0, ())


def test_killed_at_the_second_attempt_the_first_one_counts(patient_sync: Sync) -> None:
    refused = line("Failed to sync", "v1.1.0", error="connection refused")
    result = patient_sync((1, [needed("v1.0.0"), refused], ONE), (-9, [], ONE))
    assert result.copied == (TagRef(APP, "v1.0.0"),)
    assert [missing.ref.tag for missing in result.failures] == ["v1.1.0"]


def test_killed_before_it_compared_a_moving_tag_it_is_not_said_to_be_as_upstream_has_it(patient_sync: Sync) -> None:
    moving = LIST.replace('"v1.1.0"', '"latest", "edge"')
    held: Holdings = {APP: {"v1.0.0": "sha256:a", "latest": "sha256:b", "edge": "sha256:c"}}
    result = patient_sync((-9, [matches("edge")], held), before=held, text=moving)
    reason = "regsync ended before it came to this tag (exit code -9)"
    assert result.failures == (failure("latest", Kind.UNAVAILABLE, reason),)
    assert result.unchanged == 2


def test_a_missing_repository_says_what_to_run(sync: Sync) -> None:
    result = sync(before={APP: None}, held={APP: None})
    assert {missing.kind for missing in result.failures} == {Kind.NO_REPOSITORY}
    assert "run `mirrorgen plan` and `mirrorgen apply`" in result.failures[0].reason


def test_regsync_failing_without_naming_an_image_is_an_error(sync: Sync) -> None:
    with pytest.raises(ToolFailed, match="exit code: 1"):
        sync(json.dumps({"msg": "something new"}), code=1, held=BOTH)
