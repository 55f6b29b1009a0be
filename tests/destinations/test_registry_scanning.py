"""What is scanned, asked of moto, and held against AWS's own description of the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from mirrorgen.destinations.ecr.destination import EcrDestination
from mirrorgen.destinations.ecr.registry_scanning import RegistryScanning
from mirrorgen.destinations.ecr.target import EcrTarget
from mirrorgen.destinations.port import RegistryDifferences, SettingDifference
from mirrorgen.errors import ToolFailed

ACCOUNT, REGION = "123456789012", "eu-west-1"
WANTED = RegistryScanning("ENHANCED", on_push=("*",), continuous=("base", "mirror/*"))


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with mock_aws():
        yield boto3.client("ecr", region_name=REGION)


def destination(client: Any, scanning: RegistryScanning | None = WANTED) -> EcrDestination:
    return EcrDestination(EcrTarget(ACCOUNT, REGION, scanning=scanning), client, lambda _line: None)


def rule(frequency: str, *filters: str) -> dict[str, object]:
    named = [{"filter": each, "filterType": "WILDCARD"} for each in filters]
    return {"scanFrequency": frequency, "repositoryFilters": named}


def test_a_registry_that_nobody_has_set_up_has_basic_scanning_of_nothing(client: Any) -> None:
    assert destination(client).registry_differences().found == (
        SettingDifference("scanning", "ENHANCED", "BASIC"),
        SettingDifference("scan on push", "*", "none"),
        SettingDifference("continuous scan", "base, mirror/*", "none"),
    )
    assert destination(client, RegistryScanning("BASIC")).registry_differences().found == ()


def test_the_order_of_rules_and_filters_does_not_matter(client: Any) -> None:
    rules = [rule("CONTINUOUS_SCAN", "mirror/*", "base"), rule("SCAN_ON_PUSH", "*")]
    client.put_registry_scanning_configuration(scanType="ENHANCED", rules=rules)
    assert destination(client).registry_differences().found == ()


def test_each_difference_is_told(client: Any) -> None:
    rules = [rule("SCAN_ON_PUSH", "*"), rule("CONTINUOUS_SCAN", "base")]
    client.put_registry_scanning_configuration(scanType="ENHANCED", rules=rules)
    told = SettingDifference("continuous scan", "base, mirror/*", "base")
    assert destination(client).registry_differences().found == (told,)


def test_a_list_that_says_nothing_of_it_asks_nothing(client: Any) -> None:
    with Stubber(client) as stub:
        assert destination(client, None).registry_differences().found == ()
        stub.assert_no_pending_responses()


def test_without_the_right_to_ask_it_is_named(client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("get_registry_scanning_configuration", "AccessDeniedException", "no", 400)
        found = destination(client).registry_differences()
    reason = "ECR does not tell what it scans: the right ecr:GetRegistryScanningConfiguration is missing"
    assert found == RegistryDifferences(untold=(reason,))


def test_one_that_cannot_be_asked_is_not_taken_for_one_that_may_not_be(client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("get_registry_scanning_configuration", "ServerException", "no", 400)
        with pytest.raises(ToolFailed, match=r"cannot ask ECR for what it scans: .*ServerException"):
            destination(client).registry_differences()
