"""From the model back to a file: what is read again is the same list."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mirrorgen.destinations.ecr.target import EcrTarget
from mirrorgen.master_list.building import build_model
from mirrorgen.master_list.writing import list_document
from mirrorgen.model.images import Copying, MasterList
from mirrorgen.project import load
from tests.soaking import examples
from tests.unit.conftest import Load

CASES = sorted((Path(__file__).parents[1] / "cases/valid").glob("*/images.yaml"))

TAGS = st.lists(st.from_regex(r"\A[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,20}\Z"), min_size=1, max_size=4, unique=True)
DIGEST = st.from_regex(r"\Asha256:[a-f0-9]{64}\Z")
VARIABLE = st.sampled_from(["DOCKER_USER", "DOCKER_TOKEN", "Q_TOKEN"])
CREDENTIALS = st.fixed_dictionaries({"username_env": VARIABLE, "password_env": VARIABLE})
TLS = st.sampled_from(["enabled", "disabled", "insecure"])
PATTERNS = st.lists(st.sampled_from(["v.*", r"\d+\.\d+", "[a-z]+", ".*-rc.*"]), min_size=1, max_size=3, unique=True)
RANGES = st.lists(st.sampled_from([">=1 <2", "^1.2", "~3", ">=0"]), min_size=1, max_size=2, unique=True)
HOSTS = ("docker.io", "quay.io", "registry.example.com:8443", "ghcr.io")


def some(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A mapping with any of these keys."""
    return st.fixed_dictionaries({}, optional=keys)


ENCRYPTION = st.one_of(
    some(type=st.just("KMS"), kms_key=st.sampled_from([None, "arn:aws:kms:eu-west-1:123456789012:key/mirror"])),
    st.just({"type": "AES256"}),
)
RULE = {
    "rulePriority": 2,
    "description": "old ones",
    "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 9},
}
TAGGED = {"tagStatus": "tagged", "tagPatternList": ["v*", "*-x"], "countType": "imageCountMoreThan", "countNumber": 500}
DAYS = st.one_of(st.just(False), st.integers(1, 1000))
LIFECYCLE = st.one_of(
    some(untagged_days=DAYS, keep_last=DAYS),
    st.sampled_from([{"rules": [RULE]}, {"rules": [RULE, {"rulePriority": 1, "selection": TAGGED}]}]),
)
ECR = some(
    tag_mutability=st.sampled_from(["auto", "immutable", "mutable", "immutable-with-exclusions"]),
    scan_on_push=st.booleans(),
    encryption=ENCRYPTION,
    lifecycle=LIFECYCLE,
    tags=st.dictionaries(st.sampled_from(["Team", "Purpose"]), st.sampled_from(["web", ""])),
)
COPYING: dict[str, st.SearchStrategy[Any]] = {
    "platforms": st.sampled_from(["all", "linux/amd64", "linux/arm/v7"]),
    "referrers": st.booleans(),
    "digest_tags": st.booleans(),
    "pin": st.sampled_from(["tag", "digest"]),
}
REGISTRY = some(
    alias=st.sampled_from(["hub", "a.b"]),
    credentials=CREDENTIALS,
    requests_per_second=st.one_of(st.integers(1, 100), st.floats(0.01, 100)),
    concurrent_requests=st.integers(1, 100),
    rate_limit=st.one_of(st.just({"min": 3}), st.just({"min": 3, "retry": "1h30m"})),
    pulls_per_six_hours=st.sampled_from(["anonymous", "free", 1, 5000]),
    hostname=st.just("mirror.example.com:5000"),
    tls=TLS,
    path_prefix=st.just("proxy/a"),
)
RULES = some(
    match=PATTERNS, semver=RANGES, exclude=PATTERNS, newest=st.integers(1, 9), order=st.just("alphabetical")
).flatmap(lambda rule: some(moving=st.one_of(st.sampled_from(["all", "none"]), PATTERNS)).map(lambda more: rule | more))


@st.composite
def tags(draw: st.DrawFn) -> Any:
    names = draw(TAGS)
    if draw(st.booleans()):
        return names
    digests = draw(TAGS.map(lambda found: [name for name in found if name not in names]))
    return draw(RULES) | {"exact": names} | ({"digests": {name: draw(DIGEST) for name in digests}} if digests else {})


@st.composite
def lists(draw: st.DrawFn) -> dict[str, Any]:
    """The data of a list in ECR or in a plain registry; two entries may not fit each other, but each is complete."""
    is_ecr = draw(st.booleans())
    target = (
        some(
            account_id=st.just("123456789012"),
            region=st.just("eu-west-1"),
            prefix=st.sampled_from(["mirror", "a/b"]),
            auth=st.sampled_from(["credential-helper", "docker-config", "environment"]),
            endpoint=st.sampled_from([None, "http://127.0.0.1:4566"]),
        )
        if is_ecr
        else some(credentials=CREDENTIALS, tls=TLS).map(lambda keys: keys | {"registry": "harbor.example.com:8443/a/b"})
    )
    ecr: dict[str, st.SearchStrategy[Any]] = {"ecr": ECR} if is_ecr else {}
    image = some(
        **COPYING,
        **ecr,
        repository=st.just("mirror/other"),
        owner=st.text(max_size=9).filter(str.isprintable),
        expires=st.dates().map(str),
        update=st.one_of(st.sampled_from(["none", "patch", "major"]), PATTERNS),
    )
    paths = draw(st.lists(st.sampled_from(["a/b", "a/c", "library/d"]), min_size=1, max_size=3))
    images = [
        draw(image) | {"source": f"{draw(st.sampled_from(HOSTS))}/{path}", "tags": draw(tags())} for path in paths
    ]
    return {
        "target": draw(target),
        "registries": draw(st.dictionaries(st.sampled_from(HOSTS), REGISTRY)),
        "defaults": draw(some(parallel=st.integers(1, 100), **COPYING, **ecr)),
        "images": images,
    }


def as_written(model: MasterList) -> MasterList:
    """Return what is written of a list: one target, without a name, and no defaults, since every entry says all."""
    target = model.target
    if isinstance(target, EcrTarget):
        target = replace(target, list_name="", role=None, replication=None, replicated_from=None)
    return replace(model, target=target, targets=(), settings=target.default_settings(), copying=Copying())


@settings(max_examples=examples(150))
@given(lists())
def test_a_model_that_is_written_and_built_again_is_the_same(data: dict[str, Any]) -> None:
    model, _ = build_model(data)
    again, problems = build_model(list_document(model))
    assert again == as_written(model)
    assert {problem.code for problem in problems} <= {problem.code for problem in build_model(data)[1]}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.parent.name)
def test_a_list_that_is_written_to_a_file_and_read_again_is_the_same(case: Path, load_list: Load) -> None:
    model = load(case).master_list
    assert model
    again = load_list(yaml.safe_dump(list_document(model), sort_keys=False))
    assert again.master_list == as_written(model)
    assert not [problem for problem in again.problems if problem.code in {"unknown-key", "wrong-type", "bad-value"}]
