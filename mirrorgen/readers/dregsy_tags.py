"""The `tags` of dregsy: tags, and filters of which one must take a tag, and others that it must not fall through."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from mirrorgen.model.images import TagRule
from mirrorgen.model.references import is_digest
from mirrorgen.problems import KeyPath
from mirrorgen.readers.semver_dialects import blang
from mirrorgen.readers.tag_sets import EVERYTHING, UnusableRule, found_within, rule_of, united

_LATEST = re.compile(r"keep:\s+latest\s+(\d+)")


@dataclass(slots=True)
class Tags:
    """What stands in a list of tags (internal/pkg/tags/tagset.go).

    Attributes:
        verbatim: tag and digest, one of which may be missing, each with its path.
        ranges, patterns: filters of which one must take a tag.
        kept: filters that must all take it.
        newest: how many are kept in the end.
    """

    verbatim: list[tuple[tuple[str | None, str | None], KeyPath]] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)
    patterns: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    newest: int | None = None

    @classmethod
    def of(cls, texts: Iterable[tuple[str, KeyPath]]) -> Tags:
        """Sort what stands in a list."""
        tags = cls()
        for written, path in texts:
            text = written.strip()
            kind, _, rest = text.partition(":")
            if latest := _LATEST.fullmatch(text):
                tags.newest = int(latest[1])
            elif kind == "semver":
                tags.ranges.append(rest)
            elif kind in {"regex", "keep"}:
                (tags.patterns if kind == "regex" else tags.kept).append(rest.strip())
            else:
                tag, _, digest = text.partition("@")
                tags.verbatim.append(((None, tag) if is_digest(tag) else (tag, digest or None), path))
        return tags

    @property
    def has_filters(self) -> bool:
        """Whether tags are chosen among those that upstream has."""
        return bool(self.ranges or self.patterns)

    def rule(self) -> TagRule:
        """Return the rule for what the filters choose.

        Raises:
            UnusableRule: no rule of a list chooses the same.
        """
        chosen = [blang(text) for text in self.ranges] + [_pattern(text) for text in self.patterns]
        rule = united([self._narrowed(each) for each in chosen or [EVERYTHING]])
        if self.newest is None:
            return rule
        if self.verbatim or not self.ranges or self.patterns:
            raise UnusableRule("`keep: latest` counts tags that a list does not count")
        return replace(rule, newest=self.newest)

    def _narrowed(self, rule: TagRule) -> TagRule:
        """A rule for what a filter takes, without what falls through the filters that keep."""
        for text in self.kept:
            kept = _pattern(text)
            if kept.exclude:
                rule = replace(rule, exclude=(*rule.exclude, *kept.exclude))
            elif rule.match in {(), EVERYTHING.match}:
                rule = replace(rule, match=kept.match)
            else:
                raise UnusableRule("it has several patterns that must all match, and a list has none of that kind")
        return rule


def _pattern(text: str) -> TagRule:
    """The rule for a filter, which `!` turns round; anchors are put to both ends (internal/pkg/util/regex.go)."""
    pattern = text.removeprefix("!")
    pattern = pattern if pattern.startswith("^") else f"^{pattern}"
    pattern = pattern if pattern.endswith("$") else f"{pattern}$"
    patterns = found_within(pattern)
    return rule_of(None, exclude=patterns) if text.startswith("!") else TagRule(match=patterns)
