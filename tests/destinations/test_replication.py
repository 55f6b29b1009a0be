"""Where ECR copies to, and the backfill, against AWS's own description of the API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from mirrorgen.destinations.ecr import destination as destinations
from mirrorgen.destinations.ecr.destination import EcrDestination
from mirrorgen.destinations.ecr.replication import Replication
from mirrorgen.destinations.ecr.target import EcrTarget
from mirrorgen.destinations.kinds import start_backfill
from mirrorgen.destinations.port import RegistryDifferences, SettingDifference
from mirrorgen.errors import ToolFailed
from tests.destinations.stubbed import ACCOUNT, REGION, Ecr

OTHER = "210987654321"
WANTED = Replication(((ACCOUNT, "us-east-1"), (OTHER, REGION)), "mirror")
HERE = {"registryId": ACCOUNT, "region": "us-east-1"}
THERE = {"registryId": OTHER, "region": REGION}
MIRROR = [{"filter": "mirror/", "filterType": "PREFIX_MATCH"}]
ASKED = ({"destinations": [HERE, THERE], "repositoryFilters": MIRROR},)
US = EcrTarget(ACCOUNT, "us-east-1")
BACKFILL = "0f2d4a3c-0000-4000-8000-000000000000"


def asked(status: int, answer: dict[str, Any] | None) -> RegistryDifferences:
    """What is told of a registry that answers this, or nothing, as it comes from the network."""
    client = boto3.client("ecr", region_name=REGION, aws_access_key_id="key", aws_secret_access_key="secret")  # noqa: S106 - nobody is asked
    body: Any = RawBody(json.dumps(answer).encode() if answer else b"")
    answers = [AWSResponse("https://example.com", status, HTTPHeaders(), body)]
    events: Any = client.meta.events
    events.register("before-send.ecr.DescribeRegistry", lambda **_: answers.pop())
    destination = EcrDestination(EcrTarget(ACCOUNT, REGION, replication=WANTED), client, lambda _line: None)
    found = destination.registry_differences()
    assert not answers
    return found


class RawBody(BytesIO):
    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


def differences(*rules: dict[str, Any], **more: Any) -> tuple[SettingDifference, ...]:
    """What is told of a registry with these rules."""
    found = asked(200, {"registryId": ACCOUNT, "replicationConfiguration": {"rules": list(rules), **more}})
    assert not found.untold
    return found.found


def test_how_rules_are_divided_and_ordered_does_not_matter() -> None:
    assert differences({"destinations": [THERE, HERE], "repositoryFilters": MIRROR}) == ()
    split = [{"destinations": [place], "repositoryFilters": MIRROR} for place in (THERE, HERE)]
    assert differences(*split) == ()


def test_what_is_not_replicated_or_more_than_asked_is_told() -> None:
    wanted = f"mirror/ to {ACCOUNT}/us-east-1, mirror/ to {OTHER}/{REGION}"
    assert differences() == (SettingDifference("replication", wanted, "none"),)
    (told,) = differences({"destinations": [HERE, THERE]})
    assert told.found == f"everything to {ACCOUNT}/us-east-1, everything to {OTHER}/{REGION}"
    (told,) = differences(
        {"destinations": [HERE, THERE], "repositoryFilters": MIRROR},
        {"destinations": [HERE], "repositoryFilters": [{"filter": "team/", "filterType": "PREFIX_MATCH"}]},
    )
    assert told.found == f"{wanted.partition(',')[0]}, mirror/ to {OTHER}/{REGION}, team/ to {ACCOUNT}/us-east-1"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"deleteReplication": {"enabled": True}}, 'mirror/ to {} with deleteReplication {{"enabled": true}}'),
        ({"later": {"a": [{"b": "C"}]}}, 'mirror/ to {} with later {{"a": [{{"b": "C"}}]}}'),
        ({"destinations": [{**HERE, "newer": 1}, {**THERE, "newer": 1}]}, "mirror/ to {} with newer 1"),
        (
            {"repositoryFilters": [{"filter": "mirror/", "filterType": "WILDCARD"}]},
            'mirror/ to {} with filterType "WILDCARD"',
        ),
    ],
)
def test_whatever_else_is_set_is_told_also_what_the_sdk_does_not_know(rule: dict[str, Any], said: str) -> None:
    (told,) = differences({"destinations": [HERE, THERE], "repositoryFilters": MIRROR, **rule})
    assert told.found == ", ".join(said.format(place) for place in (f"{ACCOUNT}/us-east-1", f"{OTHER}/{REGION}"))
    # Beside a rule that is as asked, too.
    assert differences(*ASKED, {"destinations": [HERE, THERE], "repositoryFilters": MIRROR, **rule})


def test_a_key_of_the_whole_is_told_and_one_that_says_nothing_is_not() -> None:
    (told,) = differences(*ASKED, mode={"paused": True})
    assert told.found.endswith(', the whole with mode {"paused": true}')
    off: dict[str, Any] = {"deleteReplication": {"enabled": False}, "later": [], "name": ""}
    assert differences({**ASKED[0], **off}, mode=None) == ()


def test_a_rule_of_a_kind_that_nobody_knows_is_a_difference_too() -> None:
    (told,) = differences(*ASKED, {"destinations": [{"bucket": "b"}], "repositoryFilters": [{"tag": "t"}]})
    assert ', everything to ?/? with bucket "b" and tag "t", mirror/ to ' in f", {told.found}"
    (told,) = differences(*ASKED, {"paused": True})
    assert ", everything to ?/? with paused true, mirror/ to " in f", {told.found}"


def test_an_answer_without_a_configuration_is_one_of_no_rules() -> None:
    (nothing,) = differences()
    assert nothing.found == "none"
    without: list[dict[str, Any] | None] = [None, {"registryId": ACCOUNT}, {"replicationConfiguration": None}]
    for answer in without:
        assert asked(200, answer).found == (nothing,)


def test_without_the_right_to_ask_it_is_named() -> None:
    denied = asked(400, {"__type": "AccessDeniedException", "message": "no"})
    reason = "ECR does not tell where it copies to: the right ecr:DescribeRegistry is missing"
    assert denied == RegistryDifferences(untold=(reason,))
    with pytest.raises(ToolFailed, match=r"cannot ask ECR for where it copies to: .*no such thing"):
        asked(400, {"__type": "ValidationException", "message": "no such thing"})


def test_a_registry_of_a_list_without_replication_is_not_asked() -> None:
    ecr = Ecr()
    with ecr.stub:
        assert ecr.destination.registry_differences() == RegistryDifferences()
        ecr.stub.assert_no_pending_responses()


def test_a_backfill_is_started_in_the_registry_that_is_copied_from() -> None:
    ecr = Ecr()
    answer = {"replicationBackfillId": BACKFILL, "registryId": ACCOUNT, "destination": HERE, "status": "PREPARING"}
    ecr.stub.add_response("start_replication_backfill", answer, {"registryId": ACCOUNT, "destination": HERE})
    with ecr.stub:
        assert ecr.destination.start_backfill(US) == f"its backfill {BACKFILL} has been started"
        ecr.stub.assert_no_pending_responses()


def test_it_is_started_in_region_and_account_of_the_first_target(monkeypatch: pytest.MonkeyPatch) -> None:
    ecr, regions, said = Ecr(), [], list[str]()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setattr(destinations, "caller_account", lambda _session: ACCOUNT)

    def client(session: boto3.Session) -> Any:
        regions.append(session.region_name)
        return ecr.destination.client

    monkeypatch.setattr(destinations, "new_client", client)
    answer = {"replicationBackfillId": BACKFILL, "registryId": ACCOUNT, "destination": THERE, "status": "PREPARING"}
    ecr.stub.add_response("start_replication_backfill", answer, {"registryId": ACCOUNT, "destination": THERE})
    first = EcrTarget(ACCOUNT, "eu-central-1", list_name="eu")
    filled = EcrTarget(OTHER, REGION, replicated_from=first)
    environ = {"AWS_REGION": REGION, "AWS_ACCOUNT_ID": OTHER}
    with ecr.stub:
        assert start_backfill(filled, environ, say=said.append).endswith("has been started")
    assert (regions, said) == (["eu-central-1"], ["asking ECR (eu) to replicate what it holds"])


def test_one_that_is_under_way_is_no_failure() -> None:
    ecr = Ecr()
    ecr.refuses("start_replication_backfill", "ReplicationBackfillInProgressException")
    with ecr.stub:
        assert ecr.destination.start_backfill(US) == "an earlier backfill to us-east-1 is not done"


@pytest.mark.parametrize("code", ["AccessDeniedException", "LimitExceededException", "InvalidParameterException"])
def test_a_refused_backfill_is_told(code: str) -> None:
    ecr = Ecr()
    ecr.refuses("start_replication_backfill", code)
    with ecr.stub, pytest.raises(ToolFailed, match=f"cannot ask ECR to replicate what it holds: .*{code}"):
        ecr.destination.start_backfill(US)
