"""Which run a report is of: what makes the reports of several machines the parts of one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mirrorgen import __version__
from mirrorgen.master_list.lock import lock_path
from mirrorgen.operations.stand_in import find_stand_in

RUN_VARIABLE = "MIRRORGEN_RUN"


@dataclass(frozen=True, slots=True)
class Run:
    """What was run on which input.

    Attributes:
        id: from what runs the parts, the same for all of them; None where nothing gives one.
        version: of mirrorgen.
        list_digest, lock_digest: SHA-256 of the files when it began; None for one that could not be read.
        only: patterns of `--only`.
        stand_in: address of the stand-in that was asked in place of what is real; None where there was none.
        target: which of several targets of the list it was for; None for the only one.
    """

    id: str | None
    version: str
    list_digest: str | None
    lock_digest: str | None
    only: tuple[str, ...] = ()
    stand_in: str | None = None
    target: str | None = None

    def document(self) -> dict[str, Any]:
        """Return the run as it stands in a report."""
        return {
            "id": self.id,
            "mirrorgen": self.version,
            "list_digest": self.list_digest,
            "lock_digest": self.lock_digest,
            "only": list(self.only),
            "stand_in": self.stand_in,
            "target": self.target,
        }


def read_run(document: Mapping[str, Any]) -> Run:
    """Return the run that a report names."""
    return Run(
        id=document["id"],
        version=document["mirrorgen"],
        list_digest=document["list_digest"],
        lock_digest=document["lock_digest"],
        only=tuple(document["only"]),
        stand_in=document["stand_in"],
        # Not in reports that were written before lists had several.
        target=document.get("target"),
    )


def this_run(master_list: Path, only: Sequence[str], environ: Mapping[str, str], *, target: str = "") -> Run:
    """Return the run that begins now.

    Args:
        master_list: the list; its lock is beside it.
        only: patterns of `--only`.
        environ: the environment of this process.
        target: which of several targets it is for; otherwise nothing.

    Raises:
        UsageError: it names a stand-in that there is not.
    """
    stand_in = find_stand_in(environ)
    return Run(
        id=run_id(environ),
        version=__version__,
        list_digest=_digest(master_list),
        lock_digest=_digest(lock_path(master_list)),
        only=tuple(only),
        stand_in=stand_in.address if stand_in else None,
        target=target or None,
    )


def run_id(environ: Mapping[str, str]) -> str | None:
    """Return what the environment calls the run: `MIRRORGEN_RUN`, or what GitHub or AWS Batch give to all of its jobs.

    Sources: https://docs.github.com/actions/reference/workflows-and-actions/variables, `GITHUB_RUN_ID` and
    `GITHUB_RUN_ATTEMPT`; https://docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html, `AWS_BATCH_JOB_ID`,
    which has the index of the job in its array behind a colon.
    """
    github = [environ.get(name, "") for name in ("GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT")]
    batch = environ.get("AWS_BATCH_JOB_ID", "").partition(":")[0]
    return environ.get(RUN_VARIABLE) or ("/".join(github) if all(github) else "") or batch or None


def _digest(path: Path) -> str | None:
    try:
        return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    except OSError:
        # Whoever needs the file says what is wrong with it.
        return None
