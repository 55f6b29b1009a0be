"""What an entry says of the settings of a repository: read again, the list asks for just what ECR has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mirrorgen.commands.options import runtime_for
from mirrorgen.destinations.ecr.access import Pull, repository_policy
from mirrorgen.destinations.ecr.comparing import FoundSettings, differences
from mirrorgen.destinations.ecr.describing import describe
from mirrorgen.destinations.ecr.settings import RepositorySettings
from mirrorgen.destinations.ecr.target import EcrTarget
from mirrorgen.destinations.port import Described
from mirrorgen.model.images import Image
from mirrorgen.operations.repositories.enlisting import Enlisted, enlist
from mirrorgen.project import load
from tests.memory_destination import LIST
from tests.operations.test_enlisting import Account

NAME = "mirror/quay/org/other"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/0a1b"
RULES = {
    "days": {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7},
    "count": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 100_000},
    "prefix": {
        "tagStatus": "tagged",
        "tagPrefixList": ["rc"],
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": 1,
    },
}
OURS = {"ManagedBy": "terraform", "Purpose": "image-mirror"}
OTHERS = Pull(("210987654321",))
AS_DEFAULTS = FoundSettings("IMMUTABLE", (), True, "KMS", None, (), OURS)
OFF = "defaults: {ecr: {lifecycle: {untagged_days: off, keep_last: off}}}\n"


def rules(*names: str) -> tuple[Mapping[str, Any], ...]:
    return tuple(
        {"rulePriority": number, "description": name, "selection": RULES[name], "action": {"type": "expire"}}
        for number, name in enumerate(names, 1)
    )


@dataclass
class Settled(Account):
    """An account in which one repository has these settings."""

    found: FoundSettings = field(default=AS_DEFAULTS)

    def describe(self, images: Mapping[str, Image]) -> Mapping[str, Described | None]:
        assert isinstance(self.target, EcrTarget)
        return {name: describe(self.target, image, self.found) for name, image in images.items()}


def enlisted(folder: Path, found: FoundSettings, tags: list[str], text: str = LIST) -> Enlisted:
    (folder / "images.yaml").write_text(text)
    loaded = load(folder / "images.yaml")
    runtime = runtime_for(loaded)
    runtime.destination = Settled(runtime.desired.target, {}, (NAME,), tags={NAME: tags}, found=found)
    return enlist(runtime, loaded, "mirror")


def decided(folder: Path, text: str) -> RepositorySettings:
    (folder / "images.yaml").write_text(text)
    loaded = load(folder / "images.yaml")
    assert loaded.desired
    assert not loaded.errors(), loaded.problems
    (settings,) = (each.settings for each in loaded.desired.repositories if each.name == NAME)
    assert isinstance(settings, RepositorySettings)
    return settings


MUTABILITIES = st.one_of(
    st.tuples(st.sampled_from(["MUTABLE", "IMMUTABLE"]), st.just(())),
    st.tuples(
        st.sampled_from(["MUTABLE_WITH_EXCLUSION", "IMMUTABLE_WITH_EXCLUSION"]),
        st.sets(st.sampled_from(["latest", "v1.0.0", "1.25", "none", "v*"]), min_size=1).map(
            lambda each: tuple(sorted(each))
        ),
    ),
)
ENCRYPTIONS = st.sampled_from([("KMS", None), ("KMS", KEY), ("AES256", None), ("KMS_DSSE", KEY), ("KMS_DSSE", None)])
RESOURCE_TAGS = st.dictionaries(
    st.sampled_from(["ManagedBy", "Purpose", "Team", "a b", "cost:x/y", "null", "aws:own"]),
    st.sampled_from(["terraform", "image-mirror", "", "1", "true", "é"]),
)
DEFAULTS: list[dict[str, Any]] = [
    {},
    {"ecr": {"tag_mutability": "mutable", "tags": {"Team": "x", "Purpose": None}}},
    {"ecr": {"encryption": {"kms_key": KEY}, "lifecycle": {"keep_last": False}}},
    {"ecr": {"encryption": {"type": "AES256"}, "scan_on_push": False, "lifecycle": {"rules": list(rules("count"))}}},
    {"ecr": {"pull": {"accounts": ["210987654321"]}}},
    {"digest_tags": True, "ecr": {"tag_mutability": "immutable-with-exclusions"}},
]


@given(
    mutability=MUTABILITIES,
    encryption=ENCRYPTIONS,
    resource_tags=RESOURCE_TAGS,
    policy=st.permutations(["days", "count", "prefix"]).flatmap(
        lambda names: st.integers(0, 3).map(lambda n: names[:n])
    ),
    scans=st.booleans(),
    access=st.sampled_from(["", repository_policy(OTHERS, account_id=None, region=None)]),
    tags=st.sets(st.sampled_from(["latest", "v1.0.0", "v1.1.0", "1.25", "edge"]), min_size=1),
    defaults=st.sampled_from(DEFAULTS),
)
def test_the_list_asks_for_what_is_there_or_it_is_said_why_it_cannot(
    tmp_path_factory: pytest.TempPathFactory,
    mutability: tuple[str, tuple[str, ...]],
    encryption: tuple[str, str | None],
    resource_tags: dict[str, str],
    policy: list[str],
    scans: bool,
    access: str,
    tags: set[str],
    defaults: dict[str, Any],
) -> None:
    folder = tmp_path_factory.mktemp("list")
    # `any` may stand last alone.
    names = sorted(policy, key=lambda name: name == "count")
    found = FoundSettings(*mutability, scans, *encryption, rules(*names), resource_tags, access)
    text = LIST.replace("images:", f"defaults: {json.dumps(defaults)}\nimages:").replace(
        "quay.io/org/app", "gcr.io/app"
    )
    text = text.replace('tags: ["v1.0.0", "v1.1.0"]', 'tags: ["v1.0.0"]')
    if load_errors(folder, text):
        return
    made = enlisted(folder, found, sorted(tags), text)
    if made.refused:
        assert found.exclusions, made.refused
        assert made.text == text
        return
    settings = decided(folder, made.text)
    assert list(differences(settings, found)) == []
    own = {key: value for key, value in resource_tags.items() if not key.startswith("aws:")}
    assert dict(settings.resource_tags) == own
    # What it has not put there itself, Terraform leaves alone.
    assert settings.repository_policy in {None, access}


def load_errors(folder: Path, text: str) -> list[Any]:
    (folder / "images.yaml").write_text(text)
    return list(load(folder / "images.yaml").errors())


@pytest.mark.parametrize(
    ("found", "tags", "says"),
    [
        (AS_DEFAULTS, ["v1.0.0"], {}),
        (AS_DEFAULTS, ["v1.0.0", "latest"], {"moving": "none"}),
        (replace(AS_DEFAULTS, tag_mutability="MUTABLE"), ["v1.0.0", "latest"], {}),
        (replace(AS_DEFAULTS, tag_mutability="MUTABLE"), ["v1.0.0"], {"ecr": {"tag_mutability": "mutable"}}),
        (replace(AS_DEFAULTS, scan_on_push=False), ["v1.0.0"], {"ecr": {"scan_on_push": False}}),
        (replace(AS_DEFAULTS, kms_key=KEY), ["v1.0.0"], {"ecr": {"encryption": {"kms_key": KEY}}}),
        (replace(AS_DEFAULTS, resource_tags={"Purpose": "x"}), ["v1.0.0"],
         {"ecr": {"tags": {"Purpose": "x", "ManagedBy": None}}}),
        (replace(AS_DEFAULTS, lifecycle=rules("days")), ["v1.0.0"],
         {"ecr": {"lifecycle": {"rules": list(rules("days"))}}}),
        (replace(AS_DEFAULTS, tag_mutability="IMMUTABLE_WITH_EXCLUSION", exclusions=("v1.0.0",)), ["v1.0.0", "1.25"],
         {"moving": [r"v1\.0\.0"], "ecr": {"tag_mutability": "immutable-with-exclusions"}}),
    ],
)  # fmt: skip
def test_an_entry_says_no_more_than_it_has_to(
    tmp_path: Path, found: FoundSettings, tags: list[str], says: dict[str, Any]
) -> None:
    made = enlisted(tmp_path, found, tags, OFF + LIST)
    entry = yaml.safe_load(made.text)["images"][-1]
    moving = says.pop("moving", None)
    wanted = {"exact": sorted(tags), "moving": moving} if moving else sorted(tags)
    assert entry == {"source": "quay.io/org/other", "tags": wanted, **says}


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (
            replace(AS_DEFAULTS, lifecycle=({**rules("count")[0], "selection": {**RULES["count"], "countNumber": 1}},)),
            "lifecycle rule 1 would remove tags that the list wants",
        ),
        (
            replace(AS_DEFAULTS, lifecycle=({**rules("days")[0], "action": {"type": "expire", "new": 1}},)),
            "no list asks for its lifecycle as it is",
        ),
        (
            replace(AS_DEFAULTS, tag_mutability="IMMUTABLE_WITH_EXCLUSION", exclusions=("dev-*",)),
            "a list makes exclusion filters of its tags, and none of them would be dev-*",
        ),
        (replace(AS_DEFAULTS, resource_tags={"{{x}}": "y"}), "AWS refuses the resource tag"),
        (replace(AS_DEFAULTS, resource_tags={"Team": "{{ x }}"}), "AWS refuses the resource tag"),
        (replace(AS_DEFAULTS, encryption="FUTURE"), "FUTURE"),
        (replace(AS_DEFAULTS, tag_mutability="FUTURE"), "no list asks for its tag mutability as it is"),
    ],
)
def test_what_no_list_asks_for_is_left_out_with_the_reason(tmp_path: Path, found: FoundSettings, reason: str) -> None:
    made = enlisted(tmp_path, found, ["v1.0.0", "v1.1.0"], OFF + LIST)
    assert (made.text, made.entries) == (OFF + LIST, ())
    (refused,) = made.refused
    assert reason in refused.reason
    assert refused.written == NAME
