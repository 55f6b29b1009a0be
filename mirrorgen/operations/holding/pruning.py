"""Prune: tags in ECR that the list no longer asks for, written down first, and deleted only exactly so."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from mirrorgen.consumers.running import InUse, Use
from mirrorgen.desired.state import Repository
from mirrorgen.destinations.port import Destination, StoredImage
from mirrorgen.errors import InputError, UsageError
from mirrorgen.files import read_named
from mirrorgen.operations.holding.running import consumers_of
from mirrorgen.operations.holding.unwanted import unwanted
from mirrorgen.operations.runtime import Runtime
from mirrorgen.operations.upstream.selecting import prepare
from mirrorgen.outcomes import Failure, Kind, TagRef


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
        target: what tells the registry from every other, by name: its host name, account and region.
        at: when it was looked at.
        older_than_days: nothing younger is among it.
        removals: sorted.
        too_young: tags that the list does not ask for either, and that are left because they, or what keeps them, are
            not old enough.
        running: tags that the list does not ask for either, and that are left because they run, or keep what runs; None
            where nobody said what runs.
        failures: repositories that were left alone because their rules or indexes could not be looked at.
    """

    target: Mapping[str, str]
    at: datetime
    older_than_days: int
    removals: tuple[Removal, ...]
    too_young: tuple[Removal, ...] = ()
    running: tuple[Removal, ...] | None = None
    failures: tuple[Failure, ...] = ()


def make_prune_plan(runtime: Runtime, *, older_than_days: int, now: datetime, in_use: InUse | None = None) -> PrunePlan:
    """Find the tags that the list does not ask for.

    Never among them: a tag of a repository that the list does not have, a tag younger than `older_than_days`, one
    whose image a wanted tag names too, what an index that stays names, a signature of an image that stays, an archived
    image, anything that runs, and anything of a repository whose rules or indexes could not be looked at, or whose
    rules choose nothing.

    Args:
        runtime: of the list.
        older_than_days: nothing younger is among it.
        now: the time.
        in_use: what runs; None where nobody said.

    Raises:
        InputError: it is not known of everything what runs.
        ToolUnusable, ToolFailed, UsageError: nothing can be looked at.
    """
    destination = runtime.destination
    if older_than_days and not destination.tells_age:
        message = f"{destination.target.host} does not tell when an image was pushed, so --older-than cannot be kept"
        raise UsageError(message, hint="add --older-than 0, and review the plan with all the more care")
    if in_use and in_use.refused:
        raise InputError(in_use.unclear, hint="nothing that may run is deleted")
    work = prepare(runtime)
    stored = destination.images(repository.name for repository in runtime.desired.repositories)
    limit = now - timedelta(days=older_than_days)
    removals: set[Removal] = set()
    too_young: set[Removal] = set()
    running: set[Removal] = set()
    failures = list(work.failures)
    for repository in work.desired.repositories:
        images = stored[repository.name] or ()
        failures += (hidden := _hidden(repository, images))
        # A rule that selects nothing may be a mistake: it must not take everything away.
        if not hidden and repository.name not in work.uncertain:
            needed = consumers_of(images, _perhaps_in_use(repository.name, in_use))
            old = _removals(repository, images, limit, ())
            going = _removals(repository, images, limit, needed)
            removals |= going
            running |= old - going
            too_young |= _removals(repository, images, None, ()) - old
    return PrunePlan(
        target=destination.target.identity,
        at=now,
        older_than_days=older_than_days,
        removals=tuple(sorted(removals)),
        too_young=tuple(sorted(too_young)),
        running=tuple(sorted(running)) if in_use else None,
        failures=tuple(failures),
    )


def apply_prune_plan(
    runtime: Runtime, plan: PrunePlan, *, older_than_days: int, now: datetime, in_use: InUse | None = None
) -> tuple[tuple[Removal, ...], tuple[Failure, ...]]:
    """Delete what a plan names, if a plan of the same moment would still name exactly that.

    Args:
        runtime: of the list.
        plan: that was reviewed. Its file says how old a tag must be and when; neither is taken on trust.
        older_than_days: nothing younger is deleted.
        now: the time.
        in_use: what runs now; needed for a plan that was made with what ran then.

    Returns:
        What is gone, and what the registry refused to delete, with its reason.

    Raises:
        InputError: the list or the registry has changed since, or the plan is not one that may be applied now.
        ToolUnusable, ToolFailed, UsageError: the registry cannot be asked.
    """
    _check_age(plan, older_than_days, now)
    if plan.running is not None and in_use is None:
        hint = "say what runs now, with --in-use; nothing was deleted"
        raise InputError("the plan was made for what ran then, and nobody said what runs now", hint=hint)
    destination = runtime.destination
    if destination.target.identity != plan.target:
        message = f"the plan is for {_named(plan.target)}; this is {_named(destination.target.identity)}"
        raise InputError(message, hint="run `mirrorgen prune --plan FILE` again")
    today = make_prune_plan(runtime, older_than_days=plan.older_than_days, now=plan.at, in_use=in_use)
    changed = sorted(set(today.removals) ^ set(plan.removals))
    if changed:
        said = ", ".join(f"{removal.repository}:{removal.tag}" for removal in changed[:5])
        more = f" and {len(changed) - 5} more" if len(changed) > 5 else ""
        raise InputError(
            f"the list, {destination.target.label} or what runs has changed since the plan was made: {said}{more}",
            hint="run `mirrorgen prune --plan FILE` again and review it; nothing was deleted",
        )
    by_repository: dict[str, list[Removal]] = {}
    for removal in plan.removals:
        by_repository.setdefault(removal.repository, []).append(removal)
    refused: list[Failure] = []
    for name, removals in by_repository.items():
        runtime.say(f"deleting {len(removals)} tags of {name}")
        found = _delete(destination, name, removals)
        refused += [Failure(TagRef(name, tag), Kind.REFUSED, reason) for tag, reason in sorted(found.items())]
    kept = {failure.ref for failure in refused}
    gone = tuple(removal for removal in plan.removals if TagRef(removal.repository, removal.tag) not in kept)
    return gone, tuple(sorted(refused, key=lambda failure: failure.ref))


