"""The ECR registry of one account in one region, which the credentials at hand belong to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from mirrorgen.destinations.ecr import comparing, pulling, registry_scanning, replication, scanning, stored
from mirrorgen.destinations.ecr.api import (
    MAX_BATCH,
    ask_each,
    asking,
    caller_account,
    new_client,
    new_session,
    unless_denied,
    with_role,
)
from mirrorgen.destinations.ecr.describing import asks_for_policy, describe
from mirrorgen.destinations.ecr.expiry import expire
from mirrorgen.destinations.ecr.settings import RepositorySettings
from mirrorgen.destinations.ecr.target import EcrTarget
from mirrorgen.destinations.port import (
    Described,
    Footprint,
    Holdings,
    Pullable,
    RegistryDifferences,
    SettingDifference,
    StoredImage,
)
from mirrorgen.errors import UsageError
from mirrorgen.model.images import Image
from mirrorgen.model.targets import Settings

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_ecr.client import ECRClient


_OTHER_CREDENTIALS = (
    *("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE"),
    *("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_SECURITY_TOKEN"),
)


def open_ecr(target: EcrTarget, environ: Mapping[str, str], *, say: Callable[[str], None]) -> EcrDestination:
    """Resolve account and region, and compare the account with that of the credentials.

    The account is that of the list, otherwise AWS_ACCOUNT_ID, otherwise that of the credentials; the region is that
    of the list, of the environment, or of the AWS profile.

    Raises:
        ToolUnusable: boto3 is not installed.
        UsageError: there are no credentials or no region, or the credentials belong to another account.
        ToolFailed: AWS cannot be asked.
    """
    session = new_session(target.region or environ.get("AWS_REGION"))
    if target.role:
        say(f"taking on {target.role}")
        session = with_role(session, target.role)
    signed_in = caller_account(session)
    wanted = target.account_id or environ.get("AWS_ACCOUNT_ID") or signed_in
    if wanted != signed_in:
        where = "target.account_id of the list" if target.account_id else "AWS_ACCOUNT_ID"
        message = f"{where} is {wanted}, but the AWS credentials belong to the account {signed_in}"
        raise UsageError(message, hint="sign in to the other account, or name this one; nothing was done")
    bound = replace(target, account_id=signed_in, region=session.region_name)
    return EcrDestination(bound, new_client(session), say, _variables(session) if target.role else {}, target)


def _variables(session: boto3.Session) -> Mapping[str, str]:
    """Return the variables by which programs work as the session does."""
    credentials = session.get_credentials()
    assert credentials
    frozen = credentials.get_frozen_credentials()
    return {
        "AWS_ACCESS_KEY_ID": frozen.access_key or "",
        "AWS_SECRET_ACCESS_KEY": frozen.secret_key or "",
        "AWS_SESSION_TOKEN": frozen.token or "",
    }


@dataclass(frozen=True, slots=True)
class EcrDestination:
    """An ECR registry; see `mirrorgen.destinations.port.Destination`.

    Attributes:
        target: with account and region.
        client: for the region, with credentials of the account.
        say: told what is asked.
        role_variables: with the credentials of the role that was taken on; none where it was none.
        listed: as the list has it, which may leave account and region out; None where that is `target` itself.
    """

    target: EcrTarget
    client: ECRClient
    say: Callable[[str], None]
    role_variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    listed: EcrTarget | None = None

    @property
    def tells_age(self) -> bool:
        """ECR knows when an image was pushed."""
        return True

    @property
    def environment(self) -> Mapping[str, str]:
        """Account and region, for regsync's configuration and for Terraform; and who works there, if it is a role."""
        return {"AWS_ACCOUNT_ID": self._account, "AWS_REGION": self.target.region or "", **self.role_variables}

    @property
    def displaced(self) -> Collection[str]:
        """Ways to other credentials, where a role has been taken on."""
        return _OTHER_CREDENTIALS if self.role_variables else ()

    @property
    def _account(self) -> str:
        return self.target.account_id or ""

    def held(self, wanted: Mapping[str, Collection[str]]) -> Holdings:
        """List all tags of repositories."""
        self.say("asking ECR which tags it holds")
        return ask_each(wanted, lambda name: stored.tags(self.client, self._account, name))

    def why_absent(self, repository: str, tags: Collection[str]) -> Mapping[str, str]:
        """Look for tags among the archived images, which the usual list leaves out."""
        with asking("ECR for archived images"):
            archived = stored.archived_tags(self.client, self._account, repository)
        reason = "ECR has archived its image; restore it with `aws ecr update-image-storage-class`"
        return {tag: reason for tag in tags if tag in archived}

    def pullable(self, wanted: Mapping[str, Collection[str]]) -> Mapping[str, Mapping[str, Pullable]]:
        """Get the manifest of each image, and of each that an index names."""
        self.say("asking ECR for each image and each of its platforms")
        return ask_each(wanted, lambda name: pulling.pullable(self.client, self._account, name, wanted[name]))

    def images(self, names: Iterable[str], *, findings: bool = False) -> Mapping[str, tuple[StoredImage, ...] | None]:
        """Describe every image, archived ones among them, and which images each index names."""
        self.say("asking ECR which images it holds" + (" and what its scans found" if findings else ""))
        held = ask_each(names, lambda name: stored.images(self.client, self._account, name))
        if not findings:
            return held
        untold = {
            (name, image.digest): image
            for name, images in held.items()
            for image in images or ()
            if scanning.is_untold(image)
        }
        results = ask_each(untold, lambda key: scanning.ask(self.client, self._account, key[0], untold[key]))
        return {
            name: None if images is None else tuple(results.get((name, image.digest), image) for image in images)
            for name, images in held.items()
        }

    def differences(self, wanted: Mapping[str, Settings]) -> Mapping[str, tuple[SettingDifference, ...] | None]:
        """Compare mutability, scanning, encryption, policies and resource tags."""
        self.say("asking ECR for the settings of the repositories")

        def compare(name: str) -> tuple[SettingDifference, ...] | None:
            ours = _decided(wanted[name])
            with_policy = ours.repository_policy is not None
            found = comparing.settings_of(self.client, self._account, name, with_policy=with_policy)
            return None if found is None else tuple(comparing.differences(ours, found))

        return ask_each(wanted, compare)

    def describe(self, images: Mapping[str, Image]) -> Mapping[str, Described | None]:
        """Ask for the settings of each, and look for the keys that ask for the same."""
        self.say("asking ECR for the settings of the repositories")

        def described(name: str) -> Described | None:
            image = images[name]
            with_policy = asks_for_policy(image)
            found = comparing.settings_of(self.client, self._account, name, with_policy=with_policy)
            return None if found is None else describe(self.listed or self.target, image, found)

        return ask_each(images, described)

    def with_lifecycle(self, names: Iterable[str]) -> frozenset[str]:
        """Ask for each policy."""
        found = ask_each(names, lambda name: comparing.lifecycle_of(self.client, self._account, name))
        return frozenset(name for name, rules in found.items() if rules)

    def with_repository_policy(self, names: Iterable[str]) -> frozenset[str]:
        """Ask for each policy."""
        found = ask_each(names, lambda name: comparing.policy_of(self.client, self._account, name))
        return frozenset(name for name, policy in found.items() if policy)

    def registry_differences(self) -> RegistryDifferences:
        """Ask what is scanned and where images go to, each of which takes a right of its own, if the list says it."""
        scanning, copying = self.target.scanning, self.target.replication
        found: list[SettingDifference] = []
        untold: list[str] = []

        def ask(what: str, right: str, compare: Callable[[], Iterable[SettingDifference]]) -> None:
            with asking(f"ECR for {what}"):
                differences = unless_denied(lambda: tuple(compare()))
            if differences is None:
                untold.append(f"ECR does not tell {what}: the right {right} is missing")
            found.extend(differences or ())

        if scanning:
            right = "ecr:GetRegistryScanningConfiguration"
            ask("what it scans", right, lambda: registry_scanning.differences(self.client, scanning))
        if copying:
            ask("where it copies to", "ecr:DescribeRegistry", lambda: replication.differences(self.client, copying))
        return RegistryDifferences(tuple(found), tuple(untold))

    def start_backfill(self, other: EcrTarget) -> str:
        """Let ECR copy to another registry what it holds already; see `replication.start_backfill`.

        Raises:
            ToolFailed: ECR cannot be asked, or refuses.
        """
        account, region = other.account_id or "", other.region or ""
        with asking("ECR to replicate what it holds"):
            return replication.start_backfill(self.client, self._account, to_account=account, to_region=region)

    def strays(self, names: Collection[str], *, below: str | None = None) -> tuple[str, ...] | None:
        """List the repositories of the account below a path, which takes a right of its own."""
        path = self.target.prefix if below is None else below
        if not path:
            return None
        with asking("ECR for its repositories"):
            found = stored.repositories(self.client, self._account, f"{path}/")
        return None if found is None else tuple(sorted(set(found) - set(names)))

    def footprints(self, names: Iterable[str]) -> Mapping[str, Footprint]:
        """Describe every image of each repository, and add up; no manifest is asked for."""
        return ask_each(names, lambda name: stored.footprint(self.client, self._account, name))

    def expiring(self, settings: Settings, images: Sequence[StoredImage], *, now: datetime) -> Mapping[str, str]:
        """Evaluate the lifecycle rules that the list asks for."""
        gone = expire(_decided(settings).lifecycle, images, now=now)
        return {expiry.image.digest: str(expiry.rule.priority) for expiry in gone}

    def delete(self, repository: str, tags: Sequence[tuple[str, str]]) -> Mapping[str, str]:
        """Delete tags in batches."""
        refused: dict[str, str] = {}
        with asking(f"ECR to delete tags of {repository}"):
            for start in range(0, len(tags), MAX_BATCH):
                refused |= stored.delete(self.client, self._account, repository, tags[start : start + MAX_BATCH])
        return refused

    def delete_images(self, repository: str, images: Sequence[StoredImage]) -> Mapping[str, str]:
        """Delete images with all their tags, each index before what it names, as ECR wants it.

        Returns:
            Why ECR refused, by digest; empty if none of them is left.

        Raises:
            ToolFailed: ECR cannot be asked.
        """
        refused: dict[str, str] = {}
        with asking(f"ECR to delete the images of {repository}"):
            for digests in stored.in_order_of_deletion(images):
                refused |= stored.delete_images(self.client, self._account, repository, digests)
        return refused


def _decided(settings: Settings) -> RepositorySettings:
    assert isinstance(settings, RepositorySettings)
    return settings
