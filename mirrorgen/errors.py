"""What stops a run. Mistakes in the user's list are not errors but values: see `mirrorgen.problems`."""

from __future__ import annotations

from mirrorgen.outcomes import ExitCode, Kind


class MirrorgenError(Exception):
    """A run that cannot go on, for a reason the user can act on.

    Args:
        message: what happened, one sentence, without a final stop.
        hint: what to do about it, or nothing.
    """

    exit_code = ExitCode.FAILED

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InputError(MirrorgenError):
    """The input cannot be used: the list has problems, or a file it needs is not as it should be."""

    exit_code = ExitCode.PROBLEMS


class UsageError(MirrorgenError):
    """The command was called in a way that cannot work: an option, or a variable that is not set."""

    exit_code = ExitCode.USAGE


class ToolUnusable(MirrorgenError):
    """A program or library that is needed is missing, too old or broken."""

    exit_code = ExitCode.TOOL_UNUSABLE


class ToolFailed(MirrorgenError):
    """A program ran and failed, or a service refused."""

    exit_code = ExitCode.FAILED


class LimitExceeded(ToolFailed):
    """A program was ended because it took longer, or said more, than it may."""


class RegistryFailed(ToolFailed):
    """A registry could not be asked, or refused.

    Args:
        message: the words of the tool that asked.
        kind: why.
    """

    def __init__(self, message: str, kind: Kind) -> None:
        super().__init__(message)
        self.kind = kind


class RegistryGivenUp(RegistryFailed):
    """A registry's answer took too long, or was too much; there is no sense in asking for more from there."""
