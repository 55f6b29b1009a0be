"""docs/images-yaml.md and docs/problems.md against the schema, the model and what the program says."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from mirrorgen.destinations import kinds
from mirrorgen.destinations.ecr.access import Pull
from mirrorgen.destinations.ecr.rules import Lifecycle
from mirrorgen.destinations.ecr.settings import EcrSettings, Encryption, RepositorySettings
from mirrorgen.destinations.ecr.target import EcrTarget
from mirrorgen.destinations.registry.target import RegistryTarget
from mirrorgen.master_list.shape import load_schema
from mirrorgen.model import allowances, registries
from mirrorgen.model import images as model
from mirrorgen.model.references import Source, parse_source
from mirrorgen.model.tags import is_fixed
from mirrorgen.model.targets import TerraformOptions
from mirrorgen.problems import CODES, Severity
from mirrorgen.reporting.formats import ProblemFormat
from mirrorgen.reporting.problems import format_problems
from tests.conftest import RunCli
from tests.documents import (
    BY_NAME,
    FIELDS,
    MINIMAL,
    PROBLEMS,
    ROOT,
    blocks_of,
    code,
    load_text,
    require_text,
    rows_of,
    text_of,
)

ECR = "#/$defs/ecr"

# The master list


def schema_fields() -> dict[str, dict[str, Any]]:
    """Every path of the schema with its subschema; settings of a repository stand once, below `ecr`."""
    schema = load_schema()
    found: dict[str, dict[str, Any]] = {}

    def walk(node: dict[str, Any], path: str) -> None:
        for name, inner in node.get("properties", {}).items():
            add(inner, f"{path}.{name}" if path else name, required=name in node.get("required", ()))
        if isinstance(node.get("additionalProperties"), dict):
            add(node["additionalProperties"], f"{path}.{'<host>' if path == 'registries' else '<key>'}")
        items = node.get("items", {})
        if items.get("properties"):
            walk(items, f"{path}[]")
        elif items:
            add(items, f"{path}[]")

    def add(node: dict[str, Any], path: str, *, required: bool = False) -> None:
        definition = schema["$defs"].get(node.get("$ref", "").rpartition("/")[2], {})
        shared = {} if definition.get("type") == "object" else definition
        found[path] = {**shared, **node, "required-here": required}
        if node.get("$ref") != ECR:
            walk(node if "$ref" not in node else definition, path)

    walk(schema, "")
    walk(schema["$defs"]["ecr"], "ecr")
    return found


def documented_fields() -> dict[str, list[str]]:
    rows = rows_of(FIELDS, "path", "type", "default", "meaning")
    assert len({row[0] for row in rows}) == len(rows)
    return {code(row[0]): row for row in rows}


def test_the_reference_has_every_field_and_no_other() -> None:
    assert sorted(documented_fields()) == sorted(schema_fields())


def test_defaults_are_those_of_the_schema() -> None:
    for path, node in schema_fields().items():
        cell = documented_fields()[path][2]
        if node["required-here"]:
            assert cell == "required", path
        elif "default" in node and not cell.startswith("see `defaults."):
            assert yaml.safe_load(code(cell)) == node["default"], path
        else:
            assert cell == "none" or cell.startswith("see "), path


def test_choices_are_those_of_the_schema() -> None:
    for path, node in schema_fields().items():
        if "enum" in node:
            assert re.findall(r"`([^`]+)`", documented_fields()[path][1]) == node["enum"], path


def test_defaults_are_those_of_the_model(tmp_path: Path) -> None:
    registry = "registries:\n  docker.io: {rate_limit: {min: 1}}\n"
    loaded = load_text(registry + MINIMAL, tmp_path)
    assert loaded.is_usable
    assert loaded.master_list
    built = loaded.master_list
    (image,) = built.images
    settings = image.settings
    assert isinstance(settings, EcrSettings)
    values = {
        **_values("target", RegistryTarget("harbor.example.com")),
        **_values("target", built.target),
        **_values("registries.<host>", built.registries["docker.io"]),
        **_values("ecr", settings),
        "targets.<key>.replicate": built.target.replicated_from is not None,
        "registries.<host>.rate_limit.retry": model.RateLimit(1).retry,
        "defaults.parallel": built.parallel,
        **_copying("defaults", image.copying),
        **_copying("images[]", image.copying),
        "defaults.update": image.update,
        "images[].tags.order": image.tags.order,
        "images[].tags.moving": image.tags.moving,
        "ecr.tags": dict(settings.tags),
        "ecr.pull.lambda": settings.pull.to_lambda,
    }
    assert built.registries["docker.io"].rate_limit == model.RateLimit(1)
    documented = {
        path: yaml.safe_load(code(row[2])) for path, row in documented_fields().items() if row[2].startswith("`")
    }
    assert documented.pop("version") == 1
    assert documented == {path: values[path] for path in documented}
    assert settings == EcrSettings()
    assert built.target == EcrTarget()


def _copying(path: str, copying: model.Copying) -> dict[str, Any]:
    values = _values(path, copying)
    return {**values, f"{path}.platforms": values.pop(f"{path}.platform") or "all"}


def _values(path: str, settings: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields(settings):
        value = getattr(settings, field.name)
        if isinstance(value, Encryption | Lifecycle | Pull | TerraformOptions):
            found |= _values(f"{path}.{field.name}", value)
        else:
            found[f"{path}.{field.name}"] = value
    return found


def test_default_aliases() -> None:
    documented = {code(host): code(alias) for host, alias in rows_of(FIELDS, "registry", "alias")}
    assert documented == registries._ALIASES


def test_what_a_source_means() -> None:
    for written, means in rows_of(FIELDS, "written", "means"):
        source = parse_source(code(written), ())
        assert isinstance(source, Source)
        assert str(source) == code(means)


def test_names_in_ecr(tmp_path: Path) -> None:
    for source, repository in rows_of(FIELDS, "source", "repository"):
        loaded = load_text(f'images:\n  - source: {code(source)}\n    tags: ["1.0.0"]\n', tmp_path)
        assert loaded.desired
        assert [desired.name for desired in loaded.desired.repositories] == [code(repository)]


def test_fixed_and_moving_tags() -> None:
    for tag, kind, _ in rows_of(FIELDS, "tag", "kind", "because"):
        assert kind == ("fixed" if is_fixed(code(tag)) else "moving"), tag


def test_mutability(tmp_path: Path) -> None:
    tags = ('["1.0.0"]', '["latest"]', '["1.0.0", "latest"]')
    for setting, *cells in rows_of(FIELDS, "`tag_mutability`", "every tag fixed", "every tag moving", "both"):
        for written, cell in zip(tags, cells, strict=True):
            entry = f"  - source: nginx\n    tags: {written}\n    ecr: {{tag_mutability: {code(setting)}}}\n"
            loaded = load_text(f"images:\n{entry}", tmp_path)
            assert loaded.desired
            (repository,) = loaded.desired.repositories
            if loaded.is_usable:
                assert isinstance(repository.settings, RepositorySettings)
                assert code(cell) == repository.settings.mutability.setting
                assert ("notice" in cell) == bool(loaded.problems)
            else:
                assert cell == "an error for each moving tag"


@pytest.mark.parametrize("name", [name for name in BY_NAME if name != "docs/problems.md"])
def test_lists_in_documents_are_usable(name: str, tmp_path: Path) -> None:
    for block in blocks_of(ROOT / name, "yaml"):
        if "images:" in block:
            loaded = load_text(block, tmp_path)
            found = [problem for problem in loaded.problems if problem.severity is not Severity.NOTICE]
            assert not found, format_problems(found, ProblemFormat.TEXT)


def test_names_of_credentials() -> None:
    patterns = {row[0]: tuple(re.findall(r"`([^`]+)`", row[1])) for row in rows_of(FIELDS, "which", "patterns")}
    assert patterns == {"for registries": allowances.FITTING, "of others": allowances.OTHERS}


def test_what_is_given_can_be_allowed() -> None:
    given = [code(row[0]) for row in rows_of(FIELDS, "given", "allows")]
    assert len(allowances.Allowances.read(given).hosts) == 4


# Problems


def test_every_problem_code_is_explained() -> None:
    sections = dict(re.findall(r"^### (\S+)\n\n(.*?)(?=^##+ |\Z)", text_of(PROBLEMS), re.MULTILINE | re.DOTALL))
    assert {name: section.partition("\n")[0] for name, section in sections.items()} == CODES
    for section in sections.values():
        assert "```" in section
        assert "**What to do:** " in section


def test_examples_of_problems_show_them(run_cli: RunCli, in_folder: Path, pytestconfig: pytest.Config) -> None:
    def current(match: re.Match[str]) -> str:
        name, before, example = match.group(1, 2, 3)
        (in_folder / "images.yaml").write_text(example, encoding="utf-8")
        output = run_cli("validate").stdout
        found = {problem["code"] for problem in json.loads(run_cli("validate", "--format", "json").stdout)["problems"]}
        assert name in found
        shown = "".join(output.splitlines(keepends=True)[:-1])  # without the line that counts
        return f"### {name}\n{before}```yaml\n{example}```\n\n```text\n{shown}```\n"

    pattern = r"^### (\S+)\n((?:(?!^#|```).)*)```yaml\n(.*?)```\n\n```text\n.*?```\n"
    written = re.sub(pattern, current, text_of(PROBLEMS), flags=re.MULTILINE | re.DOTALL)
    require_text(PROBLEMS, written, pytestconfig)


def test_the_schema_tells_editors_which_keys_of_a_target_go_together(tmp_path: Path) -> None:
    """What the schema refuses beside or without `registry` is what the program refuses, which says why."""
    target = load_schema()["properties"]["target"]
    registry = target["dependentSchemas"]["registry"]["properties"]
    assert set(registry.values()) == {False}
    assert target["dependentRequired"] == {key: ["registry"] for key in kinds._REGISTRY_ONLY}
    assert sorted(registry) == sorted(kinds._ECR_ONLY)
    assert {*registry, *target["dependentRequired"], "registry"} == target["properties"].keys()
    loaded = load_text("target: {registry: harbor.example.com, region: eu-west-1}\n" + MINIMAL, tmp_path)
    assert [problem.code for problem in loaded.problems] == ["unknown-key"]
    assert not Draft202012Validator(load_schema()).is_valid(loaded.document.data)
