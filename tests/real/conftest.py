"""An embedded ECR and upstreams for the whole session, and projects that use them."""

from __future__ import annotations

import itertools
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import boto3
import pytest
import yaml

from mirrorgen.demo import emulator as emulators
from mirrorgen.demo import upstreams
from mirrorgen.demo.emulator import Emulator
from mirrorgen.files import write_files
from mirrorgen.operations.stand_in import path_prefix
from mirrorgen.rendering.module import module_files
from mirrorgen.tools.built import bin_dir
from mirrorgen.tools.runner import ProcessRunner
from mirrorgen.tools.terraform_providers import with_providers
from mirrorgen.tools.versions import find_tool, tool_specs
from tests.conftest import ORIGINAL_ENVIRONMENT, REAL_CACHE_DIR
from tests.real.github_jobs import ACT, GitHub
from tests.real.programs import Own, program
from tests.real.provider import running_provider

_numbers = itertools.count()

ACCOUNT, REGION = "123456789012", "eu-west-1"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--no-real-tools"):
        reason = pytest.mark.skip(reason="--no-real-tools was given")
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(reason)


@pytest.fixture(scope="session")
def base_env() -> dict[str, str]:
    """An environment with the pinned tools, a home of its own, and nothing of the user's."""
    keep = ["PATH", "LANG", "TMPDIR", "AWS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"]
    keep += [name for name in ORIGINAL_ENVIRONMENT if name.startswith(("PIP_", "GO"))]
    env = {name: ORIGINAL_ENVIRONMENT[name] for name in keep if name in ORIGINAL_ENVIRONMENT}
    return {
        **env,
        "MIRRORGEN_CACHE_DIR": str(REAL_CACHE_DIR),
        "NO_COLOR": "1",
        "COLUMNS": "100",
        "NO_PROXY": "127.0.0.1",
        # The programs in Go spend a third of their time on collecting garbage that ends with them.
        "GOGC": "400",
        "MIRRORGEN_PASS_ENV": "GOGC",
    }


@pytest.fixture(scope="session", autouse=True)
def tools(base_env: dict[str, str]) -> None:
    """Every program is there; without one these tests fail, and say which."""
    for name in (name for name, spec in tool_specs().items() if not spec.is_optional):
        find_tool(name, ProcessRunner(), base_env).usable()


@contextmanager
def empty_account(
    base_env: dict[str, str],
    folder: Path,
    application: Path = emulators.APPLICATION,
    *,
    account_id: str = ACCOUNT,
    region: str = REGION,
) -> Iterator[Emulator]:
    """Start an emulator with nothing in it."""
    python = emulators.install(REAL_CACHE_DIR, ProcessRunner(), ORIGINAL_ENVIRONMENT)
    with emulators.emulator(
        python, log=folder / "log", env=base_env, account_id=account_id, region=region, application=application
    ) as running:
        yield running


@pytest.fixture(scope="session")
def ecr(base_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with empty_account(base_env, tmp_path_factory.mktemp("ecr")) as running:
        yield running


@pytest.fixture(scope="session")
def provider_for(
    base_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Emulator], dict[str, str]]]:
    """Return the variable that leads Terraform to a provider which runs already, one for each account.

    A file of tests may have an account of its own. Its provider cannot be a fixture of the session that takes the
    account: pytest keeps what such a fixture gave first, and with it the account of another file.
    """
    running: dict[str, dict[str, str]] = {}
    with ExitStack() as stack:

        def provider(ecr: Emulator) -> dict[str, str]:
            if ecr.endpoint not in running:
                folder = tmp_path_factory.mktemp("provider")
                env = {**base_env, **emulators.environment(ecr), "HOME": str(folder)}
                running[ecr.endpoint] = stack.enter_context(running_provider(folder, env))
            return running[ecr.endpoint]

        yield provider


@pytest.fixture
def provider(ecr: Emulator, provider_for: Callable[[Emulator], dict[str, str]]) -> dict[str, str]:
    """The provider of the account that the test is in."""
    return provider_for(ecr)


