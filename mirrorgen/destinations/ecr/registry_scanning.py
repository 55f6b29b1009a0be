"""Which images ECR scans: one configuration for all repositories of an account in a region.

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutRegistryScanningConfiguration.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mirrorgen.destinations.ecr.registry_settings import unlike
from mirrorgen.destinations.port import SettingDifference
from mirrorgen.problems import KeyPath, Problem

if TYPE_CHECKING:
    from mypy_boto3_ecr.client import ECRClient

BASIC, ENHANCED = "BASIC", "ENHANCED"
_ON_PUSH, _CONTINUOUS = "SCAN_ON_PUSH", "CONTINUOUS_SCAN"

# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_RegistryScanningRule.html
_MAX_FILTERS = 100


@dataclass(frozen=True, slots=True)
class RegistryScanning:
    """What is scanned without being asked for.

    Attributes:
        type: `BASIC`, or `ENHANCED` by Amazon Inspector.
        on_push: names of repositories, in which `*` stands for anything, whose images are scanned when they arrive;
            sorted.
        continuous: those whose images are scanned again whenever a vulnerability becomes known; sorted.
    """

    type: str
    on_push: tuple[str, ...] = ()
    continuous: tuple[str, ...] = ()

    def variable(self) -> dict[str, Any]:
        """Return what Terraform's module takes for it."""
        rules = {_ON_PUSH: self.on_push, _CONTINUOUS: self.continuous}
        return {
            "type": self.type,
            "rules": [{"frequency": key, "filters": list(filters)} for key, filters in rules.items() if filters],
        }


def read_scanning(data: Mapping[str, Any]) -> RegistryScanning | None:
    """Build it from what stands under `scanning`; None where the type cannot be read."""
    if "type" not in data:
        return None
    on_push, continuous = (tuple(sorted(set(data.get(key) or ()) - {None})) for key in ("on_push", "continuous"))
    return RegistryScanning(data["type"], on_push, continuous)


def scanning_document(scanning: RegistryScanning) -> dict[str, Any]:
    """Return what stands under `scanning` for it."""
    filters = {"on_push": list(scanning.on_push), "continuous": list(scanning.continuous)}
    return {"type": scanning.type, **{key: value for key, value in filters.items() if value}}


def scanning_words(scanning: RegistryScanning) -> str:
    """Say what is scanned, in one line."""
    filters = {"on push": scanning.on_push, "continuously": scanning.continuous}
    said = [f"{when} {', '.join(names)}" for when, names in filters.items() if names]
    return "; ".join([scanning.type, *(said or ["nothing by itself"])])


def scanning_problems(data: Mapping[str, Any], path: KeyPath) -> Iterator[Problem]:
    """Yield what ECR would refuse of what stands under `scanning`, as far as the check of the shape left it."""
    for key in ("on_push", "continuous"):
        if len(data.get(key) or ()) > _MAX_FILTERS:
            message = f"{len(data[key])} filters; ECR takes {_MAX_FILTERS}"
            yield Problem("bad-scanning", message, (*path, key), "write wider filters, such as mirror/*")
    if data.get("type") == BASIC and "continuous" in data:
        message = "basic scanning looks at an image once, and not continuously"
        yield Problem("bad-scanning", message, (*path, "continuous"), "write type: ENHANCED, or on_push", on_key=True)
    if data.get("type") == ENHANCED and not data.keys() & {"on_push", "continuous"}:
        message = "nothing says which repositories are scanned, and ECR would keep the filters that it has"
        yield Problem("bad-scanning", message, path, 'add on_push or continuous: ["*"] is every repository')


def differences(client: ECRClient, wanted: RegistryScanning) -> Iterator[SettingDifference]:
    """Ask ECR, and yield what is not as wanted."""
    found = client.get_registry_scanning_configuration()["scanningConfiguration"]
    filters: dict[str, list[str]] = {_ON_PUSH: [], _CONTINUOUS: []}
    for rule in found.get("rules", ()):
        filters.setdefault(rule["scanFrequency"], []).extend(each["filter"] for each in rule["repositoryFilters"])
    both: dict[str, tuple[list[str], list[str]]] = {
        # A registry that nobody has set up has basic scanning.
        "scanning": ([wanted.type], [found.get("scanType", BASIC)]),
        "scan on push": (list(wanted.on_push), sorted(filters[_ON_PUSH])),
        "continuous scan": (list(wanted.continuous), sorted(filters[_CONTINUOUS])),
    }
    yield from unlike(both)
