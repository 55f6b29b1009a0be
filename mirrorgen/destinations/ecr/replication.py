"""Where ECR itself copies to what is pushed: one configuration for all repositories of an account in a region.

Sources: https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication.html,
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutReplicationConfiguration.html and
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_StartReplicationBackfill.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mirrorgen.destinations.ecr.registry_settings import unlike
from mirrorgen.destinations.port import SettingDifference

if TYPE_CHECKING:
    from mypy_boto3_ecr.client import ECRClient

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
    rules = client.describe_registry().get("replicationConfiguration", {"rules": []})["rules"]
    found = {
        _said(each["registryId"], each["region"], beginning)
        for rule in rules
        for each in rule["destinations"]
        for beginning in [part["filter"] for part in rule.get("repositoryFilters", ())] or [""]
    }
    ours = [_said(account, region, wanted.filter) for account, region in wanted.destinations]
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


def _said(account: str, region: str, beginning: str) -> str:
    return f"{beginning or 'everything'} to {account}/{region}"
