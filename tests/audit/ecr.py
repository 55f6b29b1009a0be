"""The part of boto3's ECR client that mirrorgen calls, for a simulated world. A page has two images."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from mirrorgen.destinations.ecr.destination import EcrDestination
from mirrorgen.destinations.port import SettingDifference
from mirrorgen.model.targets import Settings
from tests.audit.world import Shelf, World, children

_PAGE = 2
_NOW = datetime.now(UTC)


class _NotFound(ClientError):
    pass


class SimulatedClient:
    """Answers for one world, and notes what a run found there at first.

    Attributes:
        first: digest by tag that each repository held when it was first listed.
    """

    exceptions = SimpleNamespace(RepositoryNotFoundException=_NotFound, ClientError=ClientError)

    def __init__(self, world: World) -> None:
        self._world = world
        self.first: dict[str, Mapping[str, str]] = {}

    def get_paginator(self, operation: str) -> Any:
        return SimpleNamespace(paginate=lambda **asked: getattr(self, f"_{operation}")(**asked))

    def batch_get_image(self, *, imageIds: Sequence[Mapping[str, str]], **_: Any) -> dict[str, Any]:
        self._answer("BatchGetImage")
        return {
            "images": [
                {
                    "imageId": asked,
                    "imageManifest": json.dumps(
                        {"manifests": [{"digest": part} for part in children(asked["imageDigest"]).values()]}
                    ),
                }
                for asked in imageIds
            ]
        }

    def batch_delete_image(
        self, *, repositoryName: str, imageIds: Sequence[Mapping[str, str]], **_: Any
    ) -> dict[str, Any]:
        self._answer("BatchDeleteImage")
        for asked in imageIds:
            self._world.shelves[repositoryName].tags.pop(asked["imageTag"])
        return {}

    def _list_images(self, *, repositoryName: str, filter: Mapping[str, str], **_: Any) -> Iterator[dict[str, Any]]:
        self._answer("ListImages")
        shelf = self._shelf(repositoryName)
        held = shelf.active()
        self.first.setdefault(repositoryName, held)
        if filter.get("imageStatus", "ACTIVE") != "ACTIVE":
            is_archived = filter["imageStatus"] == "ARCHIVED"
            held = {tag: name for tag, name in shelf.tags.items() if is_archived and name in shelf.archived}
        yield from _pages("imageIds", [{"imageTag": tag, "imageDigest": name} for tag, name in held.items()])

    def _describe_images(self, *, repositoryName: str, **_: Any) -> Iterator[dict[str, Any]]:
        self._answer("DescribeImages")
        shelf = self._shelf(repositoryName)
        self.first.setdefault(repositoryName, shelf.active())
        yield from _pages(
            "imageDetails",
            [
                {
                    "imageDigest": name,
                    "imageTags": [tag for tag, named in shelf.tags.items() if named == name],
                    "imagePushedAt": _NOW - timedelta(days=days_old),
                    "imageSizeInBytes": 1,
                    "imageStatus": "ARCHIVED" if name in shelf.archived else "ACTIVE",
                    "imageManifestMediaType": f"application/vnd.oci.image.{'index' if children(name) else 'x'}.v1+json",
                }
                for name, days_old in shelf.images.items()
            ],
        )

    def _describe_repositories(self, **_: Any) -> Iterator[dict[str, Any]]:
        self._answer("DescribeRepositories")
        yield from _pages("repositories", [{"repositoryName": name} for name in self._world.shelves])

    def _shelf(self, name: str) -> Shelf:
        shelf = self._world.shelves.get(name)
        if shelf is None:
            self.first.setdefault(name, {})
            raise _NotFound({"Error": {"Code": "RepositoryNotFoundException", "Message": name}}, "Any")
        return shelf

    def _answer(self, operation: str) -> None:
        if self._world.fault("ecr-throttles", ""):
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, operation)


class SimulatedEcr(EcrDestination):
    """Settings are not what is audited: each repository has those that the list asks for."""

    def differences(self, wanted: Mapping[str, Settings]) -> Mapping[str, tuple[SettingDifference, ...] | None]:
        there = self.strays(()) or ()
        return {name: () if name in there else None for name in wanted}


def _pages(key: str, found: Sequence[Any]) -> Iterator[dict[str, Any]]:
    for start in range(0, len(found) or 1, _PAGE):
        yield {key: list(found[start : start + _PAGE])}
