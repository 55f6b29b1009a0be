"""How much a registry may answer. A registry belongs to somebody else: more than this is refused, not waited for."""

from __future__ import annotations

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


LIMITS = Limits()

GRACE_S = 3.0
"""Seconds that what asks registries has to end by itself after an interrupt; an answer may keep it for ever."""