@dataclass
class Project:
    """A folder with a list whose upstreams and target are the emulator.

    Attributes:
        provider: the variable of the session's provider; empty where Terraform is to install and start its own.
        variables: of its own. That provider would not see those of AWS, so with any Terraform starts its own.
    """

    folder: Path
    ecr: Emulator
    base_env: dict[str, str]
    prefix: str
    provider: dict[str, str]
    registries: dict[str, Any] = field(default_factory=dict)
    target: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        shared = {} if any(name.startswith("AWS_") for name in self.variables) else self.provider
        return {**self.base_env, **emulators.environment(self.ecr), "HOME": str(home), **shared, **self.variables}

    def write(self, images: Mapping[str, Any], *, settings: dict[str, Any] | None = None) -> None:
        """Write the list and render it."""
        document = {
            "target": {
                "account_id": ACCOUNT,
                "region": REGION,
                "prefix": self.prefix,
                "endpoint": self.ecr.endpoint,
                **self.target,
            },
            "registries": {**self.stand_ins(images), **self.registries},
            "images": [{"source": source, "tags": tags, **(settings or {})} for source, tags in images.items()],
        }
        (self.folder / "images.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
        assert self.run("render").returncode == 0

    def stand_ins(self, sources: Iterable[str]) -> dict[str, Any]:
        """Return what the list says of the registries of these sources, all of which the emulator plays."""
        here = {"hostname": self.ecr.address, "tls": "disabled"}
        hosts = {source.partition("/")[0] for source in sources}
        return {host: {**here, "path_prefix": path_prefix(host)} for host in hosts}

    def serve(self, images: dict[str, list[str]]) -> dict[tuple[str, str], str]:
        """Put small images into the upstreams; return their digests."""
        return upstreams.populate(self.ecr, images)

    def create_repositories(self, *, immutable: bool = False) -> None:
        """Create the target repositories without Terraform, which takes its time."""
        tfvars = json.loads((self.folder / "terraform/terraform.tfvars.json").read_text())
        for image in tfvars["mirrored_images"]:
            mutability = "IMMUTABLE" if immutable else "MUTABLE"
            # A repository with another encryption would be replaced.
            self.client().create_repository(
                repositoryName=image["repository"],
                imageTagMutability=mutability,
                encryptionConfiguration={"encryptionType": image["encryption"]["type"]},
            )

    def client(self, service: Literal["ecr", "s3"] = "ecr", *, region: str = REGION) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.ecr.endpoint,
            region_name=region,
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="emulator",  # noqa: S106 - the emulator takes any
        )

    def held(self, repository: str, *, region: str = REGION) -> dict[str, str]:
        """Digest by tag of what ECR holds, in a repository below the prefix."""
        client = self.client(region=region)
        pages = client.get_paginator("list_images").paginate(repositoryName=f"{self.prefix}/{repository}")
        return {
            image["imageTag"]: image["imageDigest"]
            for page in pages
            for image in page["imageIds"]
            if "imageTag" in image
        }

    @property
    def tool_env(self) -> dict[str, str]:
        """The environment in which the programs themselves are found, too."""
        env = self.env
        return {**env, "PATH": f"{bin_dir(env)}{os.pathsep}{env['PATH']}"}

    def argv(self, *args: str) -> list[str]:
        return [sys.executable, "-m", "mirrorgen", *args]

    def start(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run another program with the environment of the project."""
        env = with_providers(self.tool_env)
        return subprocess.run(argv, env=env, capture_output=True, text=True, check=False, timeout=300)

    def run(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Run mirrorgen as a user does: in the folder of the list."""
        return subprocess.run(
            self.argv(*args), cwd=self.folder, env=self.env, capture_output=True, text=True, check=False, timeout=300
        )


@pytest.fixture
def project(
    tmp_path: Path,
    ecr: Emulator,
    provider: dict[str, str],
    base_env: dict[str, str],
    request: pytest.FixtureRequest,
) -> Project:
    write_files(tmp_path, module_files())
    # All of them share one ECR.
    prefix = f"{request.node.originalname.replace('_', '-')}-{next(_numbers)}"
    return Project(tmp_path, ecr, base_env, prefix, provider)


@pytest.fixture(scope="session")
def act(base_env: dict[str, str]) -> Path:
    """What runs workflows of GitHub on this machine, built."""
    return program("act", ACT, base_env)


@pytest.fixture
def github(project: Project, act: Path, tmp_path_factory: pytest.TempPathFactory) -> GitHub:
    """A repository for the project, with a bucket for Terraform's state and a role that may only read."""
    bucket = f"state-{project.prefix[-50:]}"
    s3 = project.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    role = f"arn:aws:iam::{ACCOUNT}:role/image-plan-role"
    return GitHub(project, act, tmp_path_factory.mktemp("github"), {"TF_STATE_BUCKET": bucket, "AWS_PLAN_ROLE": role})


@pytest.fixture
def fake_tool(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write an executable shell script."""

    def write(name: str, script: str) -> Path:
        path = tmp_path / "fake" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    return write


@pytest.fixture(scope="session")
def distribution_binary(base_env: dict[str, str]) -> Path:
    """CNCF distribution, built without what keeps blobs in clouds: that takes more time than all the rest."""
    return Own("distribution_registry").built(base_env)


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A loopback port that refuses connections, and that nobody else gets meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield int(taken.getsockname()[1])
