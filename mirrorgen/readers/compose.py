"""Compose files of Docker: https://docs.docker.com/reference/compose-file/."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from mirrorgen.problems import KeyPath, format_path
from mirrorgen.readers.contract import Around, Format, NamedImage, Reading, Refusal
from mirrorgen.readers.dockerfile import take_images
from mirrorgen.readers.gathering import Gathering
from mirrorgen.readers.inner import InnerText
from mirrorgen.readers.taking import show, take
from mirrorgen.readers.variables import Unfilled, fill
from mirrorgen.readers.yaml_documents import Document, Tagged, untagged

_SERVICES = re.compile(r"""^(?:[ \t]*\{\s*|[ \t]+(?=["']))?["']?services["']?\s*:""", re.MULTILINE)
_USES = re.compile(r"""^(?:.*[\s{,])?["']?(?:image|build|extends|dockerfile)["']?\s*:""", re.MULTILINE)
_NAME = re.compile(r"(?:.*[-_.])?compose(?:[-_.].*)?\.(?:ya?ml|json)", re.IGNORECASE)
_LOOKED_AT = 100_000
_IMAGE_CONTEXT = "docker-image://"
_WITHOUT_SERVICES = frozenset({"include", "networks", "volumes", "configs", "secrets", "models", "name", "services"})
_TOGETHER = "read that file, too, or give what `docker compose config` prints"


def recognizes(text: str, file: str) -> bool:
    """Whether it has `services` of which one has an image or is built, or is called as compose files are."""
    start = text[:_LOOKED_AT]
    if not _SERVICES.search(start):
        return False
    return bool(_NAME.fullmatch(PurePath(file).name) or _USES.search(start))


def read(text: str, around: Around) -> Reading:
    """Take the images of all services, whatever their profiles; what is built is none, what it is built from may be."""
    gathering = Gathering(FORMAT.name, around)
    for document in gathering.documents(text):
        services = _merged(document.data.get("services")) if isinstance(document.data, dict) else None
        if not isinstance(services, dict) and not _may_have_none(document.data):
            reason = "it has no mapping of services, so that nothing is known of its images"
            gathering.refuse("", document.place(("services",)), format_path(("services",)), reason)
        if isinstance(services, dict):
            for name, service in ((name, _merged(service)) for name, service in services.items()):
                if isinstance(service, dict):
                    _Service(document, text, ("services", name), service, gathering).take()
        _refuse_included(document, gathering)
        _note_models(document, gathering)
    return gathering.reading()


def _may_have_none(data: object) -> bool:
    """Whether a document has no services, as one to be merged or one that only includes others."""
    return isinstance(data, dict) and data.get("services") is None and not data.keys().isdisjoint(_WITHOUT_SERVICES)


def _refuse_included(document: Document, gathering: Gathering) -> None:
    """Refuse what stands in other files: https://docs.docker.com/reference/compose-file/include/."""
    items = document.data.get("include") if isinstance(document.data, dict) else None
    for index, item in enumerate(items if isinstance(items, list) else []):
        path: KeyPath = ("include", index)
        if isinstance(item, dict):
            path, item = (*path, "path"), item.get("path")
        files = (
            [((*path, number), each) for number, each in enumerate(item)] if isinstance(item, list) else [(path, item)]
        )
        for where, file in files:
            if isinstance(file, str):
                _refuse_file(document, where, file, f"the file {show(file)} is included", gathering)


def _refuse_file(document: Document, path: KeyPath, file: str, reason: str, gathering: Gathering) -> None:
    try:
        filled = fill(file, gathering.around.variables)
    except Unfilled:
        filled = ""
    refused = Refusal("", document.place(path), format_path(path), reason, _TOGETHER, filled)
    gathering.add(refused)


def _note_models(document: Document, gathering: Gathering) -> None:
    """Say what is an artifact of another kind."""
    if not isinstance(document.data, dict):
        return
    models = document.data.get("models")
    for name, model in models.items() if isinstance(models, dict) else []:
        if isinstance(model, dict) and model.get("model"):
            path = ("models", name, "model")
            gathering.note(document, path, "it is a model, and not an image", written=model["model"])


class _Service:
    """One service of a document."""

    def __init__(
        self, document: Document, text: str, path: KeyPath, service: Mapping[str, Any], gathering: Gathering
    ) -> None:
        self._document = document
        self._text = text
        self._path = path
        self._service = service
        self._gathering = gathering

    def take(self) -> None:
        """Take what it runs, what it is built from, and what it mounts."""
        image, build = _merged(self._service.get("image")), _merged(self._service.get("build"))
        if build is not None:
            self._take_build(build)
            if isinstance(image, str):
                reason = "it is the name of what is built here, and is not pulled"
                self._gathering.note(self._document, (*self._path, "image"), reason, written=image)
        elif "image" in self._service and not is_reset(self._service["image"]):
            self._take(("image",), image)
        volumes = _merged(self._service.get("volumes"))
        for index, volume in enumerate(map(_merged, volumes)) if isinstance(volumes, list) else []:
            if isinstance(volume, dict) and volume.get("type") == "image":
                self._take(("volumes", index, "source"), volume.get("source"))
        extends = self._service.get("extends")
        if isinstance(extends, dict) and isinstance(extends.get("file"), str) and image is None and build is None:
            reason = f"the service has the image of one of {show(extends['file'])}"
            _refuse_file(self._document, (*self._path, "extends", "file"), extends["file"], reason, self._gathering)

    def _take(self, keys: KeyPath, written: object) -> None:
        path = (*self._path, *keys)
        place, shown = self._document.place(path), format_path(path)
        text = written
        if isinstance(written, str):
            try:
                text = fill(written, self._gathering.around.variables)
            except Unfilled as trouble:
                hint = "give its value in a file such as .env"
                self._gathering.add(Refusal(show(written), place, shown, str(trouble), hint))
                return
        found = take(text, place, shown, file_says=written if isinstance(written, str) else None)
        if isinstance(found, NamedImage):
            found = replace(found, consumer=str(self._path[-1]))
        self._gathering.add(found)

    def _take_build(self, build: object) -> None:
        if not isinstance(build, dict) or not isinstance(build.get("dockerfile_inline"), str):
            reason = "what it is built from stands in a Dockerfile, which is not opened"
            self._gathering.note(self._document, (*self._path, "build"), reason, "read that, too")
        if not isinstance(build, dict):
            return
        inline, contexts = _merged(build.get("dockerfile_inline")), _merged(build.get("additional_contexts"))
        if isinstance(inline, str):
            self._take_dockerfile((*self._path, "build", "dockerfile_inline"), inline, build)
        for key, context in _contexts(contexts):
            if context.startswith(_IMAGE_CONTEXT):
                self._take(("build", "additional_contexts", key), context)

    def _take_dockerfile(self, path: KeyPath, text: str, build: Mapping[str, Any]) -> None:
        """Take what a Dockerfile within the file names, with the arguments that stand beside it."""
        inner = InnerText(self._document, self._text, path, text)
        arguments = {}
        for name, value in _pairs(_merged(build.get("args"))):
            try:
                arguments[name] = fill(value, self._gathering.around.variables)
            except Unfilled:
                continue  # it is said where the argument is used
        # Variables of the file are filled in before; a dollar of the Dockerfile is written as two.
        take_images(text.replace("$$", "$"), self._gathering, arguments, inner.place, format_path(path))


def _contexts(contexts: object) -> list[tuple[str | int, str]]:
    if isinstance(contexts, list):
        return [(index, item.partition("=")[2]) for index, item in enumerate(contexts) if isinstance(item, str)]
    return [*_pairs(contexts)]


def _pairs(items: object) -> list[tuple[str, str]]:
    """What a mapping, or a list of `name=value`, says."""
    if isinstance(items, dict):
        return [(name, value) for name, value in items.items() if isinstance(value, str)]
    texts = [item.partition("=") for item in items if isinstance(item, str)] if isinstance(items, list) else []
    return [(name, value) for name, has_value, value in texts if has_value]


def _merged(value: object) -> Any:
    """What a value is once files are merged; None where it is taken back.

    https://docs.docker.com/reference/compose-file/merge/
    """
    if is_reset(value):
        return None
    return untagged(value.value if isinstance(value, Tagged) and value.tag == "!override" else value)


def is_reset(value: object) -> bool:
    """Whether a value is taken back: https://docs.docker.com/reference/compose-file/merge/#reset-value."""
    return isinstance(value, Tagged) and value.tag == "!reset"


FORMAT = Format("compose", "a compose file of Docker", recognizes, read)
