"""What Terraform says while it makes a plan, one JSON object a line.

Source: https://developer.hashicorp.com/terraform/internals/machine-readable-ui
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

# Of these the messages say everything; which attributes an update or a replacement is about, they do not.
_ACTIONS: Mapping[str, str] = {
    "create": "create",
    "delete": "delete",
    "import": "no-op",
    "move": "no-op",
    "read": "read",
    "remove": "forget",
}


def plan_document(stdout: str) -> dict[str, Any] | None:
    """Return what `terraform plan -json` says of its plan, in the form of `terraform show -json`.

    Args:
        stdout: what it printed, of a plan that has something to do.

    Returns:
        The part that is about changes; nothing where only the plan itself tells all that is to be known of them.
    """
    document: dict[str, Any] = {"applyable": True, "resource_changes": [], "output_changes": {}}
    for message in _messages(stdout):
        if message.get("type") == "planned_change":
            change = message["change"]
            if change["action"] not in _ACTIONS or not isinstance(change["resource"].get("resource_key"), str):
                return None
            document["resource_changes"].append(_resource_change(change))
        elif message.get("type") == "outputs":
            outputs = message["outputs"].items()
            document["output_changes"] = {name: {"actions": [_output_action(output)]} for name, output in outputs}
    return document


def complaints(stdout: str) -> str:
    """Return what `terraform plan -json` complains of, as text; what is no message stays as it is."""
    return "\n".join(text for line in stdout.splitlines() if (text := _complaint(line)))


def _messages(stdout: str) -> Iterator[Mapping[str, Any]]:
    return (message for line in stdout.splitlines() if (message := _message(line)) is not None)


def _message(line: str) -> Mapping[str, Any] | None:
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None


def _resource_change(change: Mapping[str, Any]) -> dict[str, Any]:
    resource = change["resource"]
    entry = {
        "address": resource["addr"],
        "mode": "data" if resource["resource"].startswith("data.") else "managed",
        "type": resource["resource_type"],
        "index": resource["resource_key"],
        "change": {"actions": [_ACTIONS[change["action"]]], "importing": change.get("importing")},
    }
    if "previous_resource" in change:
        entry["previous_address"] = change["previous_resource"]["addr"]
    return entry


def _output_action(output: Mapping[str, Any]) -> str:
    return str(output.get("action", "noop")).replace("noop", "no-op")


def _complaint(line: str) -> str:
    message = _message(line)
    if message is None:
        return line
    if message.get("type") != "diagnostic":
        return ""
    found = message["diagnostic"]
    parts = [f"{found['severity'].capitalize()}: {found['summary']}"]
    if place := _place(found):
        parts.append(place)
    if found.get("detail"):
        parts.append(found["detail"])
    return "\n".join(parts) + "\n"


def _place(found: Mapping[str, Any]) -> str:
    places = [f"  with {found['address']}"] if found.get("address") else []
    if where := found.get("range"):
        places.append(f"  on {where['filename']} line {where['start']['line']}")
    return ",\n".join(places)
