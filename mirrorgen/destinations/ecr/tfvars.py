"""What Terraform is given for the repositories; terraform/variables.tf declares exactly these variables."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from mirrorgen.destinations.ecr.registry_scanning import RegistryScanning
from mirrorgen.destinations.ecr.replication import Replication
from mirrorgen.destinations.ecr.rules import policy_text
from mirrorgen.destinations.ecr.settings import RepositorySettings
from mirrorgen.model.targets import Generated, Provisioned, TerraformOptions

TFVARS = "terraform/terraform.tfvars.json"
EXCLUSIONS = "terraform/modules/repositories/exclusions_override.tf"
PROTECTION = "terraform/modules/repositories/protection_override.tf"
_FORMER_EXCLUSIONS = "terraform/exclusions_override.tf"
_BETWEEN_SOURCES = ", "


def variables_file(list_name: str) -> str:
    """Return which file has the variables of a target: one that Terraform finds itself, or one with its name."""
    return f"terraform/{list_name}.tfvars.json" if list_name else TFVARS


def generated(
    account_id: str | None,
    region: str | None,
    repositories: Sequence[Provisioned],
    options: TerraformOptions,
    *,
    scanning: RegistryScanning | None = None,
    replication: Replication | None = None,
    list_name: str = "",
) -> Mapping[str, Generated | None]:
    """Return the module's variables, and the override files when, and only when, they are needed.

    One of several targets does not say that an override file must not be there: another may need it.

    The block of exclusion filters is in a file of its own because AWS provider 5 does not know it, and would refuse
    the module; the lock against destruction, because Terraform takes no variable for it.
    """
    settings = [(repository, _settings(repository)) for repository in repositories]
    document = {
        "account_id": account_id,
        "region": region,
        "scanning": scanning.variable() if scanning else None,
        "replication": replication.variable() if replication else None,
        "mirrored_images": [_image(repository, wanted) for repository, wanted in settings],
    }
    needed = any(wanted.mutability.exclusions for _, wanted in settings)
    overrides = {
        EXCLUSIONS: Generated("exclusions_override.tf.j2", None) if needed else None,
        PROTECTION: Generated("protection_override.tf.j2", None) if options.prevent_destroy else None,
    }
    return {
        variables_file(list_name): Generated("terraform.tfvars.json.j2", document),
        **{name: file for name, file in overrides.items() if file or not list_name},
        # The repositories have moved into a module of their own, and Terraform refuses to override what is not there.
        _FORMER_EXCLUSIONS: None,
    }


def filled_from(outputs: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return what filled each repository at the last apply, by its name, as the module's outputs say it.

    Args:
        outputs: values by name, as Terraform's state has them.
    """
    repositories = outputs.get("repositories")
    if not isinstance(repositories, Mapping):
        return {}
    return {
        name: tuple(str(said["source"]).split(_BETWEEN_SOURCES))
        for name, said in repositories.items()
        if isinstance(said, Mapping) and said.get("source")
    }


def interim(
    document: Mapping[str, Any],
    *,
    staying: Mapping[str, Sequence[str]],
    refilled: Mapping[str, Sequence[str]],
    absent: Collection[str],
) -> dict[str, Any]:
    """Return variables for the time in which repositories have their old name and their new one.

    They are for a plan that changes a few resources alone. The others have to be named, so that the module's outputs go
    on to say what filled them; what else is said of those that have left the list is of no account.

    Args:
        document: the variables of the list, with at least one repository that is not absent.
        staying: what filled the repositories that are there and have left the list, by their name.
        refilled: from what those of the list are filled that get their images from other repositories, by their name.
        absent: names of the list's repositories that are not there, and are not to be made.
    """
    images = [
        {**image, "source": _BETWEEN_SOURCES.join(refilled.get(image["repository"], [image["source"]]))}
        for image in document["mirrored_images"]
        if image["repository"] not in absent
    ]
    left = [
        {**images[0], "source": _BETWEEN_SOURCES.join(sources), "repository": name} for name, sources in staying.items()
    ]
    return {"mirrored_images": sorted([*images, *left], key=lambda image: str(image["repository"]))}


def _settings(repository: Provisioned) -> RepositorySettings:
    assert isinstance(repository.settings, RepositorySettings)
    return repository.settings


def _image(repository: Provisioned, wanted: RepositorySettings) -> dict[str, Any]:
    return {
        "source": _BETWEEN_SOURCES.join(repository.sources),
        "repository": repository.name,
        "tag_mutability": wanted.mutability.setting,
        "mutability_exclusions": list(wanted.mutability.exclusions),
        "scan_on_push": wanted.scan_on_push,
        "encryption": {"type": wanted.encryption.type, "kms_key": wanted.encryption.kms_key},
        "lifecycle_policy": policy_text(wanted.lifecycle) if wanted.lifecycle else None,
        "repository_policy": wanted.repository_policy,
        "tags": dict(wanted.resource_tags),
    }
