"""`mirrorgen lifecycle`: what the rules would remove, from the list alone or from what ECR printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import RunCli

LIST = """\
images:
  - source: nginx
    tags: ["1.24.0", "1.25.0"]
    ecr: {lifecycle: {keep_last: 2}}
"""
RULES = """\
images:
  - source: nginx
    tags: ["1.24.0", "1.25.0"]
    ecr:
      lifecycle:
        rules:
          - rulePriority: 1
            selection: {tagStatus: any, countType: sinceImagePulled, countUnit: days, countNumber: 90}
            action: {type: transition, targetStorageClass: archive}
"""


def detail(digest: str, pushed: str | float, *tags: str, **more: Any) -> dict[str, Any]:
    return {
        "repositoryName": "mirror/docker-hub/nginx",
        "imageDigest": f"sha256:{digest * 64}",
        "imagePushedAt": pushed,
        **({"imageTags": list(tags)} if tags else {}),
        **more,
    }


HELD = [
    detail("a", "2026-01-01T00:00:00+00:00", "1.24.0"),
    detail("b", "2026-02-01T00:00:00+00:00", "1.25.0"),
    detail("c", "2026-03-01T00:00:00+00:00", "1.26.0", "1.26"),
    detail("d", 1767225600.0),
]


@pytest.fixture(autouse=True)
def folder(in_folder: Path) -> Path:
    (in_folder / "images.yaml").write_text(LIST)
    (in_folder / "held.json").write_text(json.dumps({"imageDetails": HELD}))
    return in_folder


def test_numbers_are_chosen_so_that_nothing_listed_can_go(run_cli: RunCli) -> None:
    result = run_cli("lifecycle")
    assert result.exit_code == 0
    assert result.stdout == (
        "repository               priority  takes     when\n"
        "mirror/docker-hub/nginx  1         1*        more than 2\n"
        "mirror/docker-hub/nginx  2         untagged  pushed over 7 days ago\n"
        "\n"
        "Nothing would expire.\n"
    )


def test_what_ecr_holds_beside_the_list_can_push_out_what_is_listed(run_cli: RunCli) -> None:
    result = run_cli("lifecycle", "--from", "held.json", "--at", "2026-03-02")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[4:] == [
        "repository               image                tags    pushed      rule  wanted",
        "mirror/docker-hub/nginx  sha256:aaaaaaaaaaaa  1.24.0  2026-01-01  1     1.24.0",
        "mirror/docker-hub/nginx  sha256:dddddddddddd  (none)  2026-01-01  2     -",
    ]


def test_what_goes_without_being_wanted_is_no_problem(run_cli: RunCli, folder: Path) -> None:
    (folder / "held.json").write_text(json.dumps({"imageDetails": HELD[1:]}))
    result = run_cli("lifecycle", "--from", "held.json", "--at", "2026-03-02T12:00:00Z")
    assert result.exit_code == 0
    assert "sha256:dddddddddddd" in result.stdout


def test_a_rule_that_would_take_a_listed_tag_is_shown_and_not_only_refused(run_cli: RunCli, folder: Path) -> None:
    (folder / "images.yaml").write_text(RULES)
    assert "error[lifecycle-expires-wanted]" in run_cli("validate").stdout
    result = run_cli("lifecycle", "--format", "json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert [one["tags"] for one in document["expiring"]] == [["1.24.0"], ["1.25.0"]]
    assert document["policies"]["mirror/docker-hub/nginx"][0]["selection"] == {
        "tagStatus": "any",
        "countType": "sinceImagePulled",
        "countUnit": "days",
        "countNumber": 90,
    }


def test_the_last_recorded_pull_counts(run_cli: RunCli, folder: Path) -> None:
    (folder / "images.yaml").write_text(RULES)
    pulled = [{**one, "lastRecordedPullTime": "2026-05-01T00:00:00+00:00"} for one in HELD[:2]]
    (folder / "held.json").write_text(json.dumps({"imageDetails": [*pulled, *HELD[2:]]}))
    result = run_cli("lifecycle", "--from", "held.json", "--at", "2026-06-15", "--format", "json")
    gone = json.loads(result.stdout)["expiring"]
    assert [(one["tags"], one["action"]) for one in gone] == [(["1.26", "1.26.0"], "transition"), ([], "transition")]


def test_markdown(run_cli: RunCli) -> None:
    result = run_cli("lifecycle", "--format", "markdown")
    assert "| `mirror/docker-hub/nginx` | 1 | `1*` | `more than 2` |" in result.stdout


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["--live", "--from", "held.json"], 2, "--live and --from are two ways"),
        (["--from", "held.json", "--at", "soon"], 2, "--at: 'soon' is no time"),
        (["--from", "nowhere.json"], 1, "cannot read nowhere.json"),
        (["--from", "images.yaml"], 1, "is not what ECR says of images"),
    ],
)
def test_wrong_usage(args: list[str], code: int, said: str, run_cli: RunCli) -> None:
    result = run_cli("lifecycle", *args)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr


def test_what_is_archived_and_what_came_back_is_read_with_its_time(run_cli: RunCli, folder: Path) -> None:
    rule = (
        "{tagStatus: any, storageClass: archive, countType: sinceImageTransitioned, countUnit: days, countNumber: 90}"
    )
    (folder / "images.yaml").write_text(f"{RULES}          - {{rulePriority: 2, selection: {rule}}}\n")
    archived = detail("e", "2026-01-01", imageStatus="ARCHIVED", lastArchivedAt="2026-02-01")
    restored = detail("f", "2026-01-01", lastArchivedAt="2026-02-01", lastActivatedAt="2026-05-01")
    follower = detail("0", "2026-05-04", subjectManifestDigest=archived["imageDigest"])
    (folder / "held.json").write_text(json.dumps({"imageDetails": [archived, restored, follower]}))
    result = run_cli("lifecycle", "--from", "held.json", "--at", "2026-05-05", "--format", "json")
    gone = json.loads(result.stdout)["expiring"]
    assert [(image["digest"], image["rule"]) for image in gone] == [
        (archived["imageDigest"], 2),
        (follower["imageDigest"], 2),
    ]


PODS = {
    "apiVersion": "v1",
    "kind": "List",
    "items": [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"web-{number}", "namespace": "shop"},
            "spec": {"containers": [{"name": "web", "image": image}]},
            "status": {"podIP": "10.0.0.1"},
        }
        for number, image in enumerate(
            ["nginx:1.26", "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mirror/docker-hub/nginx:1.20", "redis:7"]
        )
    ],
}
HERE = {"AWS_ACCOUNT_ID": "123456789012", "AWS_REGION": "eu-west-1"}


def in_use(run_cli: RunCli, monkeypatch: pytest.MonkeyPatch, *args: str) -> Any:
    for name, value in HERE.items():
        monkeypatch.setenv(name, value)
    Path("images.yaml").write_text(RULES.replace("countNumber: 90", "countNumber: 40"))
    return run_cli("lifecycle", "--from", "held.json", "--at", "2026-03-05", "--in-use", "pods.json", *args)


def test_the_day_on_which_what_runs_would_go(run_cli: RunCli, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    pods = {**PODS, "items": PODS["items"][:1]}
    (folder / "pods.json").write_text(json.dumps(pods))
    result = in_use(run_cli, monkeypatch, "--horizon", "35")
    assert [line.split() for line in result.stdout.splitlines()[-2:]] == [
        ["runs", "used", "by", "held", "goes", "rule"],
        ["mirror/docker-hub/nginx:1.26", "shop/web-0", "yes", "2026-04-10", "1"],
    ]


@pytest.mark.parametrize(("days", "code"), [(35, 0), (36, 1)])
def test_what_runs_must_stay_for_the_days_of_the_horizon(
    run_cli: RunCli, monkeypatch: pytest.MonkeyPatch, folder: Path, days: int, code: int
) -> None:
    (folder / "held.json").write_text(json.dumps({"imageDetails": HELD[2:3]}))
    (folder / "pods.json").write_text(json.dumps({**PODS, "items": PODS["items"][:1]}))
    assert in_use(run_cli, monkeypatch, "--horizon", str(days)).exit_code == code


def test_what_runs_and_is_not_held_is_first_and_counts(
    run_cli: RunCli, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    (folder / "held.json").write_text(json.dumps({"imageDetails": HELD[2:3]}))
    (folder / "pods.json").write_text(json.dumps(PODS))
    result = in_use(run_cli, monkeypatch, "--format", "json", "--horizon", "7")
    assert result.exit_code == 3
    running = json.loads(result.stdout)["running"]
    assert [(one["tag"], one["held"], one["consumers"]) for one in running] == [
        ("1.20", "no", ["shop/web-1"]),
        ("1.26", "yes", ["shop/web-0"]),
    ]


def test_what_runs_is_compared_with_what_is_held(run_cli: RunCli) -> None:
    result = run_cli("lifecycle", "--in-use", "pods.json")
    assert result.exit_code == 2
    assert "--in-use needs what ECR holds" in result.stderr


def test_a_file_in_which_nothing_runs_is_no_answer(
    run_cli: RunCli, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    (folder / "pods.json").write_text(json.dumps({**PODS, "items": []}))
    result = in_use(run_cli, monkeypatch)
    assert result.exit_code == 1
    assert "pods.json names no image that runs" in result.stderr
