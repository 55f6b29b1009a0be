"""`mirrorgen rewrite nodes`: a folder with what nodes need, and what is out of their reach."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from tests.conftest import RunCli

ENTRY = {"source": "quay.io/prometheus/prometheus", "tags": ["v2.48.0"]}
OFFICIAL = {"source": "docker.io/library/nginx", "tags": ["1.25.3"]}
OTHER = {"source": "ghcr.io/a/b", "tags": ["v1.0.0"]}


def write(folder: Path, *entries: Mapping[str, object], **keys: object) -> None:
    document = {
        "target": {"account_id": "123456789012", "region": "eu-west-1"},
        **keys,
        "images": [*map(dict, entries)],
    }
    (folder / "images.yaml").write_text(yaml.safe_dump(document))


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_it_writes_a_folder(in_folder: Path, run_cli: RunCli) -> None:
    write(in_folder, ENTRY)
    done = run_cli("rewrite", "nodes", "kit")
    assert (done.exit_code, done.stderr.count("wrote kit/")) == (0, 8)
    assert names(in_folder / "kit") == {
        "README.md",
        "install.sh",
        "mirrorgen-credential-provider",
        "mirrored.json",
        "kubelet.json",
        "containerd/1.toml",
        "containerd/2.toml",
        "certs.d/quay.io/hosts.toml",
    }


def test_what_is_out_of_reach_is_named_with_what_helps(in_folder: Path, run_cli: RunCli) -> None:
    write(in_folder, ENTRY, OFFICIAL)
    done = run_cli("rewrite", "nodes", "kit")
    assert done.exit_code == 3
    assert "docker.io/library/nginx: a node asks for 'library/nginx' whole" in done.stderr
    assert "hint: `registries: {docker.io: {keep_library: true}}`" in done.stderr
    assert (in_folder / "kit/certs.d/quay.io/hosts.toml").exists(), "the kit is good for the rest"
    write(in_folder, ENTRY, OFFICIAL, registries={"docker.io": {"keep_library": True}})
    assert run_cli("rewrite", "nodes", "kit").exit_code == 0


def test_a_registry_that_left_the_list_leaves_the_folder(in_folder: Path, run_cli: RunCli) -> None:
    write(in_folder, ENTRY, OTHER)
    run_cli("rewrite", "nodes", "kit")
    theirs = in_folder / "kit/certs.d/other.example/hosts.toml"
    theirs.parent.mkdir()
    theirs.write_text('server = "https://other.example"\n')
    write(in_folder, ENTRY)
    done = run_cli("rewrite", "nodes", "kit", "--check")
    assert done.exit_code == 3
    assert "certs.d/ghcr.io/hosts.toml" in done.stdout
    assert (in_folder / "kit/certs.d/ghcr.io/hosts.toml").exists()
    done = run_cli("rewrite", "nodes", "kit")
    assert "removed kit/certs.d/ghcr.io/hosts.toml" in done.stderr
    assert not (in_folder / "kit/certs.d/ghcr.io/hosts.toml").exists()
    assert theirs.exists(), "it is not ours"
    assert run_cli("rewrite", "nodes", "kit", "--check").exit_code == 0


@pytest.mark.parametrize("words", [[], ["one", "two"], ["-"], ["one", "--digest"]])
def test_it_takes_one_folder_and_has_no_digests(in_folder: Path, run_cli: RunCli, words: list[str]) -> None:
    write(in_folder, ENTRY)
    assert run_cli("rewrite", "nodes", *words).exit_code == 2
    assert names(in_folder) == {"images.yaml"}


def test_a_kit_of_which_no_node_would_get_anything_is_not_written(in_folder: Path, run_cli: RunCli) -> None:
    write(in_folder, OFFICIAL)
    done = run_cli("rewrite", "nodes", "kit")
    assert done.exit_code == 2
    assert "keep_library" in done.stderr
    assert not (in_folder / "kit").exists()
