"""The Terraform module that travels with mirrorgen, and whether its variables fit what is rendered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mirrorgen.errors import InputError
from mirrorgen.resources import resource

_PARTS = ("*.tf", "README.md", ".gitignore", "tests/*.tftest.hcl")
_PLACES = ("", "modules/*/")


def module_files() -> dict[str, str]:
    """Return the text of each file of the root module and of the modules in it, by its name below a list's folder."""
    module = resource("terraform")
    # In a checkout override files may stand there too, which belong to its own list and its own state.
    paths = [
        path
        for place in _PLACES
        for part in _PARTS
        for path in sorted(module.glob(place + part))
        if not path.match("*_override.tf")
    ]
    return {f"terraform/{path.relative_to(module).as_posix()}": path.read_text(encoding="utf-8") for path in paths}


def check_variables(module: Path, document: Mapping[str, Any]) -> None:
    """Compare the names and types of a module's variables with what is rendered, in both directions.

    Terraform itself only warns about a value that no variable takes.

    Args:
        module: folder of the Terraform module.
        document: content of terraform.tfvars.json.

    Raises:
        InputError: they differ, or the module cannot be read.
    """
    declared = declared_types(module)
    differences = [f"the module declares no variable {name!r}" for name in sorted(document.keys() - declared.keys())]
    differences += [
        f"no value is rendered for the variable {name!r}" for name in sorted(declared.keys() - document.keys())
    ]
    for name in sorted(declared.keys() & document.keys()):
        differences += _differences(declared[name], document[name], name)
    if differences:
        hint = "the module in terraform/ and this version of mirrorgen do not belong together"
        raise InputError("; ".join(dict.fromkeys(differences)), hint=hint)


def declared_types(module: Path) -> dict[str, Any]:
    """Return the type of each variable that a module declares, as nested data.

    A type is its name (`"string"`), `{"list": type}`, `{"map": type}` or `{"object": {field: type}}`.

    Raises:
        InputError: a file is not HCL.
    """
    import hcl2
    from hcl2.utils import SerializationOptions

    options = SerializationOptions(strip_string_quotes=True, explicit_blocks=False, preserve_heredocs=False)
    types: dict[str, Any] = {}
    for path in sorted(module.glob("*.tf")):
        try:
            content: Any = hcl2.loads(path.read_text(encoding="utf-8"), serialization_options=options)
        except Exception as error:  # the parser's own errors have no common base
            raise InputError(f"{path} cannot be read: {str(error).splitlines()[0]}") from error
        for block in content.get("variable", []):
            for name, body in block.items():
                types[name.strip('"')] = _parse_type(str(body.get("type", "any")))
    return types


def _parse_type(text: str) -> Any:
    tokens = re.findall(r"[A-Za-z_][A-Za-z0-9_]*|[(){},=:]", text.removeprefix("${").removesuffix("}"))
    return _type(tokens)


def _type(tokens: list[str]) -> Any:
    name = tokens.pop(0)
    if not tokens or tokens[0] != "(":
        return name
    tokens.pop(0)
    inner: Any = _fields(tokens) if name == "object" else _type(tokens)
    tokens.pop(0)
    return {name: inner}


def _fields(tokens: list[str]) -> dict[str, Any]:
    tokens.pop(0)
    fields: dict[str, Any] = {}
    while tokens[0] != "}":
        name = tokens.pop(0)
        if name == ",":
            continue
        tokens.pop(0)
        fields[name] = _type(tokens)
    tokens.pop(0)
    return fields


_SCALARS: dict[str, tuple[type, ...]] = {"string": (str,), "number": (int, float), "bool": (bool,), "any": (object,)}


def _differences(declared: Any, value: Any, path: str) -> list[str]:
    """Say where a value does not fit a type; null fits every type."""
    if value is None:
        return []
    if isinstance(declared, str):
        fits = isinstance(value, _SCALARS[declared]) and not (declared == "number" and isinstance(value, bool))
        return [] if fits else [f"{path} is rendered as {type(value).__name__}, but declared as {declared}"]
    ((kind, inner),) = declared.items()
    if kind == "list" and isinstance(value, list):
        return [text for item in value for text in _differences(inner, item, f"{path}[]")]
    if kind == "map" and isinstance(value, dict):
        return [text for item in value.values() for text in _differences(inner, item, f"{path}{{}}")]
    if kind == "object" and isinstance(value, dict):
        return _field_differences(inner, value, path)
    return [f"{path} is rendered as {type(value).__name__}, but declared as {kind}"]


def _field_differences(fields: dict[str, Any], value: dict[str, Any], path: str) -> list[str]:
    found = [f"{path} has no field {name!r} in the module" for name in sorted(value.keys() - fields.keys())]
    found += [f"{path}.{name} is declared but not rendered" for name in sorted(fields.keys() - value.keys())]
    for name in sorted(value.keys() & fields.keys()):
        found += _differences(fields[name], value[name], f"{path}.{name}")
    return found
