"""What ECR gives to somebody who pulls: an image, and of an index each image that it names."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mirrorgen.destinations.ecr.api import MAX_BATCH
from mirrorgen.destinations.port import Pullable
from mirrorgen.errors import ToolFailed
from mirrorgen.model.references import is_digest
from mirrorgen.tools.manifests import Named, read_manifest

if TYPE_CHECKING:
    from mypy_boto3_ecr.client import ECRClient
    from mypy_boto3_ecr.type_defs import ImageIdentifierTypeDef

_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)

# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageFailure.html: the last is said of what is archived.
_ABSENT = {"ImageNotFound": "", "ImageInaccessible": "ECR keeps it where nobody can pull it"}


@dataclass(frozen=True, slots=True)
class _Answer:
    """What ECR has under a tag or a digest: its digest, nothing where it gives nothing; and what that names."""

    digest: str
    parts: tuple[Named, ...] = ()
    reason: str = ""


def pullable(client: ECRClient, account_id: str, repository: str, names: Collection[str]) -> Mapping[str, Pullable]:
    """Ask for images by tag or digest, and for all that indexes name.

    Raises:
        ToolFailed: ECR does not say whether it has one of them.
    """
    answers: dict[str, _Answer] = {}
    waiting = list(names)
    try:
        while waiting:
            for start in range(0, len(waiting), MAX_BATCH):
                answers |= _ask(client, account_id, repository, waiting[start : start + MAX_BATCH])
            named = dict.fromkeys(part.digest for answer in answers.values() for part in answer.parts)
            waiting = [digest for digest in named if digest not in answers]
    except client.exceptions.RepositoryNotFoundException:
        return dict.fromkeys(names, Pullable("", reason="ECR has no such repository"))
    return {name: _pullable(answers[name], answers) for name in names}


def _ask(client: ECRClient, account_id: str, repository: str, names: Sequence[str]) -> dict[str, _Answer]:
    """Ask for some at once; what the answer does not name is asked for alone, where there is no doubt what is meant."""
    ids: list[ImageIdentifierTypeDef] = [
        {"imageDigest": name} if is_digest(name) else {"imageTag": name} for name in names
    ]
    answer = client.batch_get_image(
        repositoryName=repository, registryId=account_id, imageIds=ids, acceptedMediaTypes=list(_TYPES)
    )
    found: dict[str, _Answer] = {}
    for image in answer.get("images", ()):
        parts = tuple(part for part in read_manifest(image["imageManifest"]).named if not part.is_blob)
        known = _Answer(image["imageId"]["imageDigest"], parts)
        found |= dict.fromkeys(_meant(image["imageId"], names), known)
    for failure in answer.get("failures", ()):
        code = failure["failureCode"]
        if code not in _ABSENT:
            raise ToolFailed(f"cannot ask ECR for {repository}: {code}: {failure.get('failureReason', '')}")
        found |= {name: _Answer("", reason=_ABSENT[code]) for name in _meant(failure["imageId"], names)}
    silent = [name for name in names if name not in found]
    if silent and len(names) == 1:
        raise ToolFailed(f"cannot ask ECR for {repository}: it says nothing of {silent[0]}")
    for name in silent:
        found |= _ask(client, account_id, repository, [name])
    return found


def _meant(said: ImageIdentifierTypeDef, names: Sequence[str]) -> list[str]:
    """What an answer is about: all that was asked for, where that is one, otherwise what it names."""
    said_names = (said.get("imageDigest"), said.get("imageTag"))
    return [name for name in names if len(names) == 1 or name in said_names]


def _pullable(answer: _Answer, answers: Mapping[str, _Answer]) -> Pullable:
    return Pullable(answer.digest, tuple(dict.fromkeys(_lacking(answer, answers))), answer.reason)


def _lacking(answer: _Answer, answers: Mapping[str, _Answer]) -> Iterator[str]:
    """What an index names, also through another one, and ECR does not give."""
    for part in answer.parts:
        found = answers[part.digest]
        if not found.digest:
            yield part.platform or part.digest
        yield from _lacking(found, answers)
