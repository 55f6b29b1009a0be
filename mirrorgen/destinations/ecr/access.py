"""Who else may pull from a repository: what a list asks for, and the repository policy that says so.

Two actions pull: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonEC2ContainerRegistryPullOnly.html.
Conditions: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mirrorgen.destinations.ecr.tags import CHARACTERS, is_tag
from mirrorgen.problems import KeyPath, Problem

_PULL = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
# Who copies from here, as another target of the list does, asks for the tags first.
_COPY = (*_PULL, "ecr:ListImages")

# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_SetRepositoryPolicy.html
MAX_POLICY = 10_240
"""Characters of a repository policy."""


@dataclass(frozen=True, slots=True)
class Pull:
    """Who may pull besides the registry's own account, where the identity's own policy decides.

    Attributes:
        accounts: AWS accounts, sorted; each decides who of it may.
        organization: every account of an organization of AWS.
        tags: that whoever pulls must have, all of them; sorted.
        to_lambda: whether the Lambda service may, for functions of these accounts, of this organization and of the
            registry's own account.
    """

    accounts: tuple[str, ...] = ()
    organization: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    to_lambda: bool = False


def merge_pull(base: Pull, data: Mapping[str, Any]) -> Pull:
    """Lay what stands under `pull` over `base`, key by key."""
    accounts, tags = data.get("accounts"), data.get("tags")
    return Pull(
        accounts=base.accounts if accounts is None else tuple(sorted({each for each in accounts if each})),
        organization=data.get("organization", base.organization),
        tags=base.tags if tags is None else tuple(sorted(tags.items())),
        to_lambda=data.get("lambda", base.to_lambda),
    )


def pull_document(pull: Pull) -> dict[str, Any]:
    """Return what stands under `pull` for this."""
    return {
        "accounts": list(pull.accounts),
        "organization": pull.organization,
        "tags": dict(pull.tags),
        "lambda": pull.to_lambda,
    }


def pull_words(pull: Pull) -> str:
    """Say who may pull, in one line; nothing where nobody else may, as with tags alone."""
    who = [*pull.accounts, *([f"all of the organization {pull.organization}"] if pull.organization else [])]
    said = [f"{', '.join(who)}{_tags_words(pull)}"] if who else []
    if pull.to_lambda:
        # Tags do not narrow it.
        said.append(f"AWS Lambda for functions of {'these and of ' if who else ''}the registry's account")
    return "; ".join(said)


def _tags_words(pull: Pull) -> str:
    return f" with the tags {', '.join(f'{key}={value}' for key, value in pull.tags)}" if pull.tags else ""


def pull_problems(pull: Pull, path: KeyPath, *, account_id: str | None) -> Iterator[Problem]:
    """Yield what is wrong with who may pull.

    Args:
        pull: as it is, with what is not named here.
        path: where `pull` stands.
        account_id: of the registry, where the list names it.
    """
    for key, value in pull.tags:
        if not is_tag(key, value):
            message = f"AWS has no tag {key[:60]!r} with this value: there are no wildcards and no variables here"
            yield Problem("bad-pull", message, (*path, "tags", key), CHARACTERS)
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html: only one of them would be asked for.
    spellings = {key.lower(): key for key, _ in pull.tags}
    for key, _ in pull.tags:
        if spellings[key.lower()] != key:
            message = f"{key!r} and {spellings[key.lower()]!r} are one tag: AWS does not tell them apart by their case"
            yield Problem("bad-pull", message, (*path, "tags", key), "keep one of them", on_key=True)
    known = pull.accounts or pull.organization
    if pull.tags and not known:
        message = "tags alone would let every AWS account pull, as anybody may give tags to roles of their own"
        yield Problem("bad-pull", message, (*path, "tags"), "add accounts or organization, of which the tags are asked")
    if pull.to_lambda and not (known or account_id):
        message = "nothing says whose functions of Lambda are meant"
        yield Problem(
            "bad-pull", message, (*path, "lambda"), "give target.account_id, or accounts or organization here"
        )


def repository_policy(pull: Pull, *, account_id: str | None, region: str | None) -> str | None:
    """Return the text of the policy that lets others pull; None where nobody else may.

    Args:
        pull: who.
        account_id: of the registry, where the list names it.
        region: of the registry, where the list names it; Lambda pulls in its own region alone.
    """
    statements = list(_statements(pull, account_id, region or "*"))
    if not statements:
        return None
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def _statements(pull: Pull, account_id: str | None, region: str) -> Iterator[dict[str, Any]]:
    tagged = {f"aws:PrincipalTag/{key}": value for key, value in pull.tags}
    if pull.accounts:
        narrowed = {"StringEquals": tagged} if tagged else None
        yield _allow("PullByAccounts", {"AWS": list(pull.accounts)}, narrowed, actions=_COPY)
    if pull.organization:
        condition = {"StringEquals": {"aws:PrincipalOrgID": pull.organization, **tagged}}
        yield _allow("PullByOrganization", "*", condition, actions=_COPY)
    if not pull.to_lambda:
        return
    # The service asks by itself, and says for which function. Without that anybody's functions could pull:
    # https://docs.aws.amazon.com/lambda/latest/dg/images-create.html and
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    service = {"Service": "lambda.amazonaws.com"}
    owners = sorted({*pull.accounts, *([account_id] if account_id else [])})
    if owners:
        functions = [f"arn:*:lambda:{region}:{owner}:function:*" for owner in owners]
        yield _allow("PullForLambda", service, {"ArnLike": {"aws:SourceArn": functions}})
    if pull.organization:
        condition = {"StringEquals": {"aws:SourceOrgID": pull.organization}}
        yield _allow("PullForLambdaOfOrganization", service, condition)


def _allow(
    sid: str, principal: str | dict[str, Any], condition: Mapping[str, Any] | None, *, actions: Sequence[str] = _PULL
) -> dict[str, Any]:
    statement = {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": list(actions)}
    return statement if condition is None else {**statement, "Condition": condition}


def same_policy(ours: str, theirs: str) -> bool:
    """Whether two policies say the same: in any order, a text or a list of it, an account by id or ARN."""
    try:
        return bool(_plain(json.loads(ours)) == _plain(json.loads(theirs)))
    except ValueError:
        return False


def _plain(policy: Any) -> Any:
    """Return a policy in one form of all that mean the same."""
    if not isinstance(policy, dict):
        return policy
    statements = policy.get("Statement", [])
    written = statements if isinstance(statements, list) else [statements]
    return {**policy, "Statement": sorted((_plain_statement(each) for each in written), key=_order)}


def _plain_statement(statement: Any) -> Any:
    if not isinstance(statement, dict):
        return statement
    # The name of a statement decides nothing.
    kept = {
        key: _plain_value(value) for key, value in statement.items() if key not in {"Sid", "Principal", "Condition"}
    }
    kept["Principal"] = _plain_principal(statement.get("Principal", {}))
    conditions = statement.get("Condition") or {}
    if isinstance(conditions, dict):
        conditions = {operator: _plain_tests(tests) for operator, tests in conditions.items()}
    kept["Condition"] = conditions
    return kept


def _plain_tests(tests: Any) -> Any:
    """Of the names of conditions the case decides nothing; two that differ in it alone are two all the same."""
    if not isinstance(tests, dict):
        return tests
    return sorted((key.lower(), _plain_value(value)) for key, value in tests.items())


def _plain_principal(principal: Any) -> Any:
    named = {"AWS": "*"} if principal == "*" else principal
    if not isinstance(named, dict):
        return named
    return {kind: sorted({_account(name) for name in _listed(names)}) for kind, names in named.items()}


def _account(principal: str) -> str:
    """An account is its id; AWS answers with the ARN of its root, which is the same."""
    parts = str(principal).split(":")
    is_root = len(parts) == 6 and parts[0] == "arn" and parts[2] == "iam" and parts[5] == "root"
    return parts[4] if is_root else str(principal)


def _plain_value(value: Any) -> Any:
    return sorted({str(each) for each in value}) if isinstance(value, list) else [str(value)]


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _order(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
