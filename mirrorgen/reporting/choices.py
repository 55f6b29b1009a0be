"""What the entries of a list stand for, as text, Markdown or JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from mirrorgen.desired.choices import Choice
from mirrorgen.destinations.ecr.api import Holdings
from mirrorgen.reporting.formats import ResultFormat
from mirrorgen.reporting.tables import format_markdown_table, format_table

_HEAD = ("source", "tag", "selected by", "kind", "in ECR")
_IN_ECR = {True: "yes", False: "no", None: "-"}


def format_choices(choices: Sequence[Choice], held: Holdings | None, output: ResultFormat) -> str:
    """Return every tag that is chosen, sorted by source and tag.

    Args:
        choices: of each entry.
        held: what ECR holds; None where it was not asked.
        output: the format; JSON is an array with an object for each tag.
    """
    rows = [
        (choice.repository, one, None if held is None else one.tag in (held.get(choice.repository.name) or {}))
        for choice in sorted(choices, key=lambda choice: (choice.repository.source, choice.repository.name))
        for one in choice.selected
    ]
    if output is ResultFormat.JSON:
        objects = [
            {
                "source": str(repository.source),
                "repository": repository.name,
                "tag": one.tag,
                "selected_by": one.selected_by,
                "moving": one.moving,
                "in_ecr": in_ecr,
            }
            for repository, one, in_ecr in rows
        ]
        return json.dumps(objects, indent=2) + "\n"
    table = [
        (str(repository.source), one.tag, one.selected_by, "moving" if one.moving else "fixed", _IN_ECR[in_ecr])
        for repository, one, in_ecr in rows
    ]
    if output is ResultFormat.MARKDOWN:
        return format_markdown_table([_HEAD, *table])
    return format_table([_HEAD, *table])


def format_failures(failures: Mapping[str, str]) -> str:
    """Return a line for each source that could not be asked."""
    return "".join(f"could not ask {source}: {failures[source]}\n" for source in sorted(failures))
