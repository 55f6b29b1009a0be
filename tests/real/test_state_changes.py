"""Repositories that Terraform's state lacks or calls otherwise, with the real Terraform and an emulated ECR."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.real.conftest import Project

ADDRESS = "module.repositories.aws_ecr_repository.this"
IMAGES = {"quay.io/org/app": ["v1.0.0"], "quay.io/org/other": ["v1.0.0"]}


@pytest.fixture
def adopted(project: Project) -> Project:
    """A list whose repositories were made without Terraform, and whose images are there."""
    project.serve(IMAGES)
    project.write(IMAGES)
    project.create_repositories()
    assert project.run("sync").returncode == 0
    return project


def names(project: Project) -> list[str]:
    return [f"{project.prefix}/quay/org/{name}" for name in ("app", "other")]


def import_blocks(project: Project) -> str:
    blocks = [f'import {{\n  to = {ADDRESS}["{name}"]\n  id = "{name}"\n}}\n' for name in names(project)]
    return "\n".join(blocks)


def plan_document(project: Project, *, code: int) -> dict[str, object]:
    plan = project.run("plan", "--format", "json")
    assert plan.returncode == code, plan.stdout + plan.stderr
    return dict(json.loads(plan.stdout))


def test_a_lost_state_is_said_before_anything_fails_and_its_cure_can_be_pasted(adopted: Project) -> None:
    plan = adopted.run("plan")
    assert plan.returncode == 5, plan.stdout + plan.stderr
    assert "In ECR already, and not in Terraform's state" in plan.stdout
    assert import_blocks(adopted) in plan.stdout
    assert adopted.run("apply").stderr.startswith("error: there is no saved plan\n")

    (adopted.folder / "terraform/imports.tf").write_text(import_blocks(adopted))
    plan = adopted.run("plan")
    assert plan.returncode == 3, plan.stdout + plan.stderr
    assert "2 to import" in plan.stdout
    applied = adopted.run("apply")
    assert applied.returncode == 0, applied.stderr
    assert "imported into Terraform's state" in applied.stdout

    (adopted.folder / "terraform/imports.tf").unlink()
    assert plan_document(adopted, code=0)["pending"] is False


def test_what_changes_the_state_alone_is_shown_and_applied(adopted: Project) -> None:
    (adopted.folder / "terraform/imports.tf").write_text(import_blocks(adopted))
    assert adopted.run("plan").returncode == 3
    assert adopted.run("apply").returncode == 0
    (adopted.folder / "terraform/imports.tf").unlink()

    assert_a_moved_address_is_applied(adopted)
    assert_outputs_are_applied(adopted)
    assert_a_forgotten_repository_stays(adopted)


def repositories(project: Project) -> Path:
    return project.folder / "terraform/modules/repositories"


def replace_in(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def assert_a_moved_address_is_applied(project: Project) -> None:
    for name in ("main.tf", "outputs.tf"):
        replace_in(repositories(project) / name, "aws_ecr_repository.this", "aws_ecr_repository.mirror")
    main = repositories(project) / "main.tf"
    replace_in(main, '"aws_ecr_repository" "this"', '"aws_ecr_repository" "mirror"')
    moved = f"moved {{\n  from = {ADDRESS}\n  to   = module.repositories.aws_ecr_repository.mirror\n}}\n"
    (project.folder / "terraform/moved.tf").write_text(moved)
    override = repositories(project) / "exclusions_override.tf"
    assert not override.exists()

    plan = project.run("plan")
    assert plan.returncode == 3, plan.stdout + plan.stderr
    assert "Repositories: 2 to move. Tags: 0 to copy.\n" in plan.stdout
    name = names(project)[0]
    assert f'move {ADDRESS}["{name}"] to module.repositories.aws_ecr_repository.mirror["{name}"]\n' in plan.stdout
    applied = project.run("apply")
    assert applied.stdout.startswith("Repositories moved in Terraform's state:\n"), applied.stdout + applied.stderr


def assert_outputs_are_applied(project: Project) -> None:
    with (project.folder / "terraform/outputs.tf").open("a") as stream:
        stream.write('\noutput "answer" {\n  value = 42\n}\n')
    plan = project.run("plan")
    assert plan.returncode == 3, plan.stdout + plan.stderr
    assert "Terraform outputs that change:\n  answer\n" in plan.stdout
    assert project.run("apply").stdout == "Terraform outputs changed:\n  answer\n"
    assert plan_document(project, code=0)["pending"] is False


def assert_a_forgotten_repository_stays(project: Project) -> None:
    project.write({"quay.io/org/app": ["v1.0.0"]})
    replace_in(repositories(project) / "main.tf", '"aws_ecr_repository" "mirror"', '"aws_ecr_repository" "other"')
    (project.folder / "terraform/moved.tf").unlink()
    for name in ("main.tf", "outputs.tf"):
        replace_in(repositories(project) / name, "aws_ecr_repository.mirror", "aws_ecr_repository.other")
    kept, gone = names(project)
    (project.folder / "terraform/removed.tf").write_text(
        "removed {\n  from = module.repositories.aws_ecr_repository.mirror\n"
        "  lifecycle {\n    destroy = false\n  }\n}\n"
        f'import {{\n  to = module.repositories.aws_ecr_repository.other["{kept}"]\n  id = "{kept}"\n}}\n'
    )
    plan = project.run("plan")
    assert plan.returncode == 3, plan.stdout + plan.stderr
    assert "DESTROY" not in plan.stdout
    assert f'forget module.repositories.aws_ecr_repository.mirror["{gone}"], which stays in ECR\n' in plan.stdout
    applied = project.run("apply")
    assert applied.returncode == 0, applied.stderr
    assert re.search(f"left to themselves.*:\n(  .*\n)*  {gone}\n", applied.stdout)
    assert project.held("quay/org/other")


# Repositories and policies where they were before they had a module of their own.
FORMER_LAYOUT = """
resource "aws_ecr_repository" "this" {
  for_each             = { for image in var.mirrored_images : image.repository => image }
  name                 = each.key
  image_tag_mutability = each.value.tag_mutability
  force_delete         = true
  tags                 = each.value.tags
  image_scanning_configuration {
    scan_on_push = each.value.scan_on_push
  }
  encryption_configuration {
    encryption_type = each.value.encryption.type
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  for_each   = aws_ecr_repository.this
  repository = each.value.name
  # As Terraform writes JSON, which sorts the keys.
  policy = jsonencode(jsondecode({
    for image in var.mirrored_images : image.repository => image.lifecycle_policy
  }[each.key]))
}
"""


def test_a_state_from_before_the_modules_is_moved_and_nothing_is_made_anew(project: Project) -> None:
    project.serve(IMAGES)
    project.write(IMAGES)
    main, outputs = (project.folder / "terraform" / name for name in ("main.tf", "outputs.tf"))
    now = main.read_text(), outputs.read_text()
    main.write_text(FORMER_LAYOUT)
    outputs.unlink()
    assert project.run("plan").returncode == 3
    assert project.run("apply").returncode == 0
    assert project.run("sync").returncode == 0

    main.write_text(now[0])
    outputs.write_text(now[1])
    plan = project.run("plan")
    assert plan.returncode == 3, plan.stdout + plan.stderr
    assert "Repositories: 2 to change, 2 to move. Tags: 0 to copy.\n" in plan.stdout
    for name in names(project):
        assert re.search(rf"^{name} .* change force_delete, move ", plan.stdout, re.MULTILINE)
        for kind in ("aws_ecr_repository", "aws_ecr_lifecycle_policy"):
            assert f'move {kind}.this["{name}"] to module.repositories.{kind}.this["{name}"]\n' in plan.stdout
    assert project.run("apply").returncode == 0
    assert plan_document(project, code=0)["pending"] is False
    assert project.held("quay/org/app")


def test_a_repository_that_comes_between_plan_and_apply_is_named_once_with_its_import(project: Project) -> None:
    project.serve(IMAGES)
    project.write(IMAGES)
    assert project.run("plan").returncode == 3
    project.create_repositories()
    applied = project.run("apply")
    assert applied.returncode == 5
    assert "RepositoryAlreadyExistsException" in applied.stderr
    assert applied.stderr.endswith(f"\n\n{import_blocks(project)}")


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"sha256": 1', "\x00\xff", "{}"], ids=range(6))
def test_a_saved_plan_that_nobody_can_vouch_for_is_not_applied(project: Project, broken: str) -> None:
    project.write(IMAGES)
    folder = project.folder / "terraform/.mirrorgen"
    folder.mkdir()
    (folder / "plan.tfplan").write_text("a plan")
    (folder / "plan.json").write_bytes(broken.encode("latin-1"))
    applied = project.run("apply")
    assert applied.returncode == 1
    assert applied.stderr == (
        f"error: {folder / 'plan.json'} does not say what the saved plan was made from\n"
        "hint: run `mirrorgen plan` again; it writes both anew\n"
    )
