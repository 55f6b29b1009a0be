"""A plan as a person reads it: Terraform's changes and regsync's work side by side."""

from __future__ import annotations

from dataclasses import replace

from mirrorgen.destinations.port import SettingDifference
from mirrorgen.model.references import Source
from mirrorgen.operations.planning import MirrorPlan
from mirrorgen.operations.repositories.moving import Moved
from mirrorgen.operations.repositories.planning import REPOSITORY_POLICY
from mirrorgen.operations.repositories.renamed import Rename, Renames
from mirrorgen.outcomes import Failure, Kind, TagRef
from mirrorgen.reporting.formats import ResultFormat
from mirrorgen.reporting.moves import view_moved
from mirrorgen.reporting.plans import view_applied, view_plan
from mirrorgen.reporting.views import show
from mirrorgen.tools.terraform import REPOSITORY, Change, TerraformPlan

PLAN = MirrorPlan(
    changes=(
        Change("a", REPOSITORY, "mirror/new", "create"),
        Change("b", REPOSITORY, "mirror/other", "update", ("image_tag_mutability",)),
        Change("c", REPOSITORY, "mirror/old", "delete"),
    ),
    copies=(TagRef("mirror/new", "1"), TagRef("mirror/new", "2")),
    failures=(
        Failure(TagRef("mirror/other", "9"), Kind.NOT_UPSTREAM, "upstream has no such tag"),
        Failure(TagRef("mirror/down"), Kind.UNAVAILABLE, "connection refused"),
    ),
    sources={
        "mirror/new": (Source("docker.io", "library/new"),),
        "mirror/other": (Source("docker.io", "library/other"),),
        "mirror/down": (Source("quay.io", "org/down"),),
    },
    lost={"mirror/old": 3},
)


def test_what_would_be_lost_comes_first_then_one_table_then_the_tags() -> None:
    assert show(view_plan(PLAN), ResultFormat.TEXT) == (
        "Repositories to DESTROY, with every image in them (refused without --allow-destroy):\n"
        "  mirror/old (images: 3)\n"
        "\n"
        "repository    source                   terraform                    to copy  not upstream  failed\n"
        "mirror/down   quay.io/org/down         -                            0        0             1\n"
        "mirror/new    docker.io/library/new    create                       2        0             0\n"
        "mirror/old    -                        destroy, images: 3           0        0             0\n"
        "mirror/other  docker.io/library/other  change image_tag_mutability  0        1             0\n"
        "\n"
        "upstream   to copy  not upstream  failed\n"
        "docker.io  2        1             0\n"
        "quay.io    0        0             1\n"
        "\n"
        "Tags to copy:\n"
        "  mirror/new: 1, 2\n"
        "\n"
        "Tags in the list that upstream does not have:\n"
        "  mirror/other:9\n"
        "\n"
        "Could not be checked:\n"
        "  mirror/down: connection refused [unavailable]\n"
        "\n"
        "Repositories: 1 to create, 1 to change, 1 to destroy. Tags: 2 to copy. Not found upstream: 1. Failed: 1.\n"
    )


def test_markdown_is_a_comment_for_a_pull_request() -> None:
    text = show(view_plan(PLAN), ResultFormat.MARKDOWN)
    assert text.startswith(
        "Repositories: 1 to create, 1 to change, 1 to destroy. Tags: 2 to copy. Not found upstream: 1. Failed: 1.\n"
        "\n"
        "### Repositories to DESTROY, with every image in them (refused without --allow-destroy)\n"
        "\n"
        "- `mirror/old (images: 3)`\n"
        "\n"
        "| repository | source | terraform | to copy | not upstream | failed |\n"
    )
    assert "| `mirror/new` | `docker.io/library/new` | `create` | 2 | 0 | 0 |\n" in text


def test_nothing_to_do_is_one_line() -> None:
    nothing = MirrorPlan((), (), ())
    assert show(view_plan(nothing), ResultFormat.TEXT) == (
        "Nothing to do: every repository and every tag is as the list asks.\n"
    )


def test_settings_of_the_registry_are_no_repositories() -> None:
    scanning = "aws_ecr_registry_scanning_configuration"
    change = Change(f"module.registry.{scanning}.this[0]", scanning, f"module.registry.{scanning}.this[0]", "create")
    plan = MirrorPlan((change,), (), (), registry=(SettingDifference("scan on push", "mirror/*", "*"),))
    shown = "Settings of the registry, for all repositories of the account in the region:\n  take over scanning\n"
    assert show(view_plan(plan), ResultFormat.TEXT) == (
        f"{shown}"
        "  scan on push: *, then mirror/*\n"
        "\n"
        "Repositories: no change. Tags: 0 to copy. Settings of the registry to change: 1.\n"
    )
    assert show(view_applied(TerraformPlan((change,), is_applicable=True)), ResultFormat.TEXT) == shown


