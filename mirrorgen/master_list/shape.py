"""Hold the data against the published JSON Schema and say what does not fit in plain sentences.

The schema carries what a sentence needs beyond the standard keywords: `x-problem` (the code for a value of the
wrong form), `x-not-text` (the code for text that YAML reads as something else), `x-hint`, and `x-secret` (the value
must not be repeated).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from mirrorgen.master_list.document import Document
from mirrorgen.master_list.hints import hint_for_unknown_key, written_as_wanted
from mirrorgen.model.references import may_hold_password
from mirrorgen.model.spelling import nearest
from mirrorgen.problems import KeyPath, Problem
from mirrorgen.resources import resource

_STANDARD_TYPE = Draft202012Validator.VALIDATORS["type"]
# What a schema may say for it to be looked at in passing: of texts, of lists and of mappings, and what is no condition.
_OF_TEXT, _OF_LISTS = frozenset({"minLength"}), frozenset({"items", "minItems"})
_OF_MAPPINGS = frozenset({"properties", "required", "additionalProperties", "minProperties"})
_OF_NOTHING = frozenset({"type", "description", "default", "examples", "title", "x-hint", "x-not-text", "x-problem"})
_MAX_SHOWN = 140
_NAMES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


def load_schema(name: str = "images") -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the master list, or of its `lock`."""
    schema: dict[str, Any] = json.loads(resource(f"schemas/{name}.schema.json").read_text(encoding="utf-8"))
    return schema


def check_shape(document: Document, schema: str = "images") -> list[Problem]:
    """Return what does not fit the schema, and take those values out of `document.data`.

    What is left can be read without looking at its types again: in a list the bad entries are None, in a mapping
    they are gone.
    """
    validator = _Validator(load_schema(schema), format_checker=FormatChecker(["date"]))
    errors = list(validator.iter_errors(document.data))
    problems = [problem for error in errors for problem in _problems(error, validator, document)]
    for error in errors:
        if error.validator not in {"required", "additionalProperties"}:
            _take_out(document, tuple(error.absolute_path))
    return problems


def _type(validator: Any, types: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    # YAML reads an unquoted 2027-06-30 as a date, which is what a schema with this format asks for.
    if type(instance) is date and schema.get("format") == "date":
        return
    yield from _STANDARD_TYPE(validator, types, instance, schema)


def _items(validator: Any, items: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:  # noqa: ARG001
    # Most of a large list is an entry with a source and a list of tags, and needs no more than a look at its types.
    if isinstance(instance, list):
        fits = _look(items)
        for index, item in enumerate(instance):
            if not fits(item):
                yield from validator.descend(item, items, path=index)


def _look(schema: Mapping[str, Any]) -> Callable[[Any], bool]:
    """Return what tells at a look that a value fits a schema; where it does not, nothing is said of the value."""
    kinds = schema.get("type", ())
    said = schema.keys() - _OF_NOTHING
    if kinds == "string" and said <= _OF_TEXT:
        least = schema.get("minLength", 0)
        return lambda value: type(value) is str and len(value) >= least
    if "array" in kinds and "items" in schema and said <= _OF_LISTS | _OF_MAPPINGS:
        inner, fewest = _look(schema["items"]), schema.get("minItems", 0)
        return lambda value: type(value) is list and len(value) >= fewest and all(map(inner, value))
    if kinds == "object" and said == {"properties", "required", "additionalProperties"}:
        looks = {key: _look(each) for key, each in schema["properties"].items()}
        needed = set(schema["required"])
        return lambda value: (
            type(value) is dict
            and needed <= value.keys() <= looks.keys()
            and all(looks[key](inner) for key, inner in value.items())
        )
    return lambda _: False


def _left_to_building(*_arguments: Any) -> Iterator[ValidationError]:
    # For editors. `destinations.kinds` says with a reason which keys do not go together, `several` of names.
    yield from ()


def _is_whole(_checker: Any, value: Any) -> bool:
    # The standard takes 4.0 for an integer; regsync and Terraform are given what is written.
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(checker: Any, value: Any) -> bool:
    return _is_whole(checker, value) or (isinstance(value, float) and math.isfinite(value))


_TYPES = Draft202012Validator.TYPE_CHECKER.redefine_many({"integer": _is_whole, "number": _is_number})
_Validator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        "type": _type,
        "items": _items,
        "dependentRequired": _left_to_building,
        "dependentSchemas": _left_to_building,
        "propertyNames": _left_to_building,
    },
    type_checker=_TYPES,
)


