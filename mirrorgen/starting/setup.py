"""What a new repository is made from: the answers, each of a grammar that needs no quoting anywhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from mirrorgen.errors import UsageError
from mirrorgen.origin import Source
from mirrorgen.starting.account import Account
from mirrorgen.tools.versions import tool_specs


class Provider(StrEnum):
    """What runs the pipeline."""

    GITHUB = "github"
    GITLAB = "gitlab"
    CRON = "cron"
    NONE = "none"


HOSTED = "ubuntu-24.04"
"""The runner of GitHub that is taken where nobody names another."""

PYTHON, GO = "3.13", "1.26"
"""Versions that a pipeline sets up."""

# Names of branches by git-check-ref-format(1), of those only what no pattern, shell or expression reads otherwise.
_BRANCH = r"(?!HEAD$)(?!.*(?:\.\.|//|/\.|\.lock(?:/|$)|[./]$))[A-Za-z0-9_][A-Za-z0-9._/-]{0,199}"

_GRAMMARS: Mapping[str, tuple[str, str]] = {
    "account_id": (r"[0-9]{12}", "an account id is twelve digits"),
    "region": (r"[a-z]{2,4}(-[a-z]+)+-[0-9]", "a region looks like eu-west-1"),
    "runner": (r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", "a label is made of letters, digits, `.`, `_` and `-`"),
    "branch": (_BRANCH, "a branch is made of letters, digits, `.`, `_`, `-` and `/`, as `git check-ref-format` has it"),
    "owner": (
        r"@[A-Za-z0-9][A-Za-z0-9-]{0,38}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?|[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,190}",
        "an owner is @user, @organisation/team or an address of mail",
    ),
}


@dataclass(frozen=True, slots=True)
class Setup:
    """What the files of a new repository depend on.

    Attributes:
        account_id: of AWS, twelve digits; None leaves it to the variable AWS_ACCOUNT_ID.
        region: of AWS; None leaves it to the variable AWS_REGION.
        runner: label of the machine that runs the jobs; None for any, where the provider needs none.
        branch: the one that is deployed.
        provider: what runs the pipeline.
        source: where mirrorgen is installed from; None in the repository of mirrorgen itself, and for a provider that
            installs nothing.
        owner: who is asked to review a change, as CODEOWNERS names one; None for nobody in particular.
        python, terraform, go: versions that a pipeline sets up.
        account: what `bootstrap` has made; None leaves its names to variables.

    Raises:
        UsageError: a value is not of its grammar.
    """

    account_id: str | None = None
    region: str | None = None
    runner: str | None = HOSTED
    branch: str = "main"
    provider: Provider = Provider.GITHUB
    source: Source | None = None
    owner: str | None = None
    python: str = PYTHON
    terraform: str = tool_specs()["terraform"].tested
    go: str = GO
    account: Account | None = None

    @property
    def open_variables(self) -> tuple[str, ...]:
        """Names of the variables that have to say what was left to them."""
        left = {"AWS_ACCOUNT_ID": self.account_id, "AWS_REGION": self.region}
        return tuple(name for name, value in left.items() if value is None)

    def __post_init__(self) -> None:
        for name in _GRAMMARS:
            value = getattr(self, name)
            if value is not None:
                check_answer(name, value)


def usual_runner(provider: Provider) -> str | None:
    """Return the label of the runner that is taken where nobody names one; None for any, and for no runner at all."""
    return HOSTED if provider is Provider.GITHUB else None


def needs_source(provider: Provider) -> bool:
    """Whether it starts each time with an empty machine, on which mirrorgen must be installed."""
    return provider in {Provider.GITHUB, Provider.GITLAB}


def require_source(setup: Setup) -> None:
    """Make sure that it is known where a pipeline installs mirrorgen from.

    Raises:
        UsageError: it is not.
    """
    if setup.source is None and needs_source(setup.provider):
        raise UsageError(
            "nothing records where this mirrorgen came from, so the pipeline would not know where to install it from",
            hint="give --from URL@COMMIT, the git repository with your mirrorgen and a commit of it; or --provider cron"
            " or none, which install nothing",
        )


def check_answer(name: str, value: str) -> None:
    """Make sure that an answer is of its grammar.

    Args:
        name: field of `Setup`.
        value: the answer.

    Raises:
        UsageError: it is not.
    """
    pattern, hint = _GRAMMARS[name]
    if not re.fullmatch(pattern, value, re.ASCII):
        raise UsageError(f"{value!r} cannot be the {name.replace('_', ' ')}", hint=hint)
