"""Prune: tags in ECR that the list no longer asks for, written down first, and deleted only exactly so."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from mirrorgen.desired.state import Repository
from mirrorgen.destinations.ecr.api import delete_tags
from mirrorgen.destinations.stored import StoredImage
from mirrorgen.errors import InputError
from mirrorgen.master_list.rules import passes
from mirrorgen.operations.copying.work import Failure, idle_failures, prepare
from mirrorgen.operations.runtime import Runtime

SIGNATURE_PREFIX = "sha256-"


@dataclass(frozen=True, slots=True, order=True)
class Removal:
    """A tag that goes, and what it names now; without another tag the image goes with it."""

    repository: str
    tag: str
    digest: str
    pushed_at: str


@dataclass(frozen=True, slots=True)
class PrunePlan:
    """What would go.

    Attributes:
        account_id, region: of the registry.
        at: when it was looked at.
        older_than_days: nothing younger is among it.
        removals: sorted.
        failures: repositories that were left alone because their rules could not be looked at.
    """

    account_id: str | None
    region: str | None
    at: datetime
    older_than_days: int
    removals: tuple[Removal, ...]
    failures: tuple[Failure, ...] = ()


def make_prune_plan(runtime: Runtime, *, older_than_days: int, now: datetime) -> PrunePlan:
    """Find the tags that the list does not ask for.

    Never among them: a tag of a repository that the list does not have, a tag younger than `older_than_days`, one
    whose image a wanted tag names too, a signature of an image that stays, and anything of a repository whose rules
    could not be looked at or choose nothing.

    Raises:
        ToolUnusable, ToolFailed, UsageError: nothing can be looked at.
    """
    runtime.ecr()
    work = prepare(runtime)
    stored = runtime.stored_images()
    limit = now - timedelta(days=older_than_days)
    # A rule that chooses nothing may be a mistake: it must not take everything away.
    failures = (*work.failures, *idle_failures(work))
    left_alone = {failure.repository for failure in failures}
    removals = sorted(
        removal
        for repository in work.desired.repositories
        if repository.name not in left_alone
        for removal in _removals(repository, stored[repository.name] or (), limit)
    )
    target = runtime.desired.target
    return PrunePlan(target.account_id, target.region, now, older_than_days, tuple(removals), failures)


def apply_prune_plan(runtime: Runtime, plan: PrunePlan) -> tuple[tuple[Removal, ...], tuple[Failure, ...]]:
    """Delete what a plan names, if a plan of the same moment would still name exactly that.

    Returns:
        What is gone, and what ECR refused to delete, with its reason.

    Raises:
        InputError: the list or ECR has changed since.
        ToolUnusable, ToolFailed, UsageError: ECR cannot be asked.
    """
    target = runtime.desired.target
    if (target.account_id, target.region) != (plan.account_id, plan.region):
        raise InputError("the plan is for another registry", hint="run `mirrorgen prune --plan FILE` again")
    today = make_prune_plan(runtime, older_than_days=plan.older_than_days, now=plan.at)
    changed = sorted(set(today.removals) ^ set(plan.removals))
    if changed:
        said = ", ".join(f"{one.repository}:{one.tag}" for one in changed[:5])
        more = f" and {len(changed) - 5} more" if len(changed) > 5 else ""
        raise InputError(
            f"the list or ECR has changed since the plan was made: {said}{more}",
            hint="run `mirrorgen prune --plan FILE` again and review it; nothing was deleted",
        )
    by_repository: dict[str, list[Removal]] = {}
    for removal in plan.removals:
        by_repository.setdefault(removal.repository, []).append(removal)
    refused: dict[tuple[str, str], str] = {}
    for name, removals in by_repository.items():
        runtime.say(f"deleting {len(removals)} tags of {name}")
        tags = [(one.tag, one.digest) for one in removals]
        found = delete_tags(runtime.ecr(), name, tags, account_id=target.account_id)
        refused |= {(name, tag): reason for tag, reason in found.items()}
    gone = tuple(one for one in plan.removals if (one.repository, one.tag) not in refused)
    return gone, tuple(Failure(name, tag, reason) for (name, tag), reason in sorted(refused.items()))


def format_prune_plan(plan: PrunePlan) -> str:
    """Return a plan as `read_prune_plan` reads it."""
    document = {
        "version": 1,
        "account_id": plan.account_id,
        "region": plan.region,
        "at": plan.at.isoformat(),
        "older_than_days": plan.older_than_days,
        "delete": [asdict(removal) for removal in plan.removals],
    }
    return json.dumps(document, indent=2) + "\n"


def read_prune_plan(path: Path) -> PrunePlan:
    """Read a plan from a file.

    Raises:
        InputError: the file cannot be read or says something else.
    """
    hint = "`mirrorgen prune --plan FILE` writes one"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["version"] != 1:
            raise ValueError(f"version {data['version']}")
        return PrunePlan(
            account_id=data["account_id"],
            region=data["region"],
            at=datetime.fromisoformat(data["at"]),
            older_than_days=int(data["older_than_days"]),
            removals=tuple(sorted(Removal(**removal) for removal in data["delete"])),
        )
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}", hint=hint) from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not a plan: {error!r}", hint=hint) from error


def _removals(repository: Repository, images: Sequence[StoredImage], limit: datetime) -> Iterator[Removal]:
    staying = {image.digest for image in images if any(_wants(repository, tag) for tag in image.tags)}
    staying |= _named_by(images, staying)
    for image in images:
        if image.digest in staying or image.pushed_at >= limit:
            continue
        for tag in image.tags:
            if _signed(tag) not in staying:
                yield Removal(repository.name, tag, image.digest, image.pushed_at.isoformat())


def _wants(repository: Repository, tag: str) -> bool:
    """Whether the list asks for a tag; without a lock also one that fits the rule and that upstream has removed."""
    return tag in repository.tags or (
        not repository.digests and repository.rule.is_open and passes(repository.rule, tag)
    )


def _named_by(images: Sequence[StoredImage], digests: set[str]) -> set[str]:
    return {part for image in images if image.digest in digests for part in image.contains}


def _signed(tag: str) -> str:
    """The digest that a tag such as `sha256-<digest>.sig` belongs to, otherwise nothing."""
    return f"sha256:{tag.removeprefix(SIGNATURE_PREFIX)[:64]}" if tag.startswith(SIGNATURE_PREFIX) else ""
