"""What somebody is likely to have meant who wrote a name that is not known."""

from __future__ import annotations

from collections.abc import Iterable

_LETTERS_PER_SLIP = 4


def nearest(written: str, known: Iterable[str]) -> list[str]:
    """Return the known names that `written` is a slip of, the nearest alone, sorted.

    A slip is a letter too many, too few, another one, or two that changed places. A name may have one for every four
    letters, and one in any case; without a slip it may stand for one that starts with it and goes on behind a `_`,
    `-` or `.`.
    """
    known = set(known)
    most = max(1, len(written) // _LETTERS_PER_SLIP)
    found: dict[int, list[str]] = {}
    for name in known:
        slips = slips_between(written.lower(), name.lower(), most=min(most, len(name) - 1))
        if slips is not None:
            found.setdefault(slips, []).append(name)
            most = slips
    if found:
        return sorted(found[min(found)])
    beginnings = tuple(written + mark for mark in "_.-")
    return sorted(name for name in known if len(written) > 2 and name.startswith(beginnings))


def slips_between(first: str, second: str, *, most: int) -> int | None:
    """Return how many slips turn one text into the other, or None for more than `most`.

    The optimal string alignment distance: https://en.wikipedia.org/wiki/Damerau-Levenshtein_distance
    """
    if abs(len(first) - len(second)) > most or len(set(first) - set(second)) > most:
        return None
    before: list[int] = []
    above = list(range(len(second) + 1))
    for row, letter in enumerate(first, start=1):
        line = [row]
        for column, other in enumerate(second, start=1):
            slips = min(above[column] + 1, line[-1] + 1, above[column - 1] + (letter != other))
            if row > 1 and column > 1 and letter == second[column - 2] and first[row - 2] == other:
                slips = min(slips, before[column - 2] + 1)
            line.append(slips)
        before, above = above, line
    return above[-1] if above[-1] <= most else None