def test_what_terraform_does_not_see_of_the_registry_is_something_to_do() -> None:
    """Also beside a change to another setting."""
    told = SettingDifference("replication", "mirror/ to a", "mirror/ to a with more")
    plan = MirrorPlan((), (), (), registry=(told,))
    assert plan.is_pending
    seen = "Settings of the registry that are not as the list asks, and that Terraform does not see"
    assert show(view_plan(plan), ResultFormat.TEXT) == (
        f"{seen}:\n  replication: mirror/ to a with more, wanted mirror/ to a\n\n"
        "`aws ecr put-replication-configuration --replication-configuration '{\"rules\": []}'` empties it; the next "
        "plan and apply set it as the list asks.\n"
        "\n"
        "Repositories: no change. Tags: 0 to copy. Settings of the registry that Terraform does not see: 1.\n"
    )
    scanning = "aws_ecr_registry_scanning_configuration"
    change = Change(f"module.registry.{scanning}.this[0]", scanning, f"module.registry.{scanning}.this[0]", "update")
    both = MirrorPlan((change,), (), (), registry=(SettingDifference("scan on push", "mirror/*", "*"), told))
    text = show(view_plan(both), ResultFormat.TEXT)
    assert f"  change scanning\n  scan on push: *, then mirror/*\n\n{seen}:\n  replication" in text


def test_what_ecr_brings_is_nothing_to_copy_and_is_still_to_come() -> None:
    plan = MirrorPlan((), (), (), replicated=(TagRef("mirror/new", "1"), TagRef("mirror/new", "2")))
    assert plan.is_pending
    assert show(view_plan(plan), ResultFormat.TEXT) == (
        "Tags that ECR has yet to replicate from the first target:\n  mirror/new: 1, 2\n"
        "\n"
        "Repositories: no change. Tags: 0 to copy. Tags for ECR to replicate: 2.\n"
    )


def test_a_name_that_has_changed_is_shown_with_both_and_what_they_hold() -> None:
    renames = Renames((Rename("mirror/old", "mirror/new"),), {"mirror/a": "its sources now fill mirror/b and mirror/c"})
    shown = show(view_plan(replace(PLAN, renames=renames, successors={"mirror/new": None})), ResultFormat.TEXT)
    assert "`mirrorgen move` creates" in shown
    assert "  mirror/old (images: 3) -> mirror/new (to be created)\n" in shown
    assert "  mirror/a: its sources now fill mirror/b and mirror/c\n" in shown
    markdown = show(view_plan(replace(PLAN, renames=renames, successors={"mirror/new": 2})), ResultFormat.MARKDOWN)
    assert "- `mirror/old (images: 3) -> mirror/new (images: 2)`\n" in markdown


def test_a_move_says_what_came_of_each_repository() -> None:
    renames = Renames((Rename("a/old", "a/new"), Rename("b/old", "b/new"), Rename("c/old", "c/new")))
    failure = Failure(TagRef("b/new", "1"), Kind.UNAVAILABLE, "reason")
    shown = show(
        view_moved(Moved(renames, {"a/old": 2}, ("b/new", "c/new"), ("a/old",), (failure,))), ResultFormat.TEXT
    )
    assert shown.startswith(
        "from   to     images  state\n"
        "a/old  a/new  2       old one destroyed\n"
        "b/old  b/new  -       failed\n"
        "c/old  c/new  -       created\n"
        "\n"
        "Not moved:\n"
        "  b/new:1: reason [unavailable]\n"
    )


def test_who_may_pull_is_said_once_for_repositories_that_are_alike() -> None:
    changes = tuple(Change(name, REPOSITORY_POLICY, name, "create") for name in ("a", "b", "c"))
    access = {"a": "222222222222", "b": "222222222222", "c": ""}
    text = show(view_plan(MirrorPlan(changes, (), (), access=access, overwritten=("b",))), ResultFormat.TEXT)
    assert "Who may pull then, besides those who own the registry:\n  222222222222: a, b\n  nobody: c\n" in text
    assert "whoever is let in by them alone is let in no more:\n  b\n" in text
