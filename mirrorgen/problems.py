"""What is wrong in a user's file, as values: a code, a place, a sentence, a hint."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

KeyPath = tuple[str | int, ...]


class Severity(StrEnum):
    """How bad a problem is. Only an error makes a list unusable."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


CODES: dict[str, str] = {
    # reading
    "file-missing": "The file does not exist.",
    "file-unreadable": "The file exists but cannot be read.",
    "file-is-directory": "A directory was given where a file is needed.",
    "file-too-large": "The file is larger than any real list; it is not read.",
    "file-empty": "The file holds no YAML document.",
    "not-utf8": "The file is not UTF-8 text.",
    "yaml-syntax": "The file is not valid YAML.",
    "too-deep": "Lists and mappings are nested deeper than any real list.",
    "alias-bomb": "Anchors and aliases expand to more values than any real list holds.",
    "alias-loop": "An alias refers to a value that contains it.",
    "merge-key": "A merge key (`<<`) is used; it is not part of YAML 1.2.",
    "yaml-tag": "A value carries an explicit YAML type tag such as `!!python/name`.",
    "unreadable-value": "YAML takes an unquoted value for a number or a date, but it is not one.",
    "duplicate-key": "A key stands twice in one mapping; YAML would silently keep the last.",
    "key-not-text": "A key is not text, because YAML reads it as a number, a boolean or null.",
    "template-braces": "A string holds `{{` or `}}`, which regsync would expand as a template.",
    "control-character": "A string holds a control character.",
    # shape
    "unknown-key": "A key that the format does not have.",
    "missing-key": "A key that the format requires is not there.",
    "wrong-type": "A value of another type than the format requires.",
    "value-not-text": "Text is required, but YAML reads the unquoted value as something else.",
    "tag-not-text": "A tag that YAML reads as a number, a boolean, a date or null.",
    "empty-list": "A list that must have at least one entry is empty.",
    "bad-value": "A value outside the range or form that the format allows.",
    "bad-tag": "Not a tag: 1 to 128 letters, digits, `_`, `.`, `-`, not starting with `.` or `-`.",
    "duplicate-tag": "A tag stands twice in one entry.",
    "bad-account-id": "Not an AWS account id: 12 digits.",
    "bad-organization": "Not the id of an organization of AWS.",
    "bad-pull": "Nobody could be let pull in this way, or everybody would be.",
    "bad-scanning": "Not what ECR takes for the scanning of a registry.",
    "bad-region": "Not an AWS region name.",
    "bad-alias": "Not usable as one path segment of an ECR repository name.",
    "bad-prefix": "Not usable as the first path segments of an ECR repository name.",
    "credentials-not-names": "Credentials must be names of environment variables, never values.",
    "credentials-not-allowed": "Credentials name a variable that is not for registries.",
    "credentials-sent-away": "Credentials would go to another address than their registry's own, or unprotected.",
    # tag rules
    "bad-pattern": "Not a regular expression that regsync takes: RE2.",
    "bad-range": "Not a range of versions.",
    "rule-matches-everything": "A rule that would take every tag upstream has.",
    "rule-matches-nothing": "A rule that no tag can ever fit.",
    "rule-without-effect": "A part of a rule that changes nothing.",
    "rule-without-lock": "No lock says which tags a rule chooses, so ECR protects its repository less.",
    "rule-selects-nothing": "A rule that no tag upstream fits now.",
    "tag-not-upstream": "A tag of the list that upstream does not have.",
    # lock
    "newest-is-odd": "The newest tags are prereleases, or one version in several forms.",
    "newest-needs-lock": "`newest` is used, and no lock says which tags it stands for.",
    "pin-needs-lock": "`pin: digest` is asked for, and no lock has the digests.",
    "lock-missing-image": "An entry of the list that the lock does not have.",
    "lock-unknown-image": "An entry of the lock that the list does not have.",
    "lock-stale": "The list has changed since its lock was written.",
    "lock-edited": "An entry of the lock is not as `mirrorgen lock` wrote it.",
    # references
    "bad-reference": "Not an image repository reference.",
    "reference-has-tag": "The source carries a tag; tags belong under `tags`.",
    "reference-has-digest": "The source carries a digest; it names a repository, not one image.",
    "duplicate-registry": "One registry is configured twice, under two of its names.",
    "unlikely-host": "A host that is one slip away from a well-known registry.",
    "unused-registry": "A registry is configured that no image comes from.",
    "limit-too-low": "A limit of pulls that is lower than what one image takes, so that it would never be copied.",
    "registry-is-target": "Images come from the target itself, and the list says twice how it is reached.",
    # several targets
    "target-and-targets": "A list says in two ways where its images go.",
    "bad-target-name": "Not usable as the name of a target: files and a state are called by it.",
    "same-registry": "Two targets are one registry.",
    "first-target": "What a target says does not go with what the first is, or with being it.",
    "takes-nothing": "A pattern or a label by which a target takes no entry.",
    "role-of-another-account": "A target is to be worked on with a role of another account.",
    "bad-replication": "ECR would not replicate to a target what the list asks for.",
    # desired state
    "alias-collision": "Two registries share one alias, so their repositories would mix.",
    "duplicate-target": "Two entries bring one source into one target repository.",
    "shared-tag": "Two entries would bring one tag into one target repository.",
    "shared-settings": "Two entries ask for different settings of one target repository.",
    "bad-repository-name": "A repository name that the target refuses.",
    "unusual-repository-name": "A repository name that the target may refuse.",
    "settings-need-ecr": "Settings that only ECR has, for a target that is another registry.",
    "immutable-moving-tag": "A tag that moves upstream, in a repository asked to be immutable.",
    "exclusions-need-lock": "Exclusion filters are asked for, and no lock says which tags a rule chooses.",
    "exclusions-do-not-fit": "The tags that are excepted do not fit ECR's five exclusion filters.",
    "fixed-tags-unprotected": "Fixed tags share a repository with moving ones, so it stays mutable.",
    "kms-key-unused": "A KMS key is given for a repository that is not encrypted with KMS.",
    "lifecycle-too-large": "The lifecycle policy would exceed ECR's limits.",
    "lifecycle-two-ways": "Lifecycle rules in ECR's own form stand beside keys they replace.",
    "lifecycle-selection": "Tag status and tag lists of a lifecycle rule do not fit each other.",
    "lifecycle-prefix-and-pattern": "A lifecycle rule has prefixes and patterns; ECR takes one of the two.",
    "lifecycle-too-many-wildcards": "A pattern of a lifecycle rule has more wildcards than ECR takes.",
    "lifecycle-several-tags": "Prefixes or patterns of a lifecycle rule that take an image with several tags.",
    "lifecycle-action": "What a lifecycle rule counts does not go with what it selects or does.",
    "lifecycle-count-unit": "A lifecycle rule lacks a unit, or has one that means nothing.",
    "lifecycle-duplicate-priority": "Two lifecycle rules have one priority.",
    "lifecycle-any-not-last": "A lifecycle rule for any image is not the last.",
    "lifecycle-same-selection": "Two lifecycle rules select the same images.",
    "lifecycle-expires-wanted": "A lifecycle rule would remove a tag that the list wants.",
    "bad-resource-tag": "A resource tag that AWS refuses.",
    # what names images, of `mirrorgen covers`
    "image-not-mirrored": "An image that the list does not mirror.",
    "image-not-held": "An image that the list mirrors, and that cannot be pulled from the target.",
    "image-in-doubt": "An image that the list mirrors, though it cannot promise all of it.",
    "image-not-read": "What seems to name an image, and cannot be read.",
    "expired": "The entry's `expires` day has passed.",
}
"""Every code with its one-sentence meaning; docs/problems.md is checked against this table."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The line of a file on which something is wrong; `text[start:end]` is what is to be underlined."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a user's file.

    Attributes:
        code: stable and kebab-case, one of `CODES`.
        message: a plain sentence without a final stop.
        path: keys and indexes that lead to the value, `("images", 3, "source")`.
        hint: what to write instead, or nothing.
        severity: only `Severity.ERROR` makes the list unusable.
        on_key: the problem is the key at the end of `path`, not its value.
        related: path of the other value that takes part, if there is one.
        file, line, column: the place; line and column count from 1, 0 means the whole file.
        related_line: the line of `related`.
        excerpt: what stands at the place; None where it cannot be shown, or must not.
    """

    code: str
    message: str
    path: KeyPath = ()
    hint: str = ""
    severity: Severity = Severity.ERROR
    on_key: bool = False
    related: KeyPath | None = None
    file: str = ""
    line: int = 0
    column: int = 0
    related_line: int = 0
    excerpt: Excerpt | None = None

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"undocumented problem code {self.code!r}")

    def at(self, file: str, line: int, column: int, related_line: int = 0, excerpt: Excerpt | None = None) -> Problem:
        """Return this problem with its place filled in."""
        return replace(self, file=file, line=line, column=column, related_line=related_line, excerpt=excerpt)

    @property
    def is_error(self) -> bool:
        """Whether the list cannot be used because of this."""
        return self.severity is Severity.ERROR


def format_path(path: KeyPath) -> str:
    """Write a key path the way it is said: `images[3].tags[0]`; the whole document is `(document)`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return printable(text) or "(document)"


def printable(text: str) -> str:
    """Return a text with a question mark for each character that cannot be printed."""
    return text if text.isprintable() else "".join(char if char.isprintable() else "?" for char in text)


def sort_problems(problems: list[Problem]) -> list[Problem]:
    """Sort by place, then by code, so that a report is the same on every run."""
    return sorted(problems, key=lambda p: (p.file, p.line, p.column, p.code, p.message))
