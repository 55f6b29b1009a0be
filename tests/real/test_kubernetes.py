"""What `mirrorgen matrix --for kubernetes` prints, held against the schemas of Kubernetes by kubeconform."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import kubernetes_validate
import pytest

from tests.conftest import RunCli
from tests.real.programs import program

LIST = """\
registries:
  docker.io:
    credentials: {username_env: DOCKER_USER, password_env: DOCKER_TOKEN}
images:
  - source: nginx
    tags: ["1.25"]
"""
SCHEMAS = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
Check = Callable[[str], subprocess.CompletedProcess[str]]


@pytest.fixture(params=["1.33.0", "1.37.0"])
def kubeconform(request: pytest.FixtureRequest, base_env: dict[str, str], tmp_path: Path) -> Check:
    """kubeconform with the schemas of one version, each with all that it refers to, as it fetches nothing here."""
    folder = SCHEMAS / f"v{request.param}-local-strict"
    definitions = json.loads((folder / "_definitions.json").read_text())["$defs"]
    for name in ("job-batch-v1.json", "cronjob-batch-v1.json"):
        schema = json.loads((folder / name).read_text())
        del schema["$id"]
        text = json.dumps({**schema, "$defs": definitions}).replace("/api/_definitions.json#", "#")
        (tmp_path / name).write_text(text)
    binary = program("kubeconform", "github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0", base_env)
    location = f"{tmp_path}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"

    def check(text: str) -> subprocess.CompletedProcess[str]:
        argv = [str(binary), "-strict", "-verbose", "-schema-location", location, "-"]
        return subprocess.run(argv, input=text, capture_output=True, text=True, check=False)

    return check


@pytest.fixture
def printed(run_cli: RunCli, tmp_path: Path) -> Callable[..., str]:
    def run(*options: str) -> str:
        path = tmp_path / "images.yaml"
        path.write_text(LIST)
        shown = run_cli(
            "matrix", "--shards", "4", "--for", "kubernetes", "--image", "registry.example.com/m:1", *options, str(path)
        )
        assert shown.exit_code == 0, shown.stderr
        return shown.stdout

    return run


@pytest.mark.parametrize(
    ("kind", "options"), [("Job", ()), ("CronJob", ("--schedule", "0 */6 * * *"))], ids=["job", "cron-job"]
)
def test_kubernetes_takes_it(
    kind: str, options: tuple[str, ...], printed: Callable[..., str], kubeconform: Check
) -> None:
    checked = kubeconform(printed(*options))
    assert (checked.returncode, checked.stdout) == (0, f"stdin - {kind} mirrorgen-sync is valid\n")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("concurrencyPolicy:", "concurrencePolicy:"),
        ("runAsNonRoot: true", "runAsNonRoot: 'yes'"),
        ("cpu:", "cpus: {}, cpu:"),
    ],
)
def test_the_schemas_would_notice_what_is_wrong(
    right: str, wrong: str, printed: Callable[..., str], kubeconform: Check
) -> None:
    text = printed("--schedule", "0 */6 * * *")
    assert right in text
    assert kubeconform(text.replace(right, wrong)).returncode == 1
