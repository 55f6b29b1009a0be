"""Which variables reach each program: what it needs, and nothing that signs in somewhere else."""

from __future__ import annotations

import pytest

from mirrorgen.tools.environments import PROGRAMS, environment

AMBIENT = {
    "PATH": "/bin",
    "HOME": "/home/me",
    "https_proxy": "http://proxy",
    "SSL_CERT_FILE": "/ca.pem",
    "LC_ALL": "C.UTF-8",
    "AWS_SECRET_ACCESS_KEY": "aws",
    "AWS_PROFILE": "mirror",
    "TF_LOG": "debug",
    "DOCKER_CONFIG": "/docker",
    "DOCKER_TOKEN": "token",
    "GOPROXY": "direct",
    "GIT_DIR": ".git",
    "PIP_INDEX_URL": "https://user:password@example.com",
    "GOOGLE_APPLICATION_CREDENTIALS": "/key.json",
    "GITHUB_TOKEN": "ghs",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "oidc",
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://oidc",
    "SOMETHING_ELSE": "1",
}
EVERY = {"PATH", "HOME", "https_proxy", "SSL_CERT_FILE", "LC_ALL"}


@pytest.mark.parametrize(
    ("program", "own"),
    [
        ("regsync", {"DOCKER_CONFIG"}),
        ("regctl", {"DOCKER_CONFIG"}),
        ("docker-credential-ecr-login", {"AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"}),
        ("terraform", {"AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "TF_LOG", "GOOGLE_APPLICATION_CREDENTIALS", "GIT_DIR"}),
        ("terraform providers lock", {"TF_LOG", "GIT_DIR"}),
        ("git", {"GIT_DIR"}),
        ("go", {"GOPROXY", "GIT_DIR"}),
        ("pip", {"PIP_INDEX_URL"}),
    ],
)
def test_each_program_gets_its_own_and_what_all_get(program: str, own: set[str]) -> None:
    assert environment(program, AMBIENT).keys() == EVERY | own


@pytest.mark.parametrize("program", sorted(PROGRAMS))
def test_no_program_gets_the_token_of_the_job(program: str) -> None:
    given = environment(program, AMBIENT, starts=PROGRAMS, hosts=["1.dkr.ecr.eu-west-1.amazonaws.com", "gcr.io"])
    assert not [name for name in given if name.startswith(("ACTIONS_", "GITHUB_"))]


def test_a_program_gets_what_those_need_that_it_starts() -> None:
    assert "AWS_PROFILE" in environment("regsync", AMBIENT, starts=["docker-credential-ecr-login"])


@pytest.mark.parametrize(
    ("host", "variable"),
    [
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "AWS_PROFILE"),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "AWS_PROFILE"),
        ("public.ecr.aws", "AWS_PROFILE"),
        ("eu.gcr.io", "GOOGLE_APPLICATION_CREDENTIALS"),
        ("europe-docker.pkg.dev", "GOOGLE_APPLICATION_CREDENTIALS"),
    ],
)
def test_a_registry_of_a_cloud_brings_the_variables_of_its_credential_helper(host: str, variable: str) -> None:
    assert environment("regctl", AMBIENT, hosts=[host]).keys() == environment("regctl", AMBIENT).keys() | {
        name for name in AMBIENT if name.startswith(variable[:4])
    }


@pytest.mark.parametrize("host", ["quay.io", "notgcr.io", "dkr.ecr", "gcr.io.example.com"])
def test_other_registries_bring_nothing(host: str) -> None:
    assert environment("regctl", AMBIENT, hosts=[host]) == environment("regctl", AMBIENT)


def test_a_credential_of_the_list_reaches_only_who_reads_it() -> None:
    env = {**AMBIENT, "TF_PASSWORD": "secret"}
    names = {"TF_PASSWORD", "DOCKER_TOKEN"}
    assert not names & environment("terraform", env, credentials=names).keys()
    assert names <= environment("regsync", env, credentials=names, reads=names).keys()


def test_more_variables_are_passed_by_name() -> None:
    env = {**AMBIENT, "MIRRORGEN_PASS_ENV": "SOMETHING_*, GITHUB_TOKEN"}
    assert environment("git", env).keys() == EVERY | {"GIT_DIR", "SOMETHING_ELSE", "GITHUB_TOKEN"}
