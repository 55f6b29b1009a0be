"""An ECR registry as the target of a list: names, how regsync reaches it, settings and the files for Terraform."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any, ClassVar

from mirrorgen.destinations.ecr import tfvars
from mirrorgen.destinations.ecr.access import MAX_POLICY, pull_problems, pull_words, repository_policy
from mirrorgen.destinations.ecr.lifecycle import lifecycle_problems, lifecycle_rules
from mirrorgen.destinations.ecr.mutability import decide_mutability, unsettled
from mirrorgen.destinations.ecr.registry_scanning import RegistryScanning, scanning_document, scanning_words
from mirrorgen.destinations.ecr.replication import Replication
from mirrorgen.destinations.ecr.settings import (
    EcrSettings,
    RepositorySettings,
    merge_settings,
    settings_document,
    settings_problems,
)
from mirrorgen.errors import UsageError
from mirrorgen.model.images import Entry
from mirrorgen.model.references import is_path
from mirrorgen.model.targets import Generated, Provisioned, Settings, Target, TerraformOptions
from mirrorgen.problems import KeyPath, Problem

MANIFESTS_PER_SECOND = 10
"""PutImage requests that an account may make in a region, unless AWS has raised it: "Rate of PutImage requests" of
https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html."""

PASSWORD_VARIABLE = "ECR_PASSWORD"  # noqa: S105 - the name of a variable
CREDENTIAL_HELPER = "docker-credential-ecr-login"

# The shape RepositoryName of ECR's API is the grammar of references; that of an older page allows single separators:
# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
_OLDER_NAME = re.compile(r"(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*")

# Of AWS's partitions, what regions start with and the domain of their services: partitions.json of botocore, which is
# not at hand where only files are rendered.
_DOMAINS = {
    "cn-": "amazonaws.com.cn",
    "eusc-": "amazonaws.eu",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "eu-isoe-": "cloud.adc-e.uk",
    "us-isof-": "csp.hci.ic.gov",
}
_USUAL_DOMAIN = "amazonaws.com"
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-requests.html: names that have IPv6 addresses, too.
_DUAL_STACK_DOMAINS = ("on.aws", "on.amazonwebservices.com.cn")
_ANY_DOMAIN = "|".join(map(re.escape, (_USUAL_DOMAIN, *_DOMAINS.values(), *_DUAL_STACK_DOMAINS)))

# https://docs.aws.amazon.com/general/latest/gr/ecr.html and
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html: other names under these domains may be
# anybody's, such as those of instances and buckets.
_ADDRESS = re.compile(
    r"(?:[0-9]{12}|vpce-[a-z0-9-]+)\.dkr[.-]ecr(?:-fips)?\.[a-z0-9-]+\.(?:vpce\.)?(?:amazonaws\.com(?:\.cn)?|on\.aws)(?::443)?"
)

# What only a list with several targets says.
_NOT_UNDER_TARGET = frozenset({"list_name", "role", "replication", "replicated_from"})

_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z]+(?:-[a-z0-9]+)+")


@dataclass(frozen=True, slots=True)
class EcrTarget(Target):
    """The registry of an AWS account in a region; None for what is known only when the tools run.

    Attributes:
        account_id: twelve digits.
        region: of AWS.
        auth: how regsync signs in: `credential-helper`, `docker-config` or `environment`.
        endpoint: another address for the same registry.
        terraform: how Terraform makes the repositories.
        list_name: what a list with several targets calls it; otherwise nothing.
        role: ARN of the IAM role to work with; None for the credentials at hand.
        scanning: which images are scanned, of all repositories of the registry; None leaves that alone.
        replication: where ECR copies to what is pushed, for the whole registry; None leaves that alone.
        replicated_from: the target whose registry copies to this one; None where regsync does.
    """

    kind: ClassVar[str] = "ecr"
    is_provisioned: ClassVar[bool] = True

    account_id: str | None = None
    region: str | None = None
    prefix: str = "mirror"
    auth: str = "credential-helper"
    endpoint: str | None = None
    terraform: TerraformOptions = TerraformOptions()  # noqa: RUF009 - it is immutable
    list_name: str = ""
    role: str | None = None
    scanning: RegistryScanning | None = None
    replication: Replication | None = None
    replicated_from: EcrTarget | None = None

    @property
    def credentials(self) -> None:
        """None: a program, Docker's configuration or a variable of its own signs in."""

    @property
    def label(self) -> str:
        """What it is called in a sentence."""
        return f"ECR ({self.list_name})" if self.list_name else "ECR"

    @property
    def manifests_per_second(self) -> int:
        """What AWS allows to begin with."""
        return MANIFESTS_PER_SECOND

    @property
    def host(self) -> str:
        """Host name of the registry; what the list leaves out, regsync fills in when it runs."""
        account = self.account_id or '{{env "AWS_ACCOUNT_ID"}}'
        region = self.region or '{{env "AWS_REGION"}}'
        # https://docs.aws.amazon.com/general/latest/gr/ecr.html
        return f"{account}.dkr.ecr.{region}.{_domain(region)}"

    @property
    def partition(self) -> str:
        """Which of AWS's partitions it is in: accounts and registries of one know nothing of those of another."""
        region = self.region or ""
        return "us-gov" if region.startswith("us-gov-") else _domain(region)

    def named(self, environ: Mapping[str, str]) -> EcrTarget:
        """Return the registry with account and region: those of the list, otherwise of the environment.

        Raises:
            UsageError: one of them is missing, or is none.
        """
        account = self.account_id or environ.get("AWS_ACCOUNT_ID", "")
        region = self.region or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION", "")
        if not _ACCOUNT.fullmatch(account):
            raise _unnamed("account", "account_id", "AWS_ACCOUNT_ID", account)
        if not _REGION.fullmatch(region):
            raise _unnamed("region", "region", "AWS_REGION", region)
        return replace(self, account_id=account, region=region)

    @property
    def identity(self) -> Mapping[str, str]:
        """Host name, and the account and the region that are in it."""
        return {"registry": self.host, "account_id": self.account_id or "", "region": self.region or ""}

    def is_called(self, host: str) -> bool:
        """Whether the host is one of ECR's names for this account and region, as for FIPS and IPv6, or the endpoint."""
        if self.endpoint and host == self.address.lower():
            return True
        if not (self.account_id and self.region):
            return host == self.host
        names = rf"{self.account_id}\.dkr[.-]ecr(?:-fips)?\.{re.escape(self.region)}\.({_ANY_DOMAIN})(?::443)?"
        return re.fullmatch(names, host) is not None

    @property
    def signs_in_with(self) -> tuple[str, ...]:
        """The variable for ECR's password, which stands for it also where a helper or Docker's configuration has it."""
        return (PASSWORD_VARIABLE,)

    def is_own(self, address: str) -> bool:
        """Whether the address is one of ECR itself, such as an endpoint in a VPC."""
        return address == self.host or _ADDRESS.fullmatch(address) is not None

    def played_at(self, endpoint: str) -> EcrTarget:
        """Return the same registry, which is reached there; what signs in to the real one may not be at hand."""
        return replace(self, endpoint=endpoint, auth="credential-helper", role=None)

    def sign_in(self) -> dict[str, Any]:
        """Return what regsync's configuration says of the host, besides its name."""
        entry: dict[str, Any] = {}
        if self.auth == "credential-helper":
            entry["credHelper"] = CREDENTIAL_HELPER
        elif self.auth == "environment":
            entry["user"] = "AWS"
            entry["pass"] = f'{{{{env "{PASSWORD_VARIABLE}"}}}}'
        if self.endpoint:
            scheme, _, address = self.endpoint.partition("://")
            entry["hostname"] = address
            if scheme == "http":
                entry["tls"] = "disabled"
        return entry

    @property
    def signs_in_once(self) -> bool:
        """Whether what signs in to it is in a variable that has no room for a second registry."""
        return self.auth == "environment"

    @property
    def variables(self) -> Mapping[str, str]:
        """Environment variables that must be set before anything runs, each with the reason."""
        return {PASSWORD_VARIABLE: "target.auth is environment"} if self.auth == "environment" else {}

    @property
    def programs(self) -> tuple[str, ...]:
        """Programs that regsync needs to sign in."""
        return (CREDENTIAL_HELPER,) if self.auth == "credential-helper" else ()

    def name_trouble(self, name: str) -> str | None:
        """Say which names ECR takes, if it refuses this one for a repository."""
        if 2 <= len(name) <= 256 and is_path(name):
            return None
        return "2 to 256 characters: lower-case letters and digits, joined by `.`, `_`, `__`, dashes or `/`"

    def name_doubt(self, name: str) -> str | None:
        """Say what speaks against a name that ECR is said to take."""
        if _OLDER_NAME.fullmatch(name):
            return None
        return "ECR's API allows `__` and runs of `-`, and an older page of its documentation does not"

    def default_settings(self) -> EcrSettings:
        """Return the settings of a repository for which a list asks nothing."""
        return EcrSettings()

    def read_settings(
        self, base: Settings, data: Mapping[str, Any], path: KeyPath
    ) -> tuple[EcrSettings, list[Problem]]:
        """Merge what stands under `ecr` into `base`, key by key."""
        assert isinstance(base, EcrSettings)
        raw = data.get("ecr")
        if not raw:
            return base, []
        settings, problems = merge_settings(base, raw), list(settings_problems(raw, (*path, "ecr")))
        if "pull" in raw:
            problems += pull_problems(settings.pull, (*path, "ecr", "pull"), account_id=self.account_id)
        return settings, problems

    def write_settings(self, settings: Settings) -> dict[str, Any]:
        """Return the keys of an entry that `read_settings` reads as these settings."""
        assert isinstance(settings, EcrSettings)
        return {"ecr": settings_document(settings)}

    def who_may_pull(self, settings: Settings) -> str:
        """Say who may pull besides the account of the registry; nothing for nobody else."""
        assert isinstance(settings, EcrSettings)
        return pull_words(settings.pull)

    @property
    def registry_settings(self) -> Mapping[str, str]:
        """Say what is scanned, who works there and how, and whether a lock holds repositories; not what is usual."""
        said = {
            "scanning": scanning_words(self.scanning) if self.scanning else "",
            "role": self.role or "",
            "auth": "" if self.auth == "credential-helper" else self.auth,
            "terraform.prevent_destroy": "true" if self.terraform.prevent_destroy else "",
        }
        return {key: words for key, words in said.items() if words}

    def document(self) -> dict[str, Any]:
        """Return what stands under `target` for this one."""
        document = {key: value for key, value in asdict(self).items() if value is not None}
        said = {key: value for key, value in document.items() if key not in _NOT_UNDER_TARGET}
        return {**said, "scanning": scanning_document(self.scanning)} if self.scanning else said

    def decide(self, entries: Sequence[Entry]) -> tuple[RepositorySettings, list[Problem]]:
        """Decide mutability and lifecycle of a repository from what the entries that fill it ask for."""
        asked = entries[0].image.settings
        assert isinstance(asked, EcrSettings)
        mutability, problems = decide_mutability(entries, asked)
        lifecycle = lifecycle_rules(entries, asked.lifecycle)
        problems += lifecycle_problems(entries, asked.lifecycle, lifecycle)
        problems += unsettled(entries, asked, mutability)
        policy = repository_policy(asked.pull, account_id=self.account_id, region=self.region)
        if policy and len(policy) > MAX_POLICY:
            message = f"the policy that lets others pull has {len(policy):,} characters; ECR takes {MAX_POLICY:,}"
            place = (*entries[0].image.path, "ecr", "pull")
            problems.append(Problem("bad-pull", message, place, "name an organization instead of its accounts"))
        decided = RepositorySettings(mutability, asked.scan_on_push, asked.encryption, lifecycle, asked.tags, policy)
        return decided, problems

    def generated(self, repositories: Sequence[Provisioned]) -> Mapping[str, Generated | None]:
        """Return the variables of the Terraform module, and the override files where they are needed."""
        return tfvars.generated(
            self.account_id,
            self.region,
            repositories,
            self.terraform,
            scanning=self.scanning,
            replication=self.replication,
            list_name=self.list_name,
        )


@cache
def _domain(region: str) -> str:
    return next((known for start, known in _DOMAINS.items() if region.startswith(start)), _USUAL_DOMAIN)


def _unnamed(what: str, key: str, variable: str, found: str) -> UsageError:
    said = (
        f"{variable} is {found!r}, which is no {what} of AWS" if found else f"neither the list nor {variable} says it"
    )
    return UsageError(f"the {what} of the ECR registry is not known: {said}", hint=f"set {variable}, or target.{key}")
