"""Task definitions and running tasks of ECS, as `aws ecs` gives and takes them, and as CloudFormation writes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from mirrorgen.model.references import is_digest
from mirrorgen.problems import KeyPath, format_path
from mirrorgen.readers.contract import Around, Format, NamedImage, Reading, Refusal
from mirrorgen.readers.gathering import Gathering
from mirrorgen.readers.taking import show, take
from mirrorgen.readers.variables import Unfilled
from mirrorgen.readers.yaml_documents import Document, Tagged, walk

_DEFINITIONS = re.compile(r"""(?:^|[\s{,])["']?[cC]ontainerDefinitions["']?\s*:""")
_RESOURCE = re.compile(r"AWS::ECS::TaskDefinition")
_TASKS = re.compile(r'"taskArn"\s*:')
# What a bare list of container definitions has, as Terraform and scripts keep it.
_CONTAINER = re.compile(r'"(?:essential|portMappings|logConfiguration|mountPoints|memoryReservation)"\s*:')
_IMAGE = re.compile(r'"image"\s*:')
_LOOKED_AT = 1_000_000
_CHOSEN = "give what `aws ecs describe-task-definition` prints"
_PLACEHOLDER = re.compile(r"\$\{(!?)([^}]*)\}")


def recognizes(text: str, file: str) -> bool:  # noqa: ARG001
    """Whether it has container definitions, or tasks."""
    start = text[:_LOOKED_AT]
    if _DEFINITIONS.search(start) or _RESOURCE.search(start):
        return True
    opened = start.lstrip("\ufeff \t\r\n")[:1]
    if opened == "[":
        return bool(_CONTAINER.search(start) and _IMAGE.search(start))
    return opened == "{" and bool(_TASKS.search(start) and _IMAGE.search(start))


def read(text: str, around: Around) -> Reading:
    """Take the images of all containers; `variables` are the parameters of a template of CloudFormation."""
    gathering = Gathering(FORMAT.name, around)
    for document in gathering.documents(text):
        parameters = {**_defaults(document.data), **around.variables}
        for path, container, consumer in _containers(document.data):
            if not isinstance(container, dict):
                reason = "which containers these are is known only when the template is deployed"
                gathering.refuse(_says(container), document.place(path), format_path(path), reason, _CHOSEN)
                continue
            _take(document, path, container, consumer, parameters, gathering)
    return gathering.reading()


def _take(
    document: Document,
    path: KeyPath,
    container: Mapping[str, Any],
    consumer: str,
    parameters: Mapping[str, str],
    gathering: Gathering,
) -> None:
    key = "Image" if "Image" in container else "image"
    written, place, shown = container.get(key), document.place((*path, key)), format_path((*path, key))
    try:
        found = take(_resolved(written, parameters), place, shown, file_says=_says(written))
    except Unfilled as trouble:
        hint = "give its value among the variables"
        gathering.add(Refusal(_says(written), place, shown, str(trouble), hint))
        return
    if isinstance(found, NamedImage):
        digest = container.get("imageDigest")
        running = digest if isinstance(digest, str) and is_digest(digest) else None
        found = replace(found, consumer=consumer, running=running)
    gathering.add(found)


def _containers(data: Any) -> Iterator[tuple[KeyPath, Any, str]]:
    """Yield each container with the path to it and what people call that which runs it.

    Where a condition of the template chooses one, or all of them, it is that which stands there: `!If`.
    """
    consumers: dict[KeyPath, str] = {}
    for path, value in walk(data):
        if not isinstance(value, dict):
            continue
        called = _called(path, value)
        consumers[path] = called or (consumers.get(path[:-1]) or consumers.get(path[:-2], "") if path else "")
        for key in ("containerDefinitions", "ContainerDefinitions", *(["containers"] if "taskArn" in value else [])):
            yield from _each((*path, key), value.get(key), consumers[path])
    yield from _each((), data, "")


def _each(path: KeyPath, items: object, consumer: str) -> Iterator[tuple[KeyPath, Any, str]]:
    if path and items is not None and not isinstance(items, list):
        yield path, Tagged(f"!{_function(items)[0] or '?'}", None), consumer
    for index, item in enumerate(items) if isinstance(items, list) else []:
        name, _ = _function(item)
        if name and path:
            yield (*path, index), Tagged(f"!{name}", None), consumer
        elif isinstance(item, dict) and (path or "image" in item):
            yield (*path, index), item, consumer


def _called(path: KeyPath, item: Mapping[str, Any]) -> str:
    """The service of a task, the family of a task definition, or the name of a resource of CloudFormation."""
    for key in ("group", "taskArn", "family"):
        if isinstance(item.get(key), str):
            revision = item.get("revision") if key == "family" else None
            return show(item[key]) + (f":{revision}" if isinstance(revision, str) else "")
    return str(path[-1]) if path and item.get("Type") == "AWS::ECS::TaskDefinition" else ""


def _defaults(data: Any) -> dict[str, str]:
    """The parameters of a template of CloudFormation that have a default."""
    parameters = data.get("Parameters") if isinstance(data, dict) else None
    items = parameters.items() if isinstance(parameters, dict) else ()
    defaults = {name: item.get("Default") for name, item in items if isinstance(item, dict)}
    return {name: value for name, value in defaults.items() if isinstance(value, str)}


def _function(written: object) -> tuple[str, object]:
    """The function of CloudFormation that makes a value, `Sub`, and what it is given; nothing where there is none."""
    if isinstance(written, Tagged):
        return written.tag.removeprefix("!"), written.value
    if isinstance(written, dict) and len(written) == 1:
        ((name, given),) = written.items()
        if name == "Ref" or name.startswith("Fn::"):
            return name.removeprefix("Fn::"), given
    return "", None


def _resolved(written: object, parameters: Mapping[str, str]) -> object:
    """What stands for an image once the parameters of the template are known.

    `Ref` and `Sub` are: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html

    Raises:
        Unfilled: a parameter is not.
    """
    name, given = _function(written)
    if name == "Ref" and isinstance(given, str):
        return _value(given, parameters)
    if name == "Sub" and isinstance(given, list) and len(given) == 2 and isinstance(given[1], dict):
        own = {key: value for key, value in given[1].items() if isinstance(value, str)}
        given, parameters = given[0], {**parameters, **own}
    if name == "Sub" and isinstance(given, str):
        return _PLACEHOLDER.sub(_filling(parameters), given)
    return Tagged(f"!{name}", given) if name else written


def _filling(parameters: Mapping[str, str]) -> Callable[[re.Match[str]], str]:
    return lambda match: f"${{{match[2]}}}" if match[1] else _value(match[2].strip(), parameters)


def _value(name: str, parameters: Mapping[str, str]) -> str:
    if name not in parameters:
        raise Unfilled(f"{show(name) or 'a value without a name'} is known only when the template is deployed")
    return parameters[name]


def _says(written: object) -> str:
    name, given = _function(written)
    if not name:
        return show(written)
    return show(f"!{name} {given if isinstance(given, str) else '...'}")


FORMAT = Format("ecs", "task definitions or tasks of ECS", recognizes, read)