def _take_out(document: Document, path: KeyPath) -> None:
    if not path:
        document.data = {}
        return
    parent = document.data
    for step in path[:-1]:
        if not isinstance(parent, dict | list) or (isinstance(parent, dict) and step not in parent):
            return  # a value around this one was taken out before
        parent = parent[step]  # type: ignore[index]
    if isinstance(parent, list):
        parent[path[-1]] = None  # type: ignore[index]
    elif isinstance(parent, dict):
        parent.pop(path[-1], None)


def _problems(error: Any, validator: Any, document: Document) -> Iterator[Problem]:
    path = tuple(error.absolute_path)
    schema = error.schema if isinstance(error.schema, dict) else {}
    if error.validator == "required":
        # jsonschema reports each missing key as an error of its own, named only in its message.
        missing = next(key for key in error.validator_value if error.message.startswith(repr(key)))
        yield Problem("missing-key", f"the key {missing!r} is missing", path, f"add `{missing}:`")
    elif error.validator == "additionalProperties":
        yield from _unknown_keys(error, schema, validator, path)
    elif error.validator == "type":
        yield _wrong_type(error, schema, path, document)
    elif error.validator in {"minItems", "minProperties"}:
        yield Problem("empty-list", "the list is empty", path, schema.get("x-hint", "add at least one entry"))
    else:
        message = "this value is not of the form allowed here" if schema.get("x-secret") else _bad_value(error)
        yield Problem(schema.get("x-problem", "bad-value"), message, path, _hint(error, schema))


def _unknown_keys(error: Any, schema: dict[str, Any], validator: Any, path: KeyPath) -> Iterator[Problem]:
    for key, value in error.instance.items():
        if key not in schema.get("properties", ()):
            hint = hint_for_unknown_key(key, value, schema, validator)
            yield Problem("unknown-key", f"the key {key[:80]!r} is not known here", (*path, key), hint, on_key=True)


def _wrong_type(error: Any, schema: dict[str, Any], path: KeyPath, document: Document) -> Problem:
    types = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    if schema.get("x-secret"):
        return Problem(schema["x-problem"], "this is not of the type needed here", path, schema["x-hint"])
    wanted = _NAMES[types[0]]
    written = document.written(path)
    if written and not written.text:
        return Problem("wrong-type", f"there is no value here; {wanted} is needed", path, schema.get("x-hint", ""))
    if "string" in types and written:
        code = schema.get("x-not-text", "value-not-text")
        message = _not_text(written.text, error.instance, written.kind)
        in_list = isinstance(path[-1], int)
        hint = f'write "{written.text}"' if in_list or written.kind != "null" else "write a value, or remove the key"
        return Problem(code, message, path, hint)
    found = _NAMES[_type_name(error.instance)] if written is None else _shown(written.text)
    hint = (written and written_as_wanted(path, written.text)) or schema.get("x-hint", "")
    return Problem("wrong-type", f"{wanted} is needed here, not {found}", path, hint)


def _shown(text: str) -> str:
    if may_hold_password(text):
        return "text with an @"
    return repr(text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 3] + "...")


def _not_text(text: str, value: Any, kind: str) -> str:
    read_as = value.isoformat() if isinstance(value, date | datetime) else json.dumps(value, default=str)
    became = f" ({read_as})" if kind != "null" and read_as != text else ""
    return f"YAML reads the unquoted {text} as {kind}{became}, not as text"


def _type_name(value: Any) -> str:
    return {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}.get(
        type(value), "number"
    )


def _bad_value(error: Any) -> str:
    value = error.instance
    shown = repr(value) if isinstance(value, str) else json.dumps(value, default=str)
    shown = shown if len(shown) <= 80 else shown[:77] + "..."
    limit = error.validator_value
    match error.validator:
        case "minimum":
            return f"{shown} is too small; the least is {limit}"
        case "exclusiveMinimum":
            return f"{shown} is too small; it must be more than {limit}"
        case "maximum":
            return f"{shown} is too large; the most is {limit}"
        case "maxLength":
            return f"this has {len(value)} characters; {limit} are allowed"
        case "minLength":
            return "this text is empty"
        case "format":
            return f"{shown} is not a day"
        case "const":
            return f"{shown} is not allowed here; the only value is {limit}"
        case _:
            return f"{shown} is not allowed here"


def _hint(error: Any, schema: dict[str, Any]) -> str:
    if error.validator == "enum":
        near = nearest(str(error.instance), [value for value in error.validator_value if isinstance(value, str)])
        return f"did you mean {near[0]!r}?" if near else f"one of: {', '.join(error.validator_value)}"
    return str(schema.get("x-hint", ""))
