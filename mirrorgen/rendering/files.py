"""The generated files: their names, their text, and the proof that the text says what it should."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import yaml

from mirrorgen.desired.state import DesiredState
from mirrorgen.destinations.kinds import GENERATED, OF_ANY_TARGET
from mirrorgen.files import edited_files, read_file
from mirrorgen.master_list.lock import Lock
from mirrorgen.rendering import regsync
from mirrorgen.resources import resource

REGSYNC = "regsync.yaml"

BANNER = "Generated from the master list by `mirrorgen render`. Do not edit: change the list and render again."


def regsync_file(list_name: str) -> str:
    """Return which file has regsync's configuration for a target: that of the list, or one with its name."""
    return f"regsync.{list_name}.yaml" if list_name else REGSYNC


def render(state: DesiredState) -> dict[str, str | None]:
    """Render the files that are generated for a target.

    Returns:
        Text by file name, relative to the folder of the list; None where the file must not exist.

    Raises:
        RuntimeError: a rendered text, read back, says something else than the desired state; a bug.
    """
    name = regsync_file(state.target.list_name)
    # Where a registry replicates, nobody else copies.
    copied = not state.target.replicated_from
    return {name: _checked(name, "regsync.yaml.j2", regsync.document(state)) if copied else None} | {
        name: None if file is None else _checked(name, file.template, file.document)
        for name, file in state.generated().items()
    }


def render_every(states: Sequence[DesiredState]) -> dict[str, str | None]:
    """Render every generated file of a list.

    Args:
        states: what it asks of each of its targets.

    Raises:
        RuntimeError: as of `render`.
    """
    files = {name: text for state in states for name, text in render(state).items()}
    # What a list with one target has, and what the targets of a list share and none of them needs.
    absent = (REGSYNC, *GENERATED) if any(state.target.list_name for state in states) else ()
    return {**dict.fromkeys(absent), **files}


def render_beside(root: Path, states: Sequence[DesiredState]) -> dict[str, str | None]:
    """Render every generated file of a list, and find those of targets that it has no more, which must not exist.

    Args:
        root: the folder of the list.
        states: what it asks of each of its targets.

    Raises:
        InputError: a file cannot be read.
        RuntimeError: as of `render`.
    """
    files = render_every(states)
    patterns = (regsync_file("*"), OF_ANY_TARGET)
    # What mirrorgen writes is no link; one of somebody's is nothing to stop at.
    paths = (path for pattern in patterns for path in sorted(root.glob(pattern)) if not path.is_symlink())
    found = (path.relative_to(root).as_posix() for path in paths)
    left = [name for name in found if name not in {*files, *GENERATED} and _is_ours(root, name)]
    return {**dict.fromkeys(left), **files}


def outdated(root: Path, states: Sequence[DesiredState]) -> dict[str, str]:
    """Find files beside a list that look generated, and do not say what it asks for.

    A file that was never rendered there is none of them: `sync` needs none.

    Args:
        root: the folder of the list.
        states: what the list asks of each of its targets.

    Returns:
        What is to be done about each, by its name.

    Raises:
        InputError: a file cannot be read.
    """
    files = render_beside(root, states)
    found = {
        name: "`mirrorgen render` removes it" if files[name] is None else "`mirrorgen render` writes it anew"
        for name in edited_files(root, files)
    }
    left = [name for name in GENERATED if name not in files and _is_ours(root, name)]
    label = states[0].target.label
    return found | dict.fromkeys(left, f"it is left from a time when the target was not {label}; remove it")


def _is_ours(root: Path, name: str) -> bool:
    """Whether a file has been generated; its name alone does not make it so."""
    return BANNER.encode() in (read_file(root / name, project=root) or b"")


def render_lock(lock: Lock) -> str:
    """Render a lock, entries and tags sorted.

    Raises:
        RuntimeError: the rendered text, read back, says something else; a bug.
    """
    images = sorted(lock.images, key=lambda image: image.key)
    document = {"version": 1, "images": [{**image.document(), "seal": image.seal} for image in images]}
    return _checked("images.lock.yaml", "images.lock.yaml.j2", document)


def render_text(template: str, **values: object) -> str:
    """Render a template whose result is for people to take over, and no file beside the list."""
    return _environment().get_template(template).render(**values)


def _checked(name: str, template: str, document: Mapping[str, Any] | None) -> str:
    text = _environment().get_template(template).render(banner=BANNER, **(document or {}))
    if document is not None and _PARSERS[Path(name).suffix](text) != document:
        raise RuntimeError(f"{template}: the rendered text does not say what it should")
    return text


def yaml_str(value: str) -> str:
    """Write text as a YAML string.

    Single quotes: nothing in them is special but the quote itself, and the reader lets no line break through.
    """
    return "'" + value.replace("'", "''") + "'"


def _parse_yaml(text: str) -> Any:
    """Read YAML as strictly as regsync should: a key that stands twice makes the comparison fail."""
    constructor = yaml.constructor.SafeConstructor()

    def plain(node: Any) -> Any:
        if isinstance(node, yaml.MappingNode):
            pairs = [(plain(key), plain(value)) for key, value in node.value]
            return dict(pairs) if len(dict(pairs)) == len(pairs) else pairs
        if isinstance(node, yaml.SequenceNode):
            return [plain(child) for child in node.value]
        return node.value if node.tag == "tag:yaml.org,2002:str" else constructor.construct_object(node)

    return plain(yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def _parse_tfvars(text: str) -> Any:
    document = json.loads(text)
    document.pop("//")
    return document


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(resource("templates")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - no HTML here; each format has its own filter
    )
    environment.filters["yaml_str"] = yaml_str
    environment.filters["json"] = json.JSONEncoder(ensure_ascii=False).encode
    return environment


_PARSERS: Mapping[str, Callable[[str], Any]] = {".yaml": _parse_yaml, ".json": _parse_tfvars}
