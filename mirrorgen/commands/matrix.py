"""`mirrorgen matrix`."""

from __future__ import annotations

import json
import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mirrorgen.commands.aiming import names_target
from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import screen
from mirrorgen.commands.lists import names_list
from mirrorgen.commands.options import load_usable
from mirrorgen.desired.parts import MAX_PARTS
from mirrorgen.errors import UsageError
from mirrorgen.model.references import Source, is_digest, is_tag, parse_source
from mirrorgen.outcomes import ExitCode

if TYPE_CHECKING:
    from mirrorgen.desired.state import DesiredState
    from mirrorgen.model.named_targets import NamedTarget
    from mirrorgen.project import Loaded
    from mirrorgen.rendering.jobs import Job

# https://docs.github.com/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations
MAX_GITHUB_JOBS = 256


class JobKind(StrEnum):
    """What runs the parts."""

    GITHUB = "github"
    KUBERNETES = "kubernetes"
    BATCH = "batch"


Image = Annotated[
    str | None,
    typer.Option(
        "--image", metavar="IMAGE", help="The container image with mirrorgen and its programs; kubernetes needs it."
    ),
]
Schedule = Annotated[
    str | None,
    typer.Option("--schedule", metavar="CRON", help="For kubernetes: print a CronJob, such as for '0 */6 * * *', UTC."),
]


class By(StrEnum):
    """What the jobs differ in."""

    SHARD = "shard"
    TARGET = "target"


class Which(StrEnum):
    """Which of the targets: the others are filled from the first, after it."""

    ALL = "all"
    FIRST = "first"
    OTHERS = "others"


@boundary
@names_list
@names_target
def matrix(
    file: Path,
    shards: Annotated[
        int | None, typer.Option("--shards", min=1, max=MAX_PARTS, metavar="N", help="How many parts.")
    ] = None,
    by: Annotated[By, typer.Option("--by", help="What each job is for: a part, or a target.")] = By.SHARD,
    which: Annotated[
        Which, typer.Option("--targets", help="With --by target: the first target alone, or all but it.")
    ] = Which.ALL,
    kind: Annotated[JobKind, typer.Option("--for", help="What runs the parts.")] = JobKind.GITHUB,
    image: Image = None,
    schedule: Schedule = None,
) -> ExitCode:
    """Print the jobs that copy a list in parts, or with `--by target` for each of its targets.

    With `--by target` and `--shards` there is a job for each part of each target. A list with one target has one, whose
    name is empty.

    For github a matrix; for kubernetes an Indexed Job, or with --schedule a CronJob that also checks the lock, shows
    what there is to copy and joins the reports; for batch the input of `aws batch submit-job`.
    """
    from mirrorgen.rendering.jobs import render_job

    if by is By.TARGET:
        if kind is not JobKind.GITHUB:
            raise UsageError("--by target prints a matrix for github, and does not take --for")
        return _show_matrix(_by_target(load_usable(file, is_whole=True), which, shards))
    if which is not Which.ALL:
        raise UsageError(f"--targets {which} is for --by target")
    if shards is None:
        raise UsageError("--shards is missing: into how many parts is the list to be divided?")
    if schedule is not None and kind is not JobKind.KUBERNETES:
        raise UsageError(f"--schedule: for {kind} it stands where the job is started", hint="--for kubernetes takes it")
    loaded = load_usable(file)
    desired = loaded.desired
    assert desired
    if kind is JobKind.GITHUB:
        return _show_matrix(_parts(desired, shards))
    screen().show_document(render_job(kind, _job(loaded, shards, kind, image, schedule)))
    return ExitCode.OK


def _show_matrix(jobs: list[dict[str, Any]]) -> ExitCode:
    if len(jobs) > MAX_GITHUB_JOBS:
        raise UsageError(
            f"{len(jobs)} jobs: a matrix of GitHub has at most {MAX_GITHUB_JOBS}", hint="take fewer --shards"
        )
    screen().show_document(json.dumps({"include": jobs}))
    return ExitCode.OK


def _parts(desired: DesiredState, shards: int) -> list[dict[str, Any]]:
    from mirrorgen.desired.shards import split

    return [
        {"shard": f"{number}/{shards}", "repositories": len(part.repositories), "tags": part.tag_count}
        for number, part in enumerate(split(desired, shards), start=1)
    ]


