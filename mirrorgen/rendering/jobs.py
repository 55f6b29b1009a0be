"""Jobs that copy a list in parts, for whatever runs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from mirrorgen.rendering.files import render_text

LIST_FOLDER = "/list"
"""Where a job finds the list, and the lock beside it."""

_TEMPLATES = {"kubernetes": "jobs/kubernetes.yaml.j2", "batch": "jobs/batch.json.j2"}

# Measured in the container: 73 MiB for a part that copied 2,000 tags, 97 MiB for one that failed to copy 10,000; small
# images take about 15 ms of a processor each. docs/scale.md says so, too.
_CPU, _MEMORY = "250m", "256Mi"


@dataclass(frozen=True)
class Job:
    """What a job is made from.

    Attributes:
        shards: how many parts.
        files: names of the list and, where there is one, of its lock.
        image: the container image that has mirrorgen and its programs; what a job definition of AWS Batch has itself.
        schedule: when it runs, as cron writes it; None for once.
        credentials: names of the variables that the list signs in with.
        aws: whether the target is in AWS.
        target: which of several it is for; otherwise nothing.
    """

    shards: int
    files: Sequence[str]
    image: str = ""
    schedule: str | None = None
    credentials: Sequence[str] = ()
    aws: bool = True
    target: str = ""


def render_job(kind: str, job: Job) -> str:
    """Render a job.

    Args:
        kind: `kubernetes`, an Indexed Job or a CronJob of them as YAML, or `batch`, what `aws batch submit-job` takes.
        job: what it is made from.
    """
    return render_text(
        _TEMPLATES[kind],
        banner="Printed by `mirrorgen matrix`.",
        list=f"{LIST_FOLDER}/{job.files[0]}",
        has_lock=len(job.files) > 1,
        cpu=_CPU,
        memory=_MEMORY,
        **asdict(job),
    )
