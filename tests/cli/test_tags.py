"""`mirrorgen tags --from`: what rules choose from a saved listing, without any network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import RunCli

LIST = """\
images:
  - source: nginx
    tags: {exact: ["latest"], semver: [">=1.24 <1.26"], exclude: [".*-.*"]}
  - source: quay.io/prometheus/prometheus
    tags: {match: ['v2\\.4\\d+\\.\\d+'], newest: 2}
    pin: digest
"""
LISTING = {
    "nginx": ["1.23.0", "1.24.0", "1.25", "1.25.0-alpine", "1.26.0", "latest"],
    "quay.io/prometheus/prometheus": ["v2.40.0", "v2.41.0", "v2.9.0", "v2.42.0", "latest"],
}


@pytest.fixture(autouse=True)
def folder(in_folder: Path) -> Path:
    (in_folder / "images.yaml").write_text(LIST)
    (in_folder / "listing.json").write_text(json.dumps(LISTING))
    return in_folder


def test_a_table_of_what_is_chosen(run_cli: RunCli) -> None:
    result = run_cli("tags", "--from", "listing.json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "source                         tag      selected by  kind    in the target\n"
        "docker.io/library/nginx        1.24.0   semver       fixed   -\n"
        "docker.io/library/nginx        1.25     semver       moving  -\n"
        "docker.io/library/nginx        latest   exact        moving  -\n"
        "quay.io/prometheus/prometheus  v2.41.0  match        fixed   -\n"
        "quay.io/prometheus/prometheus  v2.42.0  match        fixed   -\n"
    )


def test_json_has_an_object_for_each_tag(run_cli: RunCli) -> None:
    result = run_cli("tags", "quay.io/prometheus/prometheus", "--from", "listing.json", "--format", "json")
    common = {
        "source": "quay.io/prometheus/prometheus",
        "repository": "mirror/quay/prometheus/prometheus",
        "selected_by": "match",
        "moving": False,
        "is_held": None,
    }
    assert json.loads(result.stdout) == {
        "version": 1,
        "tags": [{**common, "tag": "v2.41.0"}, {**common, "tag": "v2.42.0"}],
        "failures": [],
    }


def test_markdown_is_a_table(run_cli: RunCli) -> None:
    lines = run_cli("tags", "nginx", "--from", "listing.json", "--format", "markdown").stdout.splitlines()
    assert lines[:2] == ["| source | tag | selected by | kind | in the target |", "|---|---|---|---|---|"]
    assert lines[2] == "| `docker.io/library/nginx` | `1.24.0` | `semver` | `fixed` | - |"


def test_a_listing_that_was_saved_can_be_read_again(run_cli: RunCli, folder: Path) -> None:
    first = run_cli("tags", "--from", "listing.json", "--save", "again.json")
    assert json.loads((folder / "again.json").read_text()) == {
        "docker.io/library/nginx": sorted(LISTING["nginx"]),
        "quay.io/prometheus/prometheus": sorted(LISTING["quay.io/prometheus/prometheus"]),
    }
    assert run_cli("tags", "--from", "again.json").stdout == first.stdout


def test_a_rule_that_chooses_nothing_is_a_mistake_in_the_list(run_cli: RunCli, folder: Path) -> None:
    (folder / "listing.json").write_text(json.dumps({**LISTING, "quay.io/prometheus/prometheus": ["latest"]}))
    assert run_cli("tags", "--from", "listing.json").exit_code == 1


def test_a_rule_that_chooses_nothing_and_a_tag_that_is_not_there_have_their_places(
    run_cli: RunCli, folder: Path
) -> None:
    (folder / "listing.json").write_text(
        json.dumps({"nginx": ["1.23.0", "lates"], "quay.io/prometheus/prometheus": ["latest"]})
    )
    result = run_cli("tags", "--from", "listing.json")
    assert result.exit_code == 5
    assert result.stderr == (
        "images.yaml:3:11: error[rule-selects-nothing]: no tag of docker.io/library/nginx fits this rule now; "
        "2 were looked at\n"
        "    at images[0].tags\n"
        "    hint: look at what upstream has: `mirrorgen tags --save FILE`\n"
        "images.yaml:3:20: error[tag-not-upstream]: docker.io/library/nginx has no tag 'latest'\n"
        "    at images[0].tags.exact[0]\n"
        "    hint: did you mean 'lates'?\n"
        "images.yaml:5:11: error[rule-selects-nothing]: no tag of quay.io/prometheus/prometheus fits this rule now; "
        "1 were looked at\n"
        "    at images[1].tags\n"
        "    hint: `newest` takes only tags that are versions; order: alphabetical takes the last of all\n"
    )


def test_an_exact_tag_that_the_rule_chooses_too_is_no_idle_rule(run_cli: RunCli, folder: Path) -> None:
    (folder / "images.yaml").write_text(
        'images:\n  - source: nginx\n    tags: {exact: ["1.24.0"], semver: [">=1 <2"]}\n'
    )
    (folder / "listing.json").write_text('{"nginx": ["1.24.0"]}')
    assert run_cli("tags", "--from", "listing.json").exit_code == 0


def test_a_source_that_the_listing_does_not_have_fails_alone(run_cli: RunCli, folder: Path) -> None:
    (folder / "listing.json").write_text(json.dumps({"nginx": LISTING["nginx"]}))
    result = run_cli("tags", "--from", "listing.json")
    assert result.exit_code == 5
    assert "1.24.0" in result.stdout
    assert result.stdout.endswith(
        "Could not be asked:\n"
        "  mirror/quay/prometheus/prometheus: the saved listing does not have this source [other]\n"
    )


def test_of_a_repository_with_two_sources_the_one_that_is_named_is_shown(run_cli: RunCli, folder: Path) -> None:
    entries = [
        f"  - {{source: {source}, tags: [{tag!r}], repository: mirror/pause}}\n"
        for source, tag in (("k8s.gcr.io/pause", "3.6"), ("registry.k8s.io/pause", "3.9"))
    ]
    (folder / "images.yaml").write_text("images:\n" + "".join(entries))
    (folder / "listing.json").write_text(json.dumps({"k8s.gcr.io/pause": ["3.6"]}))
    result = run_cli("tags", "k8s.gcr.io/pause", "--from", "listing.json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "3.6" in result.stdout
    assert "registry.k8s.io" not in result.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "holds no object"),
        ("{", "is not JSON"),
        ('{"nginx": "latest"}', "must have a list of texts"),
        ('{"nginx": [1]}', "must have a list of texts"),
        ('{"NGINX:1": []}', "is no source"),
    ],
)
def test_a_listing_of_another_form(text: str, said: str, run_cli: RunCli, folder: Path) -> None:
    (folder / "listing.json").write_text(text)
    result = run_cli("tags", "--from", "listing.json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert said in result.stderr


def test_a_listing_that_is_not_there(run_cli: RunCli) -> None:
    result = run_cli("tags", "--from", "nowhere.json")
    assert (result.exit_code, result.stderr) == (1, "error: cannot read nowhere.json: No such file or directory\n")


def test_a_source_that_the_list_does_not_have_is_wrong_usage(run_cli: RunCli) -> None:
    result = run_cli("tags", "ngimx", "--from", "listing.json")
    assert result.exit_code == 2
    assert result.stderr == (
        "error: 'ngimx' is not a source of images.yaml\nhint: did you mean 'docker.io/library/nginx'?\n"
    )


def test_a_lock_does_not_keep_anybody_from_looking(run_cli: RunCli, folder: Path) -> None:
    (folder / "images.lock.yaml").write_text("version: 1\nimages: []\n")
    assert run_cli("tags", "--from", "listing.json").exit_code == 0


SOURCES = ("docker.io/library/nginx", "quay.io/prometheus/prometheus")


def sources_shown(table: str) -> set[str]:
    return {line.split()[0] for line in table.splitlines() if "/" in line}


@pytest.mark.parametrize("short", ["prometheus", "prometheus/prometheus", "nginx", "library/nginx"])
def test_a_source_may_be_named_in_short(short: str, run_cli: RunCli) -> None:
    result = run_cli("tags", short, "--from", "listing.json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert sources_shown(result.stdout) == {source for source in SOURCES if source.endswith(f"/{short}")}


def test_a_short_name_that_may_be_several_sources_names_them(run_cli: RunCli, folder: Path) -> None:
    (folder / "images.yaml").write_text(
        'images:\n  - {source: quay.io/a/exporter, tags: ["1"]}\n  - {source: ghcr.io/b/exporter, tags: ["1"]}\n'
    )
    result = run_cli("tags", "exporter", "--from", "listing.json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "error: 'exporter' may be several sources of images.yaml\n"
        "hint: did you mean 'ghcr.io/b/exporter' or 'quay.io/a/exporter'?\n"
    )


def test_docker_hubs_own_short_form_is_sure_where_the_list_has_it(run_cli: RunCli, folder: Path) -> None:
    (folder / "images.yaml").write_text(
        'images:\n  - {source: nginx, tags: [latest]}\n  - {source: quay.io/b/nginx, tags: ["1"]}\n'
    )
    result = run_cli("tags", "nginx", "--from", "listing.json")
    assert sources_shown(result.stdout) == {"docker.io/library/nginx"}


def test_a_name_that_is_near_none_gets_no_offer(run_cli: RunCli) -> None:
    result = run_cli("tags", "postgres", "--from", "listing.json")
    assert (result.exit_code, result.stderr) == (2, "error: 'postgres' is not a source of images.yaml\n")


@pytest.mark.parametrize(
    ("suffix", "kept", "said"),
    [
        (
            "",
            "7.4.1-alpine",
            "the newest of docker.io/library/redis are one version in several forms: 7.4.1, 7.4.1-alpine",
        ),
        (", suffix: none", "7.4.0", ""),
    ],
)
def test_newest_tags_that_are_hardly_meant_are_a_warning(
    suffix: str, kept: str, said: str, run_cli: RunCli, folder: Path
) -> None:
    (folder / "images.yaml").write_text(f"images:\n  - source: redis\n    tags: {{newest: 2{suffix}}}\n")
    (folder / "listing.json").write_text(json.dumps({"redis": ["7.4.0", "7.4.1", "7.4.1-alpine", "7.4"]}))
    result = run_cli("tags", "--from", "listing.json")
    assert result.exit_code == 0
    assert kept in result.stdout
    assert ("images.yaml:3:11: warning[newest-is-odd]: " + said in result.stderr) if said else result.stderr == ""
