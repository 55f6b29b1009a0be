"""Where ECR itself copies to what is pushed: one configuration for all repositories of an account in a region.

Sources: https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication.html,
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutReplicationConfiguration.html and
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_StartReplicationBackfill.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mirrorgen.destinations.ecr.registry_settings import unlike
from mirrorgen.destinations.port import SettingDifference

if TYPE_CHECKING:
    from mypy_boto3_ecr.client import ECRClient

_ANSWERED = "before-parse.ecr.DescribeRegistry"
"""The SDK's event for an answer as it came."""

_BY_PREFIX = "PREFIX_MATCH"

MAX_DESTINATIONS = 25
"""That Terraform's AWS provider takes; ECR takes more."""


@dataclass(frozen=True, slots=True)
class Replication:
    """Where images are copied to.

    Attributes:
        destinations: account and region of each registry, sorted.
        prefix: first path segments of the repositories that are copied, which keep their names.
    """

    destinations: tuple[tuple[str, str], ...]
    prefix: str

    @property
    def filter(self) -> str:
        """How the names of these repositories begin: with the slash, since ECR compares characters."""
        return f"{self.prefix}/"

    def variable(self) -> list[dict[str, Any]]:
        """Return what Terraform's module takes for it."""
        destinations = [{"region": region, "account_id": account} for account, region in self.destinations]
        return [{"destinations": destinations, "prefixes": [self.filter]}]


def differences(client: ECRClient, wanted: Replication) -> Iterator[SettingDifference]:
    """Ask ECR, and yield what is not as wanted; how rules are divided does not matter."""
    configuration = _configuration(client)
    found = {_said("the whole", more) for more in _others(configuration, "rules")}
    for rule in configuration.get("rules") or ():
        of_rule = [*_others(rule, "destinations", "repositoryFilters")]
        for place in rule.get("destinations") or [{}]:
            for part in rule.get("repositoryFilters") or [{"filter": "", "filterType": _BY_PREFIX}]:
                more = [
                    *of_rule,
                    *_others(place, "registryId", "region"),
                    *_others(part, "filter", filterType=_BY_PREFIX),
                ]
                found.add(_said(_copy(place, part.get("filter") or ""), *more))
    places = ({"registryId": account, "region": region} for account, region in wanted.destinations)
    ours = [_copy(place, wanted.filter) for place in places]
    yield from unlike({"replication": (sorted(ours), sorted(found))})


def start_backfill(client: ECRClient, account_id: str, *, to_account: str, to_region: str) -> str:
    """Let ECR copy what was there before the replication was set, and what it could not copy then.

    Args:
        client: for the region that is copied from.
        account_id: of the registry that is copied from.
        to_account, to_region: of the one that is copied to, which the configuration must name already.

    Returns:
        What is known of it then, the end of a sentence.
    """
    destination = {"registryId": to_account, "region": to_region}
    try:
        begun = client.start_replication_backfill(registryId=account_id, destination=destination)  # type: ignore[arg-type]
    except client.exceptions.ReplicationBackfillInProgressException:
        # There can be one for a region, whichever account of it that is for.
        return f"an earlier backfill to {to_region} is not done"
    return f"its backfill {begun['replicationBackfillId']} has been started"


def _configuration(client: ECRClient) -> Mapping[str, Any]:
    """Ask ECR, and return every key of the configuration: the SDK drops those that are newer than itself."""
    answers: list[bytes] = []

    def keep(response_dict: Mapping[str, Any], **_: object) -> None:
        answers.append(response_dict["body"])

    client.meta.events.register(_ANSWERED, keep)
    try:
        client.describe_registry()
    finally:
        client.meta.events.unregister(_ANSWERED, keep)
    configuration: Mapping[str, Any] = json.loads(answers[-1] or b"{}").get("replicationConfiguration") or {}
    return configuration


def _others(found: Mapping[str, Any], *known: str, **usual: str) -> list[str]:
    """What is set beside the keys that a list asks for, and what of these has another value than is usual."""
    left = {key: value for key, value in found.items() if key not in known and value != usual.get(key)}
    return [f"{key} {json.dumps(value, sort_keys=True)}" for key, value in sorted(left.items()) if _is_set(value)]


def _is_set(value: Any) -> bool:
    """Whether a value says anything: `{"enabled": false}` is what ECR does without it."""
    if isinstance(value, Mapping | list):
        return any(map(_is_set, value.values() if isinstance(value, Mapping) else value))
    return bool(value)


def _said(what: str, *more: str) -> str:
    return f"{what} with {' and '.join(more)}" if more else what


def _copy(place: Mapping[str, Any], beginning: str) -> str:
    return f"{beginning or 'everything'} to {place.get('registryId', '?')}/{place.get('region', '?')}"
