"""What `init` is answered: on the line, by the record of the last time, by the installed package, or by somebody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mirrorgen.commands.everywhere import screen
from mirrorgen.errors import UsageError

_QUESTIONS = {
    "account_id": "AWS account, twelve digits (nothing: the variable AWS_ACCOUNT_ID says it)",
    "region": "AWS region (nothing: the variable AWS_REGION says it)",
    "runner": "Label of the runner",
    "branch": "Branch that is deployed",
    "source": "Where mirrorgen is installed from, URL@COMMIT",
}


def gather_answers(given: Mapping[str, str | None], recorded: Mapping[str, Any], *, may_ask: bool) -> dict[str, Any]:
    """Return the answers by the names of their fields.

    What the line says counts before the record of the last time. Only where mirrorgen came from is taken from the
    package that is installed now, since that is what writes the files.

    Args:
        given: what was written on the line, None where nothing was.
        recorded: from `read_answers`.
        may_ask: whether somebody may be asked for the rest, the first time.

    Raises:
        UsageError: something on the line is not of its grammar.
    """
    from mirrorgen.origin import recorded_source
    from mirrorgen.starting.answers import parse_answer

    origin = recorded_source()
    answers = {**recorded, **({"source": origin} if origin else {})}
    answers |= {name: parse_answer(name, text) for name, text in given.items() if text is not None}
    if may_ask and not recorded and screen().has_people_to_ask:
        for name in _open_questions(answers):
            answers |= _ask(name, answers)
    return answers


def _open_questions(answers: Mapping[str, Any]) -> list[str]:
    from mirrorgen.starting.answers import setup_from
    from mirrorgen.starting.setup import needs_source, usual_runner

    provider = setup_from(answers).provider
    meaningless = {"runner"} if usual_runner(provider) is None else set()
    if not needs_source(provider):
        meaningless.add("source")
    return [name for name in _QUESTIONS if name not in answers.keys() | meaningless]


def _ask(name: str, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Ask until the answer is of its grammar; nothing leaves it to what is usual."""
    from mirrorgen.starting.answers import parse_answer, setup_from

    terminal = screen()
    usual = getattr(setup_from(answers), name)
    while True:
        text = terminal.ask_for(_QUESTIONS[name], default=usual or "")
        try:
            return {name: parse_answer(name, text)} if text else {}
        except UsageError as error:
            terminal.fail(error.message, hint=error.hint)
