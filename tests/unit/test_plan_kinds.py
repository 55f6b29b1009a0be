"""Each kind of change that Terraform plans, in words; an empty plan is the only one that is nothing to do."""

from __future__ import annotations

import json

import pytest

from mirrorgen.destinations.port import Holdings
from mirrorgen.operations.planning import MirrorPlan
from mirrorgen.operations.repositories.adopting import import_blocks
from mirrorgen.operations.repositories.planning import unmanaged, unmanaged_failures
from mirrorgen.outcomes import ExitCode, exit_code
from mirrorgen.reporting.formats import ResultFormat
from mirrorgen.reporting.plans import view_applied, view_plan
from mirrorgen.reporting.views import show
from mirrorgen.tools.terraform import REPOSITORY, Change, TerraformPlan

POLICY = "aws_ecr_lifecycle_policy"


def change(action: str, *, kind: str = REPOSITORY, fields: tuple[str, ...] = (), **more: str) -> Change:
    return Change(f'{kind}.this["mirror/a"]', kind, "mirror/a", action, fields, **more)


CREATE = change("create")
IMPORT = change("no-op", import_id="mirror/a")
MOVE = change("no-op", moved_from="aws_ecr_repository.old")
FORGET = change("forget")
CREATE_POLICY = change("create", kind=POLICY)


def planned(*changes: Change, outputs: tuple[str, ...] = (), unmanaged: tuple[Change, ...] = ()) -> MirrorPlan:
    failures = tuple(unmanaged_failures(unmanaged))
    return MirrorPlan(changes, (), failures, outputs=outputs, unmanaged=unmanaged, is_applicable=True)


def text(plan: MirrorPlan) -> str:
    return show(view_plan(plan), ResultFormat.TEXT)


@pytest.mark.parametrize(
    ("changes", "summary", "cell"),
    [
        ((CREATE,), "1 to create", "create"),
        ((CREATE, CREATE_POLICY), "1 to create", "create"),
        ((change("update", fields=("tags",)),), "1 to change", "change tags"),
        ((CREATE_POLICY,), "1 to change", "change lifecycle policy"),
        ((change("replace", fields=("name",)),), "1 to replace", "replace, for name"),
        ((IMPORT,), "1 to import", "import"),
        ((IMPORT, CREATE_POLICY), "1 to change, 1 to import", "change lifecycle policy, import"),
        (
            (change("update", fields=("tags",), import_id="mirror/a"),),
            "1 to change, 1 to import",
            "change tags, import",
        ),
        ((change("no-op", kind=POLICY, import_id="mirror/a"),), "1 to import", "import"),
        ((MOVE,), "1 to move", "move"),
        ((FORGET,), "1 to forget", "forget"),
        ((change("something/new"),), "1 to change", "change"),
    ],
    ids=str,
)
def test_a_kind_of_change_is_counted_and_stands_in_its_row(
    changes: tuple[Change, ...], summary: str, cell: str
) -> None:
    plan = planned(*changes)
    assert exit_code(plan.failures, has_differences=plan.is_pending) is ExitCode.DIFFERENT
    assert f"\nRepositories: {summary}. Tags: 0 to copy.\n" in text(plan)
    assert f"\nmirror/a    -       {cell}" in text(plan)


@pytest.mark.parametrize(
    ("made", "line"),
    [
        (IMPORT, 'import aws_ecr_repository.this["mirror/a"] from mirror/a'),
        (MOVE, 'move aws_ecr_repository.old to aws_ecr_repository.this["mirror/a"]'),
        (FORGET, 'forget aws_ecr_repository.this["mirror/a"], which stays in ECR'),
    ],
    ids=["import", "move", "forget"],
)
def test_what_changes_in_the_state_is_said_by_address(made: Change, line: str) -> None:
    assert f"Changes of Terraform's state alone:\n  {line}\n" in text(planned(made))


def test_outputs_alone_are_something_to_do() -> None:
    assert "Terraform outputs that change:\n  a\n  b\n" in text(planned(outputs=("a", "b")))
    assert "Repositories: no change. Tags: 0 to copy. Terraform outputs to change: 2.\n" in text(
        planned(outputs=("a", "b"))
    )


def test_outputs_that_follow_from_a_repository_are_not_worth_a_line() -> None:
    plan = planned(CREATE, outputs=("repositories",))
    assert "output" not in text(plan)
    assert json.loads(show(view_plan(plan), ResultFormat.JSON))["outputs"] == ["repositories"]


def test_a_plan_that_changes_what_is_not_named_here_is_something_to_do() -> None:
    assert text(planned()) == (
        "Repositories: no change. Tags: 0 to copy. Terraform's state changes, and nothing in ECR.\n"
    )


def test_a_repository_that_exists_is_named_with_what_adopts_it() -> None:
    plan = planned(CREATE, CREATE_POLICY, unmanaged=(CREATE,))
    assert exit_code(plan.failures, has_differences=plan.is_pending) is ExitCode.FAILED
    assert text(plan).startswith(
        "In ECR already, and not in Terraform's state: creating them would fail, so that this plan was not saved:\n"
        "  mirror/a\n"
        "\n"
        "`mirrorgen adopt` takes them over: it writes this into terraform/imports.tf and plans again:\n"
        "\n"
        "import {\n"
        '  to = aws_ecr_repository.this["mirror/a"]\n'
        '  id = "mirror/a"\n'
        "}\n"
    )
    assert "\nmirror/a    -       exists     0" in text(plan)
    assert "```hcl\nimport {\n" in show(view_plan(plan), ResultFormat.MARKDOWN)
    assert json.loads(show(view_plan(plan), ResultFormat.JSON))["unmanaged"] == ["mirror/a"]


def test_only_a_creation_of_what_is_there_would_fail() -> None:
    there: Holdings = {"mirror/a": {}}
    not_there: Holdings = {"mirror/a": None}
    assert unmanaged([CREATE, CREATE_POLICY, MOVE, FORGET], there) == (CREATE,)
    assert unmanaged([CREATE], not_there) == ()
    assert unmanaged([IMPORT, change("create", import_id="mirror/a")], {}) == ()


def test_an_import_block_stands_once_and_its_text_is_no_template() -> None:
    strange = Change("a.b", REPOSITORY, 'x${env}"', "create")
    assert import_blocks([strange, strange]) == 'import {\n  to = a.b\n  id = "x$${env}\\""\n}\n'


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (TerraformPlan(), "Nothing to apply: every repository is as the list asks.\n"),
        (TerraformPlan((CREATE,), is_applicable=True), "Repositories created:\n  mirror/a\n"),
        (TerraformPlan((IMPORT,), is_applicable=True), "Repositories imported into Terraform's state, as they are:\n"),
        (TerraformPlan((MOVE,), is_applicable=True), "Repositories moved in Terraform's state:\n  mirror/a\n"),
        (TerraformPlan((FORGET,), is_applicable=True), "Repositories left to themselves: in ECR still"),
        (TerraformPlan((), ("a",), is_applicable=True), "Terraform outputs changed:\n  a\n"),
        (TerraformPlan(is_applicable=True), "Terraform's state changes, and nothing in ECR.\n"),
    ],
    ids=["nothing", "create", "import", "move", "forget", "outputs", "other"],
)
def test_what_was_applied_is_said(plan: TerraformPlan, said: str) -> None:
    assert show(view_applied(plan), ResultFormat.TEXT).startswith(said)
