"""Sync: let regsync copy, then look whether ECR holds what the list asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mirrorgen.operations.planning import Failure, TagRef, failures_of, target_of
from mirrorgen.operations.runtime import Runtime
from mirrorgen.rendering.files import REGSYNC
from mirrorgen.tools import regsync
from mirrorgen.tools.regsync import Event, EventKind, Outcome

NOT_IN_ECR = "regsync reported no failure, but ECR does not hold the tag"
NOT_UPSTREAM = "upstream has no such tag"
NO_REPOSITORY = "the repository does not exist in ECR; run `mirrorgen plan` and `mirrorgen apply`"


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What a sync did and what it left undone.

    Attributes:
        copied: tags that were copied and are in ECR now.
        unchanged: how many tags were in ECR as upstream has them.
        failures: tags that are not in ECR, or not as upstream has them, each with its reason.
    """

    copied: tuple[TagRef, ...]
    unchanged: int
    failures: tuple[Failure, ...]


def sync_images(runtime: Runtime, *, on_event: Callable[[Event], None] | None = None) -> SyncResult:
    """Copy what is missing or has moved, then ask ECR for every tag of the list.

    Args:
        runtime: of the list.
        on_event: told each thing regsync does, as it happens.

    Raises:
        ToolUnusable, ToolFailed, UsageError: nothing is known of any image.
    """
    tool = runtime.regsync()
    runtime.ecr()
    runtime.say("regsync once")
    text = str(runtime.files[REGSYNC])
    outcome = regsync.run(regsync.once_argv(tool), text, runner=runtime.runner, env=runtime.env, on_event=on_event)
    held = runtime.held_tags()
    reported = {(failure.repository, failure.tag): failure.reason for failure in failures_of(outcome, runtime.desired)}
    attempted = {target_of(event) for event in outcome.of(EventKind.NEEDED)}
    copied, failures, unchanged = [], [], 0
    for repository in runtime.desired.repositories:
        tags = held[repository.name]
        for tag in repository.tags:
            ref = TagRef(repository.name, tag)
            reason = NO_REPOSITORY if tags is None else reported.get((ref.repository, tag))
            reason = reason or reported.get((ref.repository, ""))
            if reason is None and tag not in (tags or {}):
                reason = _why_missing(outcome, attempted=ref in attempted)
            if reason is not None:
                failures.append(Failure(ref.repository, tag, reason, repository.owner or ""))
            elif ref in attempted:
                copied.append(ref)
            else:
                unchanged += 1
    return SyncResult(tuple(copied), unchanged, tuple(failures))


def _why_missing(outcome: Outcome, *, attempted: bool) -> str:
    if outcome.ended_early:
        return f"regsync ended before it came to this tag (exit code {outcome.code})"
    return NOT_IN_ECR if attempted else NOT_UPSTREAM
