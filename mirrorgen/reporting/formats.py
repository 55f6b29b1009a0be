"""The names of the formats, apart from the code that writes them, which a command loads only when it needs it."""

from __future__ import annotations

from enum import StrEnum


class ProblemFormat(StrEnum):
    """How `validate` reports."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


class ResultFormat(StrEnum):
    """How a plan or a result is shown."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


class CoverFormat(StrEnum):
    """How `covers` reports."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    GITHUB = "github"
    SARIF = "sarif"


class PlainFormat(StrEnum):
    """How names are shown."""

    TEXT = "text"
    JSON = "json"


class StatusFormat(StrEnum):
    """How `status` is shown."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"
    PROMETHEUS = "prometheus"
