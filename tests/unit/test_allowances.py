"""Where credentials of a list may go, and what the one who runs it can allow beside that."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirrorgen.errors import UsageError
from mirrorgen.model.allowances import Allowances, is_this_machine
from mirrorgen.project import load
from tests.conftest import RunCli

IMAGES = "images:\n  - {source: docker.io/library/nginx, tags: ['1.25.3']}\n"


def codes(text: str, folder: Path, *allowed: str) -> list[str]:
    path = folder / "images.yaml"
    path.write_text(text + IMAGES)
    return [problem.code for problem in load(path, allowances=Allowances.read(allowed)).problems]


def hub(user: str = "DOCKER_USER", password: str = "DOCKER_TOKEN", **settings: str) -> str:  # noqa: S107 - a name
    more = "".join(f", {key}: '{value}'" for key, value in settings.items())
    return f"registries:\n  docker.io: {{credentials: {{username_env: {user}, password_env: {password}}}{more}}}\n"


@pytest.mark.parametrize(
    "name", ["MIRRORGEN_X", "DOCKER_PAT", "DOCKERHUB_PAT", "HARBOR_USER", "Q_USERNAME", "Q_TOKEN", "Q_PASSWORD"]
)
def test_names_that_any_list_may_use(name: str, tmp_path: Path) -> None:
    assert not codes(hub(password=name), tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        *("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"),
        *("ECR_PASSWORD", "SSH_USER", "TF_TOKEN", "NPM_TOKEN", "VAULT_TOKEN", "CI_JOB_TOKEN", "DOCKER_AUTH_CONFIG"),
        *("CI_BUILD_TOKEN", "BUILDKITE_AGENT_ACCESS_TOKEN", "ID_TOKEN", "CONSUL_HTTP_TOKEN", "ANSIBLE_VAULT_PASSWORD"),
        *("SUDO_PASSWORD", "DATABASE_PASSWORD", "COSIGN_PASSWORD", "OP_SERVICE_ACCOUNT_TOKEN"),
        *("PATH", "SECRET", "TOKEN", "SIGNING_KEY"),
    ],
)
def test_names_that_only_the_one_who_runs_it_allows(name: str, tmp_path: Path) -> None:
    text = hub(password=name)
    assert codes(text, tmp_path) == ["credentials-not-allowed"]
    assert not codes(text, tmp_path, name)
    assert not codes(text, tmp_path, f"{name}@docker.io")
    assert codes(text, tmp_path, "OTHER_TOKEN") == ["credentials-not-allowed"]


@pytest.mark.parametrize(
    "settings", [{"hostname": "evil.example.com"}, {"tls": "disabled"}, {"tls": "insecure"}, {"hostname": "quay.io"}]
)
def test_credentials_leave_only_where_both_variables_are_allowed_to_go(
    settings: dict[str, str], tmp_path: Path
) -> None:
    text, host = hub(**settings), settings.get("hostname", "docker.io")
    assert codes(text, tmp_path) == ["credentials-sent-away"]
    # That a name may be used says nothing of where to.
    assert codes(text, tmp_path, "DOCKER_USER", "DOCKER_TOKEN") == ["credentials-sent-away"]
    assert codes(text, tmp_path, f"DOCKER_TOKEN@{host}") == ["credentials-sent-away"]
    assert not codes(text, tmp_path, f"DOCKER_USER@{host}", f"DOCKER_TOKEN@{host}")


def test_a_variable_that_is_allowed_for_a_host_goes_to_no_other(tmp_path: Path) -> None:
    assert codes(hub(), tmp_path, "DOCKER_TOKEN@quay.io") == ["credentials-sent-away"]
    assert not codes(hub(), tmp_path, "DOCKER_TOKEN@quay.io", "DOCKER_TOKEN@index.docker.io")
    assert not codes(hub(), tmp_path, "DOCKER_TOKEN@quay.io", "DOCKER_TOKEN")


def test_the_password_of_ecr_goes_to_endpoints_of_ecr_or_as_allowed(tmp_path: Path) -> None:
    elsewhere = "target: {endpoint: 'https://ecr.internal.example.com:8443'}\n"
    assert codes(elsewhere, tmp_path) == ["credentials-sent-away"]
    assert not codes(elsewhere, tmp_path, "ECR_PASSWORD@ecr.internal.example.com:8443")
    plain = "target: {endpoint: 'http://123456789012.dkr.ecr.eu-west-1.amazonaws.com'}\n"
    assert codes(plain, tmp_path) == ["credentials-sent-away"]
    for host in (
        *("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "123456789012.dkr.ecr-fips.us-east-1.amazonaws.com"),
        *("123456789012.dkr-ecr.eu-west-1.on.aws", "vpce-0a-1b.dkr.ecr.cn-north-1.vpce.amazonaws.com.cn"),
    ):
        assert not codes(f"target: {{endpoint: 'https://{host}'}}\n", tmp_path), host
        assert codes(f"target: {{endpoint: 'https://{host}.evil.example.com'}}\n", tmp_path), host


def test_a_plain_target_is_held_to_the_same(tmp_path: Path) -> None:
    text = "target: {registry: h.example.com, tls: insecure, credentials: {username_env: H_USER, password_env: H_PW}}\n"
    assert sorted(codes(text, tmp_path)) == ["credentials-not-allowed", "credentials-sent-away"]
    assert not codes(text, tmp_path, "H_USER@h.example.com", "H_PW@h.example.com")


def test_a_proxy_that_nobody_signs_in_to_needs_no_allowance(tmp_path: Path) -> None:
    assert not codes("registries: {docker.io: {hostname: proxy.example.com, tls: disabled}}\n", tmp_path)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.1:5000", "localhost", "LOCALHOST:80", "[::1]:5000", "[::1]"])
def test_loopback_is_this_machine(address: str) -> None:
    assert is_this_machine(address)


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "localhost.evil.example.com", "127.0.0.1.nip.io", "10.0.0.1:5000", "evil:127", "127.1"]
)
def test_nothing_else_is(address: str) -> None:
    assert not is_this_machine(address)


@pytest.mark.parametrize("text", ["AWS_*", "*", "token", "DOCKER_TOKEN@", "DOCKER_TOKEN@https://x", "=", "A@b@c"])
def test_an_allowance_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="names no variable"):
        Allowances.read([text])


@pytest.mark.parametrize("command", [["validate"], ["render"], ["render", "--check"], ["matrix", "--shards", "2"]])
def test_every_command_takes_the_option_and_the_variable(
    command: list[str], run_cli: RunCli, in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (in_folder / "images.yaml").write_text(hub(password="GITHUB_TOKEN") + IMAGES)  # noqa: S106 - a name
    run_cli("render", "--allow-credential", "GITHUB_TOKEN")
    assert "credentials-not-allowed" in "".join(run_cli(*command).stdout + run_cli(*command).stderr)
    assert run_cli(*command, "--allow-credential", "A_TOKEN", "--allow-credential", "GITHUB_TOKEN").exit_code == 0
    assert run_cli(*command).exit_code == 1
    monkeypatch.setenv("MIRRORGEN_ALLOW_CREDENTIALS", "A_TOKEN, GITHUB_TOKEN@docker.io")
    assert run_cli(*command).exit_code == 0
    assert run_cli(*command, "--allow-credential", "nonsense").exit_code == 2
