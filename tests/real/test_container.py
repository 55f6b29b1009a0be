"""The container image: what is in it, and that it works where nothing can be written to."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from mirrorgen import __version__
from mirrorgen.demo import emulator as emulators
from mirrorgen.demo.emulator import Emulator
from mirrorgen.tools.versions import tool_specs
from tests.real.conftest import Project
from tests.real.container import Image, builder, require_builder
from tests.serving import served

_numbers = itertools.count()
PROGRAMS = [name for name, spec in tool_specs().items() if spec.module and not spec.is_optional]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """The image with Terraform in it, which comes from a copy of HashiCorp's releases on this machine."""
    require_builder()
    folder = tmp_path_factory.mktemp("image")
    terraform = shutil.which("terraform")
    assert terraform
    version = tool_specs()["terraform"].tested
    archive = folder / f"releases/{version}/terraform_{version}_linux_amd64.zip"
    archive.parent.mkdir(parents=True)
    with zipfile.ZipFile(archive, "w") as releases:
        releases.write(terraform, "terraform")
    with served(folder / "releases") as address:
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        given = {"TERRAFORM_VERSION": version, "TERRAFORM_SHA256": digest, "TERRAFORM_RELEASES": address}
        built = builder(folder).build(given)
    yield built
    shutil.rmtree(folder)


@pytest.fixture
def project(tmp_path: Path, ecr: Emulator, base_env: dict[str, str]) -> Project:
    """A project without what only Terraform needs, which takes its time."""
    return Project(tmp_path, ecr, base_env, f"container-{next(_numbers)}", provider={})


def test_it_is_mirrorgen_as_nobody_in_particular(image: Image) -> None:
    assert image.config["Entrypoint"] == ["mirrorgen"]
    assert image.config["User"] == "65532:65532"
    shown = image.run("--version")
    assert (shown.returncode, shown.stdout) == (0, f"mirrorgen {__version__}\n"), shown.stderr


def test_it_has_every_program(image: Image) -> None:
    shown = image.run("doctor")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    rows = {words[0]: words[1:] for line in shown.stdout.splitlines() if (words := line.split())}
    for name in PROGRAMS:
        assert (rows[name][0], rows[name][-1]) == (tool_specs()[name].tested, f"/usr/local/bin/{name}")
    assert rows["terraform"][-1] == "/usr/local/bin/terraform"


def test_it_has_nothing_that_only_the_building_needed(image: Image) -> None:
    for name in ("src", "programs", "usr/local/go", "root/go", "root/.cache", "opt/mirrorgen/bin/pip"):
        assert not (image.rootfs / name).exists(), name
    files = [path for top in ("opt", "usr/local") for path in (image.rootfs / top).rglob("*") if not path.is_symlink()]
    assert files
    for path in files:
        assert (path.stat().st_uid, path.stat().st_mode & 0o022) == (0, 0), path


@pytest.mark.parametrize("user", [None, (1000, 1000)], ids=["its-own-user", "another-user"])
def test_it_copies_a_list_where_nothing_can_be_written_to(
    image: Image,
    user: tuple[int, int] | None,
    project: Project,
) -> None:
    images = {"quay.io/org/app": ["v1.0.0", "latest"], "docker.io/library/nginx": ["1.25"]}
    digests = project.serve(images)
    project.write(images)
    project.create_repositories()
    project.folder.chmod(0o755)
    reports = project.folder / "reports"
    reports.mkdir()
    reports.chmod(0o777)

    done = image.run(
        *("sync", "--report", "/reports/sync.json", "/list/images.yaml"),
        env=emulators.environment(project.ecr),
        mounts={"/list": project.folder},
        writable={"/reports": reports},
        user=user,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == "Tags copied: 3, up to date: 0, failed: 0. All 3 tags of the list are in ECR.\n"
    assert project.held("quay/org/app")["latest"] == digests["quay.io/org/app", "latest"]
    assert "ead-only" not in done.stderr
    assert json.loads((reports / "sync.json").read_text())["exit_code"] == 0


@pytest.mark.parametrize("place", ["/work", "/home/mirrorgen", "/tmp", "/opt/mirrorgen", "/usr/local/bin"])  # noqa: S108
def test_nothing_can_be_written_to(image: Image, place: str) -> None:
    script = "import pathlib, sys; pathlib.Path(sys.argv[1], 'new').write_text('')"
    refused = image.run("-c", script, place, entrypoint=["/opt/mirrorgen/bin/python"])
    assert refused.returncode == 1
    assert "Error" in refused.stderr


@pytest.fixture
def in_pods(image: Image, project: Project) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a part of what `mirrorgen matrix` prints for this project, as a node of Kubernetes does."""
    reports = project.folder / "reports"
    reports.mkdir()
    os.chown(reports, 65532, 65532)

    def run(part: int, *options: str) -> subprocess.CompletedProcess[str]:
        chosen = ("--shards", "2", "--for", "kubernetes", "--image", "registry.example.com/mirrorgen:1", *options)
        printed = yaml.safe_load(project.run("matrix", *chosen).stdout)
        spec = printed["spec"]["jobTemplate"]["spec"] if printed["kind"] == "CronJob" else printed["spec"]
        pod = spec["template"]["spec"]
        (container,) = pod["containers"]
        env = {variable["name"]: variable.get("value", "a-run") for variable in container["env"]}
        env |= {"JOB_COMPLETION_INDEX": str(part), **emulators.environment(project.ecr)}
        files = {mount["mountPath"]: mount["subPath"] for mount in container["volumeMounts"] if "subPath" in mount}
        memory = re.fullmatch(r"(\d+)Mi", container["resources"]["limits"]["memory"])
        assert memory
        return image.run(
            *(re.sub(r"\$\((\w+)\)", lambda match: env[match.group(1)], text) for text in container["args"]),
            entrypoint=container.get("command"),
            env=env,
            mounts={place: project.folder / name for place, name in files.items()},
            writable={"/reports": reports},
            user=(pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsGroup"]),
            memory=int(memory.group(1)) << 20,
        )

    return run


def listed(project: Project) -> None:
    """A list with a lock, and repositories that hold nothing yet."""
    images = {"quay.io/org/app": ["v1.0.0", "latest"], "docker.io/library/nginx": ["1.25"]}
    project.serve(images)
    project.write(images)
    project.create_repositories()
    assert project.run("lock").returncode == 0
    assert project.run("render").returncode == 0


def test_the_scheduled_job_of_kubernetes_checks_the_lock_copies_and_joins_the_reports(
    project: Project, in_pods: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    listed(project)
    first = in_pods(0, "--schedule", "@daily")
    assert first.returncode == 0, first.stdout + first.stderr
    assert "mirrorgen lock --check: exit code" not in first.stdout
    assert "mirrorgen sync --dry-run: exit code 3\n" in first.stdout
    last = in_pods(1, "--schedule", "@daily")
    assert last.returncode == 0, last.stdout + last.stderr
    joined = json.loads(last.stdout[last.stdout.index("\n{") :])
    assert (joined["exit_code"], len(joined["result"]["copied"])) == (0, 3)


def test_the_job_of_kubernetes_copies_each_part_once(
    project: Project, in_pods: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    listed(project)
    done = [in_pods(part) for part in (0, 1)]
    assert [part.returncode for part in done] == [0, 0], done
    assert len(project.held("quay/org/app")) + len(project.held("docker-hub/nginx")) == 3
    assert len(list((project.folder / "reports").glob("a-run-part-*.json"))) == 2
