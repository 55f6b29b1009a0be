"""The answers that a repository was started with, written down for the day when a newer mirrorgen is asked again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mirrorgen.errors import InputError, UsageError
from mirrorgen.files import read_file
from mirrorgen.origin import parse_source
from mirrorgen.starting.setup import Provider, Setup, check_answer, usual_runner

RECORD = ".mirrorgen-init.json"

ANSWERS = ("account_id", "region", "runner", "branch", "provider", "owner", "source")
"""What is asked, by the name of its field; versions are not."""


def write_answers(setup: Setup) -> str:
    """Return the text of the record of what was answered."""
    given = {name: getattr(setup, name) for name in ANSWERS}
    return json.dumps({name: str(value) for name, value in given.items() if value is not None}, indent=2) + "\n"


def read_answers(root: Path) -> dict[str, Any]:
    """Return what was answered before, by the name of its field; nothing where there is no record.

    Raises:
        InputError: the record is not as it was written.
    """
    content = read_file(root / RECORD, project=root)
    if content is None:
        return {}
    try:
        return _read(json.loads(content))
    except (ValueError, RecursionError, UsageError) as error:
        hint = f"remove it, or write it anew with `mirrorgen init --force {RECORD}`"
        raise InputError(f"{root / RECORD} is not as it was written: {error}", hint=hint) from error


def _read(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict) or not all(isinstance(value, str) for value in data.values()):
        raise ValueError("a mapping of texts is expected")
    unknown = data.keys() - set(ANSWERS)
    if unknown:
        raise ValueError(f"unknown answers: {', '.join(sorted(unknown))}")
    return {name: parse_answer(name, value) for name, value in data.items()}


def parse_answer(name: str, text: str) -> Any:
    """Return an answer as its field has it.

    Args:
        name: one of `ANSWERS`.
        text: as somebody wrote it.

    Raises:
        UsageError: it is not of its grammar.
    """
    if name == "source":
        return parse_source(text)
    if name == "provider":
        known = [provider.value for provider in Provider]
        if text not in known:
            raise UsageError(f"{text!r} is not a provider", hint=f"one of: {', '.join(known)}")
        return Provider(text)
    check_answer(name, text)
    return text


def setup_from(answers: Mapping[str, Any]) -> Setup:
    """Return the setup of these answers, by the names of its fields, with what is usual for all others."""
    provider = answers.get("provider", Provider.GITHUB)
    return Setup(**{"runner": usual_runner(provider), **answers})
