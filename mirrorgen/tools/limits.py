"""How much a registry may answer. A registry belongs to somebody else: more than this is refused, not waited for."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds for one question to a registry, far above what any honest one needs.

    Attributes:
        seconds: for all of it, with every page of a listing, pauses and further attempts.
        output_bytes: what regctl may print of it; 100,000 tags of 128 characters are 13 MiB.
        memory_bytes: what regctl may hold of it, as it reads a whole answer before it looks at it; on Linux only.
        tags: of one repository. The largest public ones have some 50,000.
        repositories: of a registry that is the target.
    """

    seconds: float = 300.0
    output_bytes: int = 16 * _MIB
    memory_bytes: int = 512 * _MIB
    tags: int = 100_000
    repositories: int = 100_000


@dataclass(frozen=True, slots=True)
class SyncLimits:
    """Bounds for a run of regsync, which may copy for hours as long as it gets on.

    Attributes:
        stalled_s: seconds without an image, a push, or a megabyte of a blob.
        blind_s: the same where the system does not tell how much a process writes, so that a large blob is silence.
        moved_bytes: what counts as getting on with a blob; so a line may be as slow as 3.5 kB/s.
        pushes: how many count for one image. Referrers can have referrers without end.
        log_bytes: of the log without progress; a page of a listing takes 2 KiB.
        pauses_s: seconds from the start for which it may wait as `rate_limit` says. Docker Hub counts six hours.
        seconds: for all of it. The next run finishes the work.
        memory_bytes: on Linux only.
        line_length: characters of a line of its log; an answer in it may have megabytes.
        alone_s: the same for an entry that is done alone, since something has held up all of them.
        stalls: how many such entries of one upstream registry may be cut off, before its rest is left for another run.
    """

    stalled_s: float = 300.0
    blind_s: float = 3600.0
    moved_bytes: int = _MIB
    pushes: int = 2_000
    log_bytes: int = 64 * _MIB
    pauses_s: float = 7 * 3600.0
    seconds: float = 24 * 3600.0
    memory_bytes: int = 2048 * _MIB
    line_length: int = 64 * 1024
    alone_s: float = 60.0
    stalls: int = 10


LIMITS, SYNC_LIMITS = Limits(), SyncLimits()

GRACE_S = 3.0
"""Seconds that what asks registries has to end by itself after an interrupt; an answer may keep it for ever."""

OUT_OF_MEMORY = re.compile(r"^fatal error: [^\n]*(?:out of|allocate) memory", re.MULTILINE)
"""How a Go program ends that gets no more memory: https://go.dev/src/runtime/malloc.go and mem_linux.go."""
