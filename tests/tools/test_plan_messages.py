"""What Terraform says while it plans, read without asking for the plan a second time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mirrorgen.errors import ToolFailed
from mirrorgen.tools.runner import Completed
from mirrorgen.tools.secrets import Secrets
from mirrorgen.tools.terraform import Change, Terraform, TerraformPlan
from mirrorgen.tools.versions import Tool, tool_specs

ADDRESS = 'module.repositories.aws_ecr_repository.this["mirror/a"]'
OLD = 'aws_ecr_repository.this["mirror/a"]'


class TerraformThatSays:
    """Answers `plan` with messages and an exit code, and `show` with a plan that updates one repository."""

    secrets = Secrets()

    def __init__(self, *messages: Any, code: int = 2) -> None:
        self.said = "".join(f"{json.dumps(message)}\n" for message in messages)
        self.code = code
        self.commands: list[str] = []

    def run(self, argv: Sequence[str], **_: Any) -> Completed:
        self.commands.append(argv[2])
        if argv[2] == "plan":
            return Completed(tuple(argv), self.code, self.said, "")
        change = {"actions": ["update"], "before": {"tags": {}}, "after": {"tags": {"a": "b"}}}
        entry = {"address": ADDRESS, "mode": "managed", "type": "aws_ecr_repository", "index": "mirror/a"}
        shown = {"applyable": True, "resource_changes": [{**entry, "change": change}]}
        return Completed(tuple(argv), 0, json.dumps(shown), "")

    def plan(self) -> TerraformPlan:
        tool = Tool(tool_specs()["terraform"], Path("/bin/terraform"), "1.11.4")
        return Terraform(tool, Path("terraform"), self, {}).plan(Path("plan.tfplan"))


def planned(action: str, *, key: str | int | None = "mirror/a", **change: Any) -> dict[str, Any]:
    kind, local = "aws_ecr_repository", 'aws_ecr_repository.this["mirror/a"]'
    resource = {"addr": ADDRESS, "module": "module.repositories", "resource": local, "resource_type": kind}
    return {
        "type": "planned_change",
        "change": {"resource": {**resource, "resource_key": key}, "action": action, **change},
    }


@pytest.mark.parametrize(
    ("message", "change"),
    [
        (planned("create"), Change(ADDRESS, "aws_ecr_repository", "mirror/a", "create")),
        (planned("delete"), Change(ADDRESS, "aws_ecr_repository", "mirror/a", "delete")),
        (planned("remove"), Change(ADDRESS, "aws_ecr_repository", "mirror/a", "forget")),
        (
            planned("import", importing={"id": "mirror/a"}),
            Change(ADDRESS, "aws_ecr_repository", "mirror/a", "no-op", import_id="mirror/a"),
        ),
        (
            planned("move", previous_resource={"addr": OLD}),
            Change(ADDRESS, "aws_ecr_repository", "mirror/a", "no-op", moved_from=OLD),
        ),
    ],
)
def test_what_needs_no_more_words_is_not_asked_for_again(message: Any, change: Change) -> None:
    terraform = TerraformThatSays({"type": "version"}, message)
    assert terraform.plan() == TerraformPlan((change,), (), True)
    assert terraform.commands == ["plan"]


@pytest.mark.parametrize(
    "message", [planned("update"), planned("replace"), planned("create", key=None), planned("create", key=0)]
)
def test_attributes_that_change_and_names_that_are_no_key_are_in_the_plan_alone(message: Any) -> None:
    terraform = TerraformThatSays(planned("create"), message)
    assert [change.fields for change in terraform.plan().changes] == [("tags",)]
    assert terraform.commands == ["plan", "show"]


def test_outputs_that_change_are_named() -> None:
    outputs = {"new": {"sensitive": False, "action": "create"}, "same": {"sensitive": False, "action": "noop"}}
    assert TerraformThatSays({"type": "outputs", "outputs": outputs}).plan() == TerraformPlan((), ("new",), True)


def test_drift_that_a_plan_does_nothing_about_is_no_change() -> None:
    drift = {**planned("update"), "type": "resource_drift"}
    assert TerraformThatSays(drift, planned("create")).plan().changes[0].action == "create"


def test_with_nothing_to_do_there_is_nothing_to_read() -> None:
    terraform = TerraformThatSays({"type": "change_summary"}, code=0)
    assert (terraform.plan(), terraform.commands) == (TerraformPlan(), ["plan"])


def test_what_terraform_complains_of_is_said_in_words() -> None:
    error = {
        "severity": "error",
        "summary": "Invalid value for variable",
        "detail": "Wrong in: mirror/a.",
        "address": ADDRESS,
        "range": {"filename": "main.tf", "start": {"line": 8, "column": 3, "byte": 90}},
    }
    short = {"type": "diagnostic", "diagnostic": {"severity": "warning", "summary": "Old"}}
    terraform = TerraformThatSays({"type": "log"}, short, {"type": "diagnostic", "diagnostic": error}, [1], code=1)
    terraform.said += "panic: what it says without being asked for messages\n"
    with pytest.raises(ToolFailed) as failed:
        terraform.plan()
    assert failed.value.message.endswith(
        "stderr:\n"
        "    Warning: Old\n"
        "    \n"
        "    Error: Invalid value for variable\n"
        f"      with {ADDRESS},\n"
        "      on main.tf line 8\n"
        "    Wrong in: mirror/a.\n"
        "    \n"
        "    [1]\n"
        "    panic: what it says without being asked for messages"
    )
