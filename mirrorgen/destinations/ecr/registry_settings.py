"""Settings of a registry as a whole, which are lists of words: as ECR has them, held against those of a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mirrorgen.destinations.port import SettingDifference


def unlike(settings: Mapping[str, tuple[Sequence[str], Sequence[str]]]) -> Iterator[SettingDifference]:
    """Yield the settings that are not as wanted.

    Args:
        settings: what is wanted and what was found, by what the setting is called; the order counts.
    """
    for setting, (wanted, found) in settings.items():
        if list(wanted) != list(found):
            yield SettingDifference(setting, ", ".join(wanted) or "none", ", ".join(found) or "none")
