"""The files that nodes need, from the list to their text."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import jq
import pytest
import yaml

from mirrorgen.consumers.mirrored import mirror_of
from mirrorgen.consumers.nodes.kit import MARK, PROVIDER, SETTINGS, Kit, kit_for
from mirrorgen.consumers.nodes.reach import Reach, reach_of
from mirrorgen.desired.state import DesiredState
from mirrorgen.errors import UsageError
from mirrorgen.model.allowances import Allowances
from mirrorgen.project import load
from mirrorgen.resources import resource

ENVIRON = {"AWS_ACCOUNT_ID": "123456789012", "AWS_REGION": "eu-west-1"}
ECR = "https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2"


def desired(images: dict[str, str | None], **keys: Any) -> DesiredState:
    """A list of sources with their own repositories."""
    entries = [
        {"source": source, "tags": ["v1.0.0"], **({"repository": repository} if repository else {})}
        for source, repository in images.items()
    ]
    allowed = Allowances.read(["ECR_PASSWORD@ecr.example.com"])
    loaded = load(Path("images.yaml"), text=yaml.safe_dump({"images": entries, **keys}), allowances=allowed)
    assert loaded.desired
    assert not loaded.errors(), loaded.errors()
    return loaded.desired


def reach(images: dict[str, str | None], **keys: Any) -> Reach:
    return reach_of(mirror_of(desired(images, **keys), ENVIRON))


def kit(images: dict[str, str | None], **keys: Any) -> Kit:
    state = desired(images, **keys)
    return kit_for(state.target.named(ENVIRON), reach_of(mirror_of(state, ENVIRON)))


def test_the_upstream_path_follows_prefix_and_alias() -> None:
    found = reach({"quay.io/prometheus/prometheus": None, "docker.io/grafana/grafana": None})
    assert found.folders == {"docker.io": "mirror/docker-hub", "quay.io": "mirror/quay"}
    assert [str(source) for source in found.sources] == ["docker.io/grafana/grafana", "quay.io/prometheus/prometheus"]
    assert not found.out_of_reach


def test_an_official_image_is_named_since_its_repository_has_no_library() -> None:
    found = reach({"docker.io/library/nginx": None, "docker.io/grafana/grafana": None})
    assert [str(source) for source in found.sources] == ["docker.io/grafana/grafana"]
    (nginx,) = found.out_of_reach
    assert str(nginx.mirrored.source) == "docker.io/library/nginx"
    assert "'mirror/docker-hub/nginx' does not end in it" in nginx.reason
    assert nginx.hint == "`registries: {docker.io: {keep_library: true}}` brings all such images there"


def test_the_hint_brings_official_images_into_reach() -> None:
    kept = {"docker.io": {"keep_library": True}}
    found = reach({"docker.io/library/nginx": None, "docker.io/grafana/grafana": None}, registries=kept)
    assert not found.out_of_reach
    assert found.folders == {"docker.io": "mirror/docker-hub"}


def test_a_repository_elsewhere_is_named_and_the_path_of_most_images_is_taken() -> None:
    found = reach(
        {
            "quay.io/a/one": "team/a/one",
            "quay.io/a/two": "team/a/two",
            "quay.io/a/three": None,
            "quay.io/a/four": "somewhere/else",
            "gcr.io/a/five": "somewhere/five",
        }
    )
    assert found.folders == {"quay.io": "team"}
    assert {str(each.mirrored.source): each.hint for each in found.out_of_reach} == {
        "quay.io/a/three": "`repository: team/a/three` in its entry brings it there",
        "quay.io/a/four": "`repository: team/a/four` in its entry brings it there",
        "gcr.io/a/five": "`repository: somewhere/a/five` in its entry brings it there",
    }


def test_the_end_of_a_path_is_its_whole_last_part() -> None:
    found = reach({"quay.io/a/b": "mirror/xa/b", "quay.io/c/d": "c/d"})
    assert found.folders == {"quay.io": ""}
    assert [str(each.mirrored.source) for each in found.out_of_reach] == ["quay.io/a/b"]


def test_a_source_in_two_repositories_is_reached_in_one_and_named_for_the_other() -> None:
    document = {
        "images": [
            {"source": "quay.io/a/b", "tags": ["v1.0.0"]},
            {"source": "quay.io/a/b", "tags": ["v2.0.0"], "repository": "other/place"},
        ]
    }
    state = load(Path("images.yaml"), text=yaml.safe_dump(document)).desired
    assert state
    found = reach_of(mirror_of(state, ENVIRON))
    assert [str(source) for source in found.sources] == ["quay.io/a/b"]
    assert [each.mirrored.repository for each in found.out_of_reach] == ["other/place"]


def test_a_repository_with_tags_of_several_sources_is_out_of_reach() -> None:
    document = {
        "images": [
            {"source": "quay.io/a/b", "tags": ["v1.0.0"]},
            {"source": "ghcr.io/fork/b", "tags": ["v2.0.0"], "repository": "mirror/quay/a/b"},
        ]
    }
    state = load(Path("images.yaml"), text=yaml.safe_dump(document)).desired
    assert state
    found = reach_of(mirror_of(state, ENVIRON))
    # `quay.io/a/b:v2.0.0` would be the image of the fork.
    assert (found.sources, found.folders) == ((), {})
    assert [(str(each.mirrored.source), each.hint) for each in found.out_of_reach] == [
        ("ghcr.io/fork/b", "give it a repository of its own"),
        ("quay.io/a/b", "give it a repository of its own"),
    ]


def test_the_target_is_not_led_to_itself() -> None:
    own = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
    found = reach({f"{own}/team/app": "mirror/team/app", "quay.io/a/b": None})
    assert found.folders == {"quay.io": "mirror/quay"}
    (app,) = found.out_of_reach
    assert app.reason == "its upstream is the target itself, which nodes ask as it is"


def test_a_hosts_file_names_the_mirror_and_nobody_else() -> None:
    files = kit({"quay.io/prometheus/prometheus": None, "reg.example:5000/a/b": None}).files
    settings = {"capabilities": ["pull", "resolve"], "override_path": True}
    address = f"{ECR}/mirror/quay"
    text = files["certs.d/quay.io/hosts.toml"]
    assert text.startswith(MARK)
    assert tomllib.loads(text) == {"server": address, **settings, "host": {address: settings}}
    assert "certs.d/reg.example_5000_/hosts.toml" in files


def test_the_plugin_is_told_the_files_by_their_digests() -> None:
    files = kit({"quay.io/prometheus/prometheus": None}).files
    told = json.loads(files["mirrored.json"])
    assert told["hosts"] == {"quay.io": hashlib.sha256(files["certs.d/quay.io/hosts.toml"].encode()).hexdigest()}
    assert told["images"] == ["quay.io/prometheus/prometheus"]
    assert told["registry"] == ECR.removeprefix("https://").removesuffix("/v2")


def test_the_kubelet_asks_the_plugin_for_what_a_node_can_get_alone() -> None:
    files = kit({"docker.io/library/nginx": None, "docker.io/grafana/grafana": None}).files
    (provider,) = json.loads(files["kubelet.json"])["providers"]
    assert provider["matchImages"] == ["docker.io/grafana/grafana"]
    assert provider["name"] == PROVIDER
    assert provider["args"] == [SETTINGS]
    assert "tokenAttributes" not in provider


def test_the_kit_says_what_it_leaves_out() -> None:
    made = kit({"docker.io/library/nginx": None, "docker.io/grafana/grafana": None})
    assert [str(each.mirrored.source) for each in made.out_of_reach] == ["docker.io/library/nginx"]
    assert "| `docker.io/library/nginx` |" in made.files["README.md"]
    assert "Out of reach" not in kit({"docker.io/grafana/grafana": None}).files["README.md"]


@pytest.mark.parametrize(
    ("images", "target", "why"),
    [
        ({"docker.io/library/nginx": None}, {}, "a node gets none of the images"),
        ({"quay.io/a/b": None}, {"registry": "registry.example.com"}, "ECR's credential helper"),
        ({"quay.io/a/b": None}, {"endpoint": "https://ecr.example.com"}, "no address of ECR"),
        ({"quay.io/a/b": None}, {"endpoint": "http://127.0.0.1:5000"}, "no address of ECR"),
    ],
)
def test_no_kit_is_made_that_would_not_work_or_give_the_password_away(
    images: dict[str, str | None], target: dict[str, str], why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        kit(images, **({"target": target} if target else {}))


def test_an_endpoint_of_ecr_in_a_vpc_is_asked_instead() -> None:
    endpoint = "https://vpce-0a1b2c3d.dkr.ecr.eu-west-1.vpce.amazonaws.com"
    files = kit({"quay.io/a/b": None}, target={"endpoint": endpoint}).files
    assert f'server = "{endpoint}/v2/mirror/quay"' in files["certs.d/quay.io/hosts.toml"]
    assert json.loads(files["mirrored.json"])["registry"] == ECR.removeprefix("https://").removesuffix("/v2")


def test_the_snippets_are_for_both_lines_of_containerd() -> None:
    files = kit({"quay.io/a/b": None}).files
    expected = {"registry": {"config_path": "/etc/containerd/certs.d"}}
    assert tomllib.loads(files["containerd/1.toml"]) == {"plugins": {"io.containerd.grpc.v1.cri": expected}}
    assert tomllib.loads(files["containerd/2.toml"]) == {"plugins": {"io.containerd.cri.v1.images": expected}}


def test_the_command_in_the_readme_adds_the_provider_once() -> None:
    files = kit({"quay.io/a/b": None}).files
    program = files["README.md"].partition("jq -s '")[2].partition("'")[0]
    ours = json.loads(files["kubelet.json"])
    stock = {"name": "ecr-credential-provider", "matchImages": ["*.dkr.ecr.*.amazonaws.com"]}
    there = {"apiVersion": ours["apiVersion"], "kind": ours["kind"], "providers": [stock]}
    merged = jq.compile(program).input_value([there, ours]).first()
    assert merged == {**there, "providers": [stock, *ours["providers"]]}
    assert jq.compile(program).input_value([merged, ours]).first() == merged


def test_the_installer_is_a_shell_script_without_anything_of_the_list(tmp_path: Path) -> None:
    script = kit({"quay.io/a/b": None}).files["install.sh"]
    assert script == resource("templates/nodes/install.sh").read_text()
    (tmp_path / "install.sh").write_text(script)
    subprocess.run(["sh", "-n", str(tmp_path / "install.sh")], check=True)
    assert f"settings={SETTINGS}\n" in script
    assert f"provider={PROVIDER}\n" in script
    assert f"mark='{MARK}'\n" in script
