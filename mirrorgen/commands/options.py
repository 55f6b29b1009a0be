"""Arguments and options that several commands share, and the list they act on."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mirrorgen.commands.aiming import narrowed_as_named
from mirrorgen.commands.everywhere import is_debugging, screen
from mirrorgen.commands.lists import allowances
from mirrorgen.desired.parts import MAX_PARTS
from mirrorgen.errors import InputError, UsageError

if TYPE_CHECKING:
    from mirrorgen.desired.state import Repository
    from mirrorgen.model.targets import Target
    from mirrorgen.operations.runtime import Runtime
    from mirrorgen.problems import Problem
    from mirrorgen.project import Loaded

RegsyncBin = Annotated[Path | None, typer.Option("--regsync-bin", help="Path of regsync.", show_default=False)]
TerraformBin = Annotated[
    Path | None, typer.Option("--terraform-bin", help="Path of Terraform, or of OpenTofu.", show_default=False)
]
Wait = Annotated[bool, typer.Option("--wait", help="Wait for another run in the folder to end.")]

Retries = Annotated[
    int, typer.Option("--retries", min=0, max=10, metavar="N", help="Try what may pass again, so often.")
]
RetryWait = Annotated[
    float, typer.Option("--retry-wait", min=0, metavar="SECONDS", help="Wait before the first retry; then doubled.")
]

Sources = Annotated[
    list[str] | None, typer.Argument(metavar="SOURCE...", help="Upstream repositories of the list; all if none.")
]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="GLOB", help="Only sources or repositories that match; may be given again."),
]
Shard = Annotated[
    str | None,
    typer.Option("--shard", metavar="I/N", help="Only part I of N; env/N takes I from the job's environment."),
]

# Where array jobs say which of them this is, from 0: Kubernetes (Indexed Job) and AWS Batch.
_INDEX_VARIABLES = ("JOB_COMPLETION_INDEX", "AWS_BATCH_JOB_ARRAY_INDEX")


def load_usable(
    path: Path, *, use_lock: bool = True, tolerated: AbstractSet[str] = frozenset(), is_whole: bool = False
) -> Loaded:
    """Read and check a master list; its problems go to standard error.

    For a command that is for one target it is narrowed to that.

    Args:
        path: the list.
        use_lock: whether what its lock chose counts.
        tolerated: codes of problems with which the list can be used all the same.
        is_whole: whether it is for all of its targets this time.

    Raises:
        InputError: it has an error.
        UsageError: it is not clear which of several targets is meant.
    """
    from mirrorgen.project import load

    loaded = load(path, use_lock=use_lock, allowances=allowances())
    require_usable(loaded, tolerated=tolerated)
    return loaded if is_whole else narrowed_as_named(loaded)


def require_usable(loaded: Loaded, *, tolerated: AbstractSet[str] = frozenset(), hint: str | None = None) -> None:
    """Show the errors of a list on standard error.

    Args:
        loaded: the list.
        tolerated: codes of problems with which it can be used all the same.
        hint: what to do; None for the usual one.

    Raises:
        InputError: there are errors.
    """
    from mirrorgen.reporting.formats import ProblemFormat
    from mirrorgen.reporting.problems import format_problems, summary

    errors = loaded.errors(tolerated=tolerated)
    if errors or loaded.desired is None:
        terminal = screen()
        terminal.note(format_problems(errors, ProblemFormat.TEXT, excerpts=terminal.has_people_at_notes))
        raise InputError(
            f"{loaded.path} cannot be used: {summary(errors)}",
            hint=hint or f"`mirrorgen validate {loaded.path}` says the same at any time",
        )


def require_real(what: str) -> None:
    """Make sure that no stand-in is asked for what would later be taken for real.

    Args:
        what: that would be, in the plural.

    Raises:
        UsageError: the environment names one.
    """
    from mirrorgen.operations.stand_in import VARIABLE, find_stand_in

    if find_stand_in(os.environ):
        raise UsageError(f"{what} of a stand-in would be taken for real ones", hint=f"unset {VARIABLE}")


def warn_of_outdated(loaded: Loaded) -> None:
    """Tell, on standard error, which files beside a list look generated and do not say what it asks for.

    Nothing that mirrorgen copies or compares depends on them: it renders what it needs.
    """
    from mirrorgen.rendering.files import outdated

    assert loaded.desired
    try:
        found = outdated(loaded.root, loaded.every_state)
    except InputError as error:
        screen().warn(error.message)
        return
    for name, remedy in found.items():
        screen().warn(f"{loaded.root / name} is not what the list asks for; {remedy}")


def runtime_for(
    loaded: Loaded,
    *,
    sources: Sequence[str] = (),
    only: Sequence[str] = (),
    part: tuple[int, int] = (1, 1),
    options: Mapping[str, Path | None] | None = None,
) -> Runtime:
    """Return what is needed to run the tools for a list.

    Args:
        loaded: from `load_usable`.
        sources: the only sources that matter, in their full form; all where there are none.
        only: wildcard patterns for the sources or repositories that matter; all where there are none.
        part: which of how many parts of the list, from 1.
        options: paths of programs given on the command line, by name.

    Raises:
        UsageError: nothing in the list matches `only`, or there is no such stand-in as the environment names.
    """
    from mirrorgen.desired.shards import allowance, shard
    from mirrorgen.operations.runtime import Runtime
    from mirrorgen.operations.stand_in import VARIABLE, find_stand_in

    assert loaded.desired
    terminal = screen()
    stand_in = find_stand_in(os.environ)
    if stand_in:
        terminal.warn(f"{VARIABLE} is set: {stand_in.note}")
    repositories = shard(loaded.desired, *part).repositories if part != (1, 1) else loaded.desired.repositories
    wanted = tuple(
        repository
        for repository in repositories
        if not sources or any(str(entry.source) in sources for entry in repository.entries)
    )
    if only:
        if not any(_fits(repository, pattern) for pattern in only for repository in loaded.desired.repositories):
            hint = "a pattern such as '*/nginx' or 'quay.io/*' is compared with sources and repository names"
            raise UsageError(f"nothing in {loaded.path} matches {' or '.join(only)}", hint=hint)
        wanted = tuple(repository for repository in wanted if any(_fits(repository, pattern) for pattern in only))
    names = {repository.name for repository in wanted}
    return Runtime(
        loaded.root.resolve(),
        replace(loaded.desired, repositories=wanted),
        left_alone=frozenset(each.name for each in loaded.desired.repositories if each.name not in names),
        followers=_followers(loaded),
        allowances=allowances(),
        allowance=allowance(loaded.desired, part),
        options=options or {},
        say=terminal.say,
        warn=terminal.warn,
        show_command=(lambda line: terminal.note(f"+ {line}")) if is_debugging() else None,
        stand_in=stand_in,
    )


def _followers(loaded: Loaded) -> tuple[Target, ...]:
    """The targets that ECR fills from the one that a list was narrowed to."""
    targets = (state.target for state in loaded.every_state)
    return tuple(each for each in targets if each.replicated_from and each.replicated_from.list_name == loaded.target)


def parse_shard(text: str | None, environ: Mapping[str, str]) -> tuple[int, int]:
    """Return which of how many parts, from 1: `2/4`, or `env/4` where the environment says which.

    Raises:
        UsageError: it is not of this form, or the environment does not say.
    """
    if text is None:
        return (1, 1)
    which, _, count = text.partition("/")
    found = next((environ[name] for name in _INDEX_VARIABLES if environ.get(name)), None) if which == "env" else None
    if which == "env" and found is None:
        raise UsageError(f"--shard {text}: neither {' nor '.join(_INDEX_VARIABLES)} is set")
    # The variables count from 0.
    index = _number(found) + 1 if found is not None else _number(which)
    if not 1 <= index <= _number(count):
        raise UsageError(f"--shard {text}: there is no such part", hint="write 1/4 for the first of four, or env/4")
    if int(count) > MAX_PARTS:
        raise UsageError(f"--shard {text}: a list has at most {MAX_PARTS} parts")
    return index, int(count)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _fits(repository: Repository, pattern: str) -> bool:
    names = [repository.name, *(str(entry.source) for entry in repository.entries)]
    return any(fnmatchcase(name, pattern) for name in names)


def canonical_sources(written: Sequence[str], loaded: Loaded) -> list[str]:
    """Return the full form of sources that were given on the command line, in short or in full.

    Raises:
        UsageError: one is not in the list, or may be several.
    """
    from mirrorgen.desired.naming import sources_meant

    assert loaded.desired
    known = sorted({str(entry.source) for _, entry in loaded.desired.entries})
    found = []
    for text in written:
        meant, is_certain = sources_meant(text, known)
        if not is_certain:
            hint = f"did you mean {' or '.join(map(repr, meant))}?" if meant else ""
            unclear = f"{text!r} may be several sources of {loaded.path}" if len(meant) > 1 else None
            raise UsageError(unclear or f"{text!r} is not a source of {loaded.path}", hint=hint)
        found += meant
    return found


def show_problems(problems: Iterable[Problem], loaded: Loaded) -> bool:
    """Show problems of a list on standard error, with their places; return whether there are any."""
    from mirrorgen.problems import sort_problems
    from mirrorgen.reporting.formats import ProblemFormat
    from mirrorgen.reporting.problems import format_problems

    placed = sort_problems([loaded.document.place(problem) for problem in problems])
    terminal = screen()
    terminal.note(format_problems(placed, ProblemFormat.TEXT, excerpts=terminal.has_people_at_notes))
    return bool(placed)
