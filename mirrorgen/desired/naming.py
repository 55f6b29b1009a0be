"""Which sources of a list somebody means who writes the name of one in short."""

from __future__ import annotations

from collections.abc import Sequence

from mirrorgen.model.references import Source, parse_source
from mirrorgen.model.spelling import nearest

_MOST_OFFERED = 5


def sources_meant(written: str, known: Sequence[str]) -> tuple[list[str], bool]:
    """Return the sources that a name may stand for.

    Docker's own short forms come first: `nginx` is docker.io/library/nginx where the list has that. Otherwise a name
    stands for the sources that end in it, `prometheus` for quay.io/prometheus/prometheus.

    Args:
        written: the name.
        known: every source of the list in its full form.

    Returns:
        The sources, sorted and not too many, and whether there is one that is surely meant.
    """
    source = parse_source(written, ())
    if isinstance(source, Source) and str(source) in known:
        return [str(source)], True
    ending = sorted(name for name in known if name.endswith(f"/{written}"))
    if ending:
        return ending[:_MOST_OFFERED], len(ending) == 1
    return sorted(_near(written, known))[:_MOST_OFFERED], False


def _near(written: str, known: Sequence[str]) -> set[str]:
    """Those of which the last segments, as many as were written, are near."""
    segments = written.count("/") + 1
    shortened = {name: "/".join(name.split("/")[-segments:]) for name in known}
    near = nearest(written, shortened.values())
    return {name for name, short in shortened.items() if short in near}
