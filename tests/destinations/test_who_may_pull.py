"""Who else may pull: what the policy of a repository says, and which policies say the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mirrorgen.destinations.ecr.access import Pull, repository_policy, same_policy

OWN, FIRST, SECOND, ORGANIZATION = "123456789012", "222222222222", "333333333333", "o-a1b2c3d4e5"
EVERYTHING = Pull((FIRST, SECOND), ORGANIZATION, (("Team", "web"),), to_lambda=True)


def statements(pull: Pull, *, account_id: str | None = OWN, region: str | None = "eu-west-1") -> dict[str, Any]:
    """Every statement of the policy by its name; none without a policy."""
    policy = repository_policy(pull, account_id=account_id, region=region)
    found = json.loads(policy)["Statement"] if policy else []
    return {statement["Sid"]: statement for statement in found}


def test_without_a_word_there_is_no_policy() -> None:
    assert repository_policy(Pull(), account_id=OWN, region="eu-west-1") is None
    assert repository_policy(Pull(tags=(("Team", "web"),)), account_id=OWN, region=None) is None


def test_nobody_is_let_do_more_than_pull_and_list_tags_and_everybody_is_named() -> None:
    found = statements(EVERYTHING)
    assert len(found) == 4
    for statement in found.values():
        assert statement["Effect"] == "Allow"
        lists = [] if "Service" in statement["Principal"] else ["ecr:ListImages"]
        assert statement["Action"] == ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", *lists]
        assert statement["Principal"] in ({"AWS": [FIRST, SECOND]}, "*", {"Service": "lambda.amazonaws.com"})
        assert statement["Principal"] == {"AWS": [FIRST, SECOND]} or statement["Condition"]


def test_tags_narrow_accounts_and_organization_alike() -> None:
    found = statements(EVERYTHING)
    assert found["PullByAccounts"]["Condition"] == {"StringEquals": {"aws:PrincipalTag/Team": "web"}}
    assert found["PullByOrganization"]["Condition"] == {
        "StringEquals": {"aws:PrincipalOrgID": ORGANIZATION, "aws:PrincipalTag/Team": "web"}
    }


def test_lambda_pulls_for_functions_of_those_who_may_and_of_the_own_account() -> None:
    found = statements(EVERYTHING)
    functions = [f"arn:*:lambda:eu-west-1:{account}:function:*" for account in (OWN, FIRST, SECOND)]
    assert found["PullForLambda"]["Condition"] == {"ArnLike": {"aws:SourceArn": functions}}
    assert found["PullForLambdaOfOrganization"]["Condition"] == {"StringEquals": {"aws:SourceOrgID": ORGANIZATION}}


def test_what_the_list_does_not_say_is_left_open_for_lambda() -> None:
    pull = Pull((FIRST,), to_lambda=True)
    condition = statements(pull, account_id=None, region=None)["PullForLambda"]["Condition"]
    assert condition == {"ArnLike": {"aws:SourceArn": [f"arn:*:lambda:*:{FIRST}:function:*"]}}


def one(principal: Any, **more: Any) -> str:
    """A policy of one statement."""
    action = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": principal, "Action": action, **more}]}
    )


OURS = one({"AWS": [FIRST, SECOND]}, Condition={"StringEquals": {"aws:PrincipalTag/Team": "web"}})
WEB = {"aws:PrincipalTag/Team": "web"}
TAGGED = {"StringEquals": WEB}


@pytest.mark.parametrize(
    "theirs",
    [
        OURS,
        one({"AWS": [SECOND, FIRST]}, Condition=TAGGED),
        one({"AWS": [f"arn:aws:iam::{FIRST}:root", f"arn:aws-cn:iam::{SECOND}:root"]}, Condition=TAGGED, Sid="Other"),
        one({"AWS": [FIRST, SECOND]}, Condition={"StringEquals": {"aws:principaltag/Team": ["web"]}}),
        json.dumps({**json.loads(OURS), "Statement": json.loads(OURS)["Statement"][0]}),
        json.dumps(json.loads(OURS), indent=2),
    ],
    ids=["the same", "order", "roots of accounts", "case and list", "one statement", "spaces"],
)
def test_the_same_in_other_words_is_the_same(theirs: str) -> None:
    assert same_policy(OURS, theirs)
    assert same_policy(theirs, OURS)


@pytest.mark.parametrize(
    "theirs",
    [
        one({"AWS": [FIRST]}, Condition=TAGGED),
        one({"AWS": [FIRST, SECOND]}),
        one({"AWS": [FIRST, SECOND]}, Condition={"StringLike": TAGGED["StringEquals"]}),
        one({"AWS": [FIRST, SECOND]}, Condition={"StringEquals": {"aws:PrincipalTag/Team": ["web", "db"]}}),
        one({"AWS": [FIRST, f"arn:aws:iam::{SECOND}:role/root"]}, Condition=TAGGED),
        one({"Service": [FIRST, SECOND]}, Condition=TAGGED),
        one("*", Condition=TAGGED),
        one({"AWS": [FIRST, SECOND]}, Condition=TAGGED, Effect="Deny"),
        one({"AWS": [FIRST, SECOND]}, Condition=TAGGED, Action=["ecr:*"]),
        one({"AWS": [FIRST, SECOND]}, Condition={"StringEquals": {"aws:principalTag/team": "db", **WEB}}),
        one({"AWS": [FIRST, SECOND]}, Condition={"StringEquals": {**WEB, "Aws:PrincipalTag/Team": "web"}}),
        one({"AWS": [FIRST, SECOND]}, Condition={**TAGGED, "Bool": {"aws:SecureTransport": "true"}}),
        one({"AWS": [FIRST, SECOND]}, Condition=TAGGED, NotPrincipal={"AWS": [FIRST]}),
        one({"AWS": [FIRST, SECOND]}, Condition=["web"]),
        one({"AWS": [FIRST, SECOND]}, Condition={"StringEquals": "web"}),
        json.dumps({"Version": "2012-10-17", "Statement": []}),
        "",
        "[]",
        "null",
    ],
)
def test_whatever_lets_in_others_is_another_policy(theirs: str) -> None:
    assert not same_policy(OURS, theirs)


def test_everybody_has_two_names() -> None:
    assert same_policy(one("*", Condition=TAGGED), one({"AWS": "*"}, Condition=TAGGED))
