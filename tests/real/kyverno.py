"""Kyverno's command line, which applies policies to files: a thousand packages, so that only `make soak` builds it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from mirrorgen.tools.built import bin_dir
from tests.conftest import ORIGINAL_ENVIRONMENT
from tests.real.programs import locked, require_built

MODULE = "github.com/kyverno/kyverno"
VERSION = "v1.19.1"
# `go install` refuses a module that replaces another one; one that requires it can say the same.
GO_MOD = f"""\
module example.invalid/kyverno

go 1.26.6

require {MODULE} {VERSION}

replace k8s.io/pod-security-admission => github.com/kyverno/pod-security-admission v0.0.0-20251031094455-46f20778634f

tool {MODULE}/cmd/cli/kubectl-kyverno
"""


def kyverno(folder: Path, env: dict[str, str], config: pytest.Config) -> Path:
    """Return the program from the cache; if it is not there, `--soak` builds it, and otherwise the test is skipped."""
    path = bin_dir(env) / f"kyverno-{VERSION}"
    require_built(env, path.name, "Kyverno", may_build=config.getoption("--soak"))
    with locked("kyverno"):
        if path.exists():
            return path
        (folder / "go.mod").write_text(GO_MOD)
        built = folder / "kyverno"
        for words in (["mod", "tidy"], ["build", "-o", str(built), f"{MODULE}/cmd/cli/kubectl-kyverno"]):
            subprocess.run(["go", *words], cwd=folder, env=ORIGINAL_ENVIRONMENT, check=True)
        # Whole, or not there.
        staged = path.with_suffix(f".{os.getpid()}")
        subprocess.run(["cp", str(built), str(staged)], check=True)
        staged.rename(path)
    return path


def apply(
    program: Path, folder: Path, policy: str, resources: list[dict[str, Any]], *, operation: str = "CREATE"
) -> list[dict[str, Any]]:
    """Return what a policy makes of objects; with `UPDATE`, of those that are there already as they are."""
    values = {"apiVersion": "cli.kyverno.io/v1alpha1", "kind": "Values"}
    (folder / "values.yaml").write_text(yaml.safe_dump({**values, "globalValues": {"request.operation": operation}}))
    (folder / "policy.yaml").write_text(policy)
    (folder / "resources.yaml").write_text(yaml.safe_dump_all(resources))
    argv = [str(program), "apply", "policy.yaml", "--resource", "resources.yaml", "-o", "out.yaml", "-f", "values.yaml"]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "error: 0" in done.stdout, done.stdout
    mutated = (folder / "out.yaml").read_text() if (folder / "out.yaml").exists() else ""
    return [document for document in yaml.safe_load_all(mutated) if document]


def images_of(pod: Mapping[str, Any]) -> dict[str, str]:
    """The image of each container of a Pod."""
    lists = ("containers", "initContainers", "ephemeralContainers")
    return {item["name"]: item["image"] for key in lists for item in pod["spec"].get(key, [])}