def _by_target(loaded: Loaded, which: Which, shards: int | None) -> list[dict[str, Any]]:
    """Return the jobs of the targets that are asked for; with shards, those of each part."""
    from mirrorgen.model.named_targets import NamedTarget

    assert loaded.master_list
    targets = loaded.master_list.targets or (NamedTarget(loaded.master_list.target),)
    wanted = {Which.ALL: targets, Which.FIRST: targets[:1], Which.OTHERS: targets[1:]}[which]
    return [job for named in wanted for job in _of_target(loaded, named, shards, is_first=named is targets[0])]


def _of_target(loaded: Loaded, named: NamedTarget, shards: int | None, *, is_first: bool) -> list[dict[str, Any]]:
    desired = loaded.states.get(named.name, loaded.desired)
    assert desired
    common = {
        "target": named.name,
        "first": is_first,
        "from": "first" if named.reads_first else "upstream",
        **_place(loaded, named),
    }
    if shards is None:
        return [{**common, "repositories": len(desired.repositories), "tags": desired.tag_count}]
    # What ECR fills is only looked at, and asked for once.
    return [{**common, **part} for part in _parts(desired, 1 if named.target.replicated_from else shards)]


def _place(loaded: Loaded, named: NamedTarget) -> dict[str, str]:
    """Return where a target of AWS is; of an account that has a bootstrap of its own also how to get in."""
    from mirrorgen.starting.account import ROLES, read_other_account

    where = {name: named.target.identity.get(name, "") for name in ("account_id", "region")}
    account = read_other_account(loaded.root, where["account_id"]) if where["account_id"] else None
    if account is None:
        return where
    # Where one role does everything but destroying, it is that of sync.
    applying = "apply" if "apply" in account.roles else "sync"
    roles = {f"{role}_role": account.roles.get(role, "") for role in ROLES}
    roles |= {
        "apply_role": account.roles.get(applying, ""),
        "apply_environment": account.environments.get(applying, ""),
    }
    return {**where, **roles, "state_bucket": account.state_bucket, "state_region": account.region}


def _job(loaded: Loaded, shards: int, kind: JobKind, image: str | None, schedule: str | None) -> Job:
    from mirrorgen.master_list.lock import lock_path
    from mirrorgen.rendering.jobs import Job

    assert loaded.desired
    files = [loaded.path.name, *([lock_path(loaded.path).name] if loaded.lock else [])]
    if kind is JobKind.BATCH:
        return Job(shards, files, target=loaded.target)
    # https://kubernetes.io/docs/concepts/configuration/configmap/#configmap-object
    if not re.fullmatch(r"[A-Za-z0-9._-]+", loaded.path.name):
        raise UsageError(f"{loaded.path.name}: a ConfigMap has no such names", hint="only letters, digits, -, _ and .")
    target = loaded.desired.target
    used = [target.credentials, *(registry.credentials for registry in loaded.desired.registries)]
    names = {name for credentials in used if credentials for name in credentials.names}
    return Job(
        shards,
        files,
        image=_usable_image(image),
        schedule=None if schedule is None else _usable_schedule(schedule),
        credentials=sorted(names),
        aws=target.kind == "ecr",
        target=loaded.target,
    )


def _usable_image(image: str | None) -> str:
    if image is None:
        hint = "`make image`, in a checkout of mirrorgen, builds it; name it as it is called where you pushed it"
        raise UsageError("--for kubernetes needs --image: the container image with mirrorgen", hint=hint)
    named, _, digest = image.partition("@")
    folder, slash, last = named.rpartition("/")
    last, colon, tag = last.partition(":")
    fits = isinstance(parse_source(f"{folder}{slash}{last}", ()), Source)
    if not fits or (colon and not is_tag(tag)) or ("@" in image and not is_digest(digest)):
        raise UsageError(f"--image {image}: not the name of an image", hint="such as registry.example.com/mirrorgen:1")
    return image


def _usable_schedule(schedule: str) -> str:
    if not re.fullmatch(r"@(hourly|daily|weekly|monthly|yearly)|[0-9A-Za-z*/,-]+( [0-9A-Za-z*/,?-]+){4}", schedule):
        raise UsageError(f"--schedule {schedule}: not a schedule", hint="five fields, as cron has them: '0 */6 * * *'")
    return schedule