def _delete(destination: Destination, name: str, removals: Sequence[Removal]) -> Mapping[str, str]:
    """Delete tags, and return why the registry refused, by tag.

    ECR refuses what an index names (`ImageReferencedByManifestList`), so what was refused is tried again once others
    have gone.
    """
    found = destination.delete(name, [(removal.tag, removal.digest) for removal in removals])
    refused = [removal for removal in removals if removal.tag in found]
    return _delete(destination, name, refused) if 0 < len(refused) < len(removals) else found


def _named(target: Mapping[str, str]) -> str:
    return ", ".join(f"{key} {value}" for key, value in target.items())


def _check_age(plan: PrunePlan, older_than_days: int, now: datetime) -> None:
    if plan.at > now:
        message = f"the plan says that it was made at {plan.at.isoformat()}, which is yet to come"
        raise InputError(message, hint="run `mirrorgen prune --plan FILE` again; nothing was deleted")
    if plan.older_than_days < older_than_days:
        raise InputError(
            f"the plan takes tags that are {plan.older_than_days} days old, and only those of {older_than_days} may go",
            hint=f"if you mean it, add --older-than {plan.older_than_days}; nothing was deleted",
        )


def format_prune_plan(plan: PrunePlan) -> str:
    """Return a plan as `read_prune_plan` reads it."""
    document = {
        "version": 3,
        "target": dict(plan.target),
        "at": plan.at.isoformat(),
        "older_than_days": plan.older_than_days,
        "delete": [asdict(removal) for removal in plan.removals],
        "running": None if plan.running is None else [asdict(removal) for removal in plan.running],
    }
    return json.dumps(document, indent=2) + "\n"


def read_prune_plan(path: Path) -> PrunePlan:
    """Read a plan from a file.

    Raises:
        InputError: the file cannot be read or says something else.
    """
    hint = "`mirrorgen prune --plan FILE` writes one"
    try:
        data = json.loads(read_named(path, hint=hint))
        if data["version"] != 3:
            raise ValueError(f"version {data['version']}")
        at = datetime.fromisoformat(data["at"])
        if at.tzinfo is None:
            raise ValueError(f"the time {data['at']} has no time zone")
        return PrunePlan(
            target=dict(data["target"]),
            at=at,
            older_than_days=int(data["older_than_days"]),
            removals=tuple(sorted(Removal(**removal) for removal in data["delete"])),
            running=None if data.get("running") is None else tuple(Removal(**removal) for removal in data["running"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not a plan: {error!r}", hint=hint) from error


def _hidden(repository: Repository, images: Sequence[StoredImage]) -> list[Failure]:
    """Indexes of which nobody knows what they name: what looks unwanted may belong to one of them."""
    return [
        Failure(TagRef(repository.name), Kind.CORRUPTED, f"{image.digest}: {image.trouble}")
        for image in images
        if image.trouble
    ]


def _perhaps_in_use(name: str, in_use: InUse | None) -> list[Use]:
    return [*in_use.of(name), *(use for _, use in in_use.perhaps_of(name))] if in_use else []


def _removals(
    repository: Repository, images: Sequence[StoredImage], limit: datetime | None, needed: Collection[str]
) -> set[Removal]:
    """Tags that the list does not ask for, but for those of images that were pushed since `limit`, or are needed."""

    def stays(image: StoredImage) -> bool:
        is_young = limit is not None and image.pushed_at is not None and image.pushed_at >= limit
        return is_young or image.digest in needed

    return {
        Removal(repository.name, tag, image.digest, image.pushed_at.isoformat() if image.pushed_at else "")
        for image in unwanted(images, is_wanted=repository.asks_for(), stays=stays)
        for tag in image.tags
    }
