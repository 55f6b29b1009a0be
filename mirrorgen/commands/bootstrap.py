"""`mirrorgen bootstrap`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mirrorgen.commands.boundary import boundary
from mirrorgen.commands.everywhere import is_debugging, screen
from mirrorgen.commands.options import TerraformBin, Wait, load_usable, require_real
from mirrorgen.errors import UsageError
from mirrorgen.outcomes import ExitCode

if TYPE_CHECKING:
    from mirrorgen.bootstrapping.contents import Wanted
    from mirrorgen.bootstrapping.running import Bootstrap


@boundary
def bootstrap(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the list is, or will be.")] = Path(),
    repository: Annotated[
        str | None,
        typer.Option(metavar="OWNER/NAME", help="Repository on GitHub whose workflows sign in; or OWNER@ID/NAME@ID."),
    ] = None,
    state_bucket: Annotated[
        str | None, typer.Option(metavar="NAME", help="Bucket to make for Terraform's state, if not the usual name.")
    ] = None,
    oidc_provider_arn: Annotated[
        str | None, typer.Option(metavar="ARN", help="The account's identity provider for GitHub, if it has one.")
    ] = None,
    region: Annotated[str | None, typer.Option(metavar="REGION", help="AWS region, if the list names none.")] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Apply the plan that was shown, and move the state into the bucket.")
    ] = False,
    wait: Wait = False,
    terraform_bin: TerraformBin = None,
) -> ExitCode:
    """Prepare an AWS account: a bucket for Terraform's state, and the roles.

    Writes a Terraform module into bootstrap/ and shows its plan; with --apply applies exactly that, moves its state and
    that of the mirror into the new bucket, and writes down the names for `mirrorgen init`.

    Exits with 0 if there is nothing to do, with 3 if there is a plan to apply.
    """
    from mirrorgen.bootstrapping.running import Bootstrap
    from mirrorgen.tools.runner import ProcessRunner

    require_real("names of the account")
    options = {"repository": repository, "state_bucket": state_bucket, "oidc_provider_arn": oidc_provider_arn}
    given = {name: value for name, value in {**options, "region": region}.items() if value is not None}
    show_command = (lambda line: screen().note(f"+ {line}")) if is_debugging() else None
    run = Bootstrap(folder.resolve(), os.environ, ProcessRunner(on_start=show_command), screen().say, terraform_bin)
    if apply:
        if given:
            raise UsageError("--apply applies the plan that was shown, and takes nothing else")
        return _apply(run, wait=wait)
    return _plan(run, _wanted(folder, given) if given else None, wait=wait)


def _plan(run: Bootstrap, wanted: Wanted | None, *, wait: bool) -> ExitCode:
    for name in run.write(wanted):
        screen().say(f"wrote {run.root / name}")
    if wanted and not wanted.has_ids:
        screen().warn(
            "a repository that GitHub has made, renamed or moved since 15 July 2026 signs in with ids: then give "
            f"--repository as `gh api repos/{wanted.repository} "
            """--jq '"\\(.owner.login)@\\(.owner.id)/\\(.name)@\\(.id)"'` prints it"""
        )
    plan = run.plan(wait=wait)
    for change in plan.changes:
        screen().show(f"{change.action} {change.address}")
    if not plan.is_applicable:
        screen().show("Nothing to do: the account is as bootstrap/ asks.")
        return ExitCode.OK
    screen().say("next: read the plan above, then `mirrorgen bootstrap --apply`")
    return ExitCode.DIFFERENT


def _apply(run: Bootstrap, *, wait: bool) -> ExitCode:
    plan, account = run.apply(wait=wait)
    screen().show(f"Resources changed: {len(plan.changes)}. Terraform's state is in {account.state_bucket}.")
    for name, arn in account.roles.items():
        screen().show(f"{name}: {arn}, for the environment {account.environments[name]}")
    screen().say(f"next: commit {run.root / 'bootstrap'}; `mirrorgen init` puts these names into what it writes")
    return ExitCode.OK


def _wanted(folder: Path, given: dict[str, str]) -> Wanted:
    """What the line says, and what a list that is there says already."""
    from mirrorgen.bootstrapping.contents import Wanted
    from mirrorgen.starting.setup import check_answer

    if "repository" not in given:
        raise UsageError("--repository is missing", hint="it says whose workflows are to sign in")
    if "region" in given:
        check_answer("region", given["region"])
    return Wanted(**{**_of_list(folder), **given})


def _of_list(folder: Path) -> dict[str, Any]:
    from mirrorgen.bootstrapping.contents import of_list
    from mirrorgen.master_list.finding import NAMES

    path = next((folder / name for name in NAMES if (folder / name).exists()), None)
    if path is None:
        return {}
    return of_list(load_usable(path).every_state)
