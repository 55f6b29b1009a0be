"""ECR as AWS's own description of it has it: botocore's Stubber checks what is asked and what is answered."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.stub import Stubber

from mirrorgen.destinations.ecr.destination import EcrDestination
from mirrorgen.destinations.ecr.target import EcrTarget
from mirrorgen.destinations.port import StoredImage

ACCOUNT, REGION, NAME = "123456789012", "eu-west-1", "mirror/quay/org/image"
OF_REPOSITORY = {"registryId": ACCOUNT, "repositoryName": NAME}
PUSHED = datetime(2026, 1, 31, tzinfo=UTC)
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
ACCEPTED = [INDEX, "application/vnd.docker.distribution.manifest.list.v2+json"]


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


def detail(number: int, **others: Any) -> dict[str, Any]:
    known = {"imageDigest": digest(number), "imagePushedAt": PUSHED, "imageManifestMediaType": MANIFEST}
    return {**known, "imageSizeInBytes": 100, **others}


class Ecr:
    """A destination, and the requests that AWS expects of it."""

    def __init__(self) -> None:
        client = boto3.client(
            "ecr",
            region_name=REGION,
            aws_access_key_id="key",
            aws_secret_access_key="secret",  # noqa: S106 - nobody is asked
            config=Config(retries={"total_max_attempts": 1}),
        )
        self.stub = Stubber(client)
        self.destination = EcrDestination(EcrTarget(account_id=ACCOUNT, region=REGION), client, lambda _line: None)

    def answers(self, operation: str, answer: dict[str, Any], **asked: Any) -> None:
        self.stub.add_response(operation, answer, {**OF_REPOSITORY, **asked})

    def refuses(self, operation: str, code: str) -> None:
        self.stub.add_client_error(operation, code, "no", 400)

    def describes(self, *details: dict[str, Any]) -> None:
        self.answers("describe_images", {"imageDetails": list(details)}, filter={"imageStatus": "ANY"})

    def shows(self, indexes: dict[int, list[int]], *, refused: dict[int, str] | None = None) -> None:
        """Answer for the manifests of indexes."""
        self.answers(
            "batch_get_image",
            {
                "images": [
                    {
                        "imageId": {"imageDigest": digest(index)},
                        "imageManifest": json.dumps({"manifests": [{"digest": digest(part)} for part in parts]}),
                    }
                    for index, parts in indexes.items()
                ],
                "failures": [
                    {"imageId": {"imageDigest": digest(index)}, "failureCode": code, "failureReason": "no"}
                    for index, code in (refused or {}).items()
                ],
            },
            imageIds=[{"imageDigest": digest(index)} for index in sorted({*indexes, *(refused or {})})],
            acceptedMediaTypes=ACCEPTED,
        )

    def images(self, **options: bool) -> tuple[StoredImage, ...]:
        images = self.destination.images([NAME], **options)[NAME]
        assert images is not None
        return images
