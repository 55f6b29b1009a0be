"""CEL as the expressions of a MutatingPolicy need it: parsed and evaluated by cel-python.

What that library does not have is here: the strings of cel-go's `ext.Strings`, and Kubernetes' `Object{...}`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import celpy
from celpy import celtypes
from celpy.adapter import json_to_cel

FUNCTIONS: dict[str, Any] = {
    "split": lambda text, by: celtypes.ListType([celtypes.StringType(part) for part in text.split(by)]),
    "substring": lambda text, start, end=None: celtypes.StringType(text[start:end]),
    "indexOf": lambda text, part: celtypes.IntType(text.find(part)),
    "lastIndexOf": lambda text, part: celtypes.IntType(text.rfind(part)),
}
# The library takes a type for what holds the types within; so each becomes the one type of a map.
_OBJECT = re.compile(r"\bObject[.\w]*(?=\{)")


def evaluate(expression: str, values: Mapping[str, Any]) -> Any:
    """Return what an expression makes of variables, which are plain data or what another expression made."""
    environment = celpy.Environment(annotations={"Made": celtypes.MapType})
    compiled = environment.compile(_OBJECT.sub("Made", expression))
    program = environment.program(compiled, functions=FUNCTIONS)
    return program.evaluate({name: json_to_cel(value) for name, value in values.items()})


def apply(policy: Mapping[str, Any], pod: dict[str, Any], before: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Return the image of each container of a Pod after a MutatingPolicy; `before` is the Pod that is changed."""
    variables: dict[str, Any] = {}
    for variable in policy["spec"]["variables"]:
        values = {"object": pod, "oldObject": before, "variables": variables}
        variables[variable["name"]] = evaluate(variable["expression"], values)
    lists = ("containers", "initContainers", "ephemeralContainers")
    images = {item["name"]: item["image"] for key in lists for item in pod["spec"].get(key, [])}
    for mutation in policy["spec"]["mutations"]:
        assert mutation["patchType"] == "ApplyConfiguration"
        expression = mutation["applyConfiguration"]["expression"]
        applied = evaluate(expression, {"object": pod, "variables": variables}).get("spec", {})
        merged = {str(item["name"]): str(item["image"]) for items in applied.values() for item in items}
        assert merged.keys() <= images.keys()
        images |= merged
    return images
