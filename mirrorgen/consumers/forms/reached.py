"""Which fields kustomize looks for images in by itself, and which images stand in others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mirrorgen.consumers.forms.contract import Left, Order, Use
from mirrorgen.consumers.forms.fields import Field, fields_of
from mirrorgen.consumers.forms.renaming import Renamed, Renaming
from mirrorgen.consumers.forms.spelling import name_part
from mirrorgen.problems import KeyPath
from mirrorgen.readers.contract import Place

# api/filters/imagetag/legacy.go, and api/internal/konfig/builtinpluginconsts/images.go, of kustomize.
_CONTAINERS = frozenset({"containers", "initContainers"})
_VOLUMES = (("spec", "volumes"), ("spec", "template", "spec", "volumes"))


@dataclass(frozen=True, slots=True)
class Unreached:
    """An image in a field that kustomize does not look at.

    Attributes:
        use: the image.
        name: the new name that it is to have.
        kind: of the object that it stands in; nothing where there is none.
        path: to the field, from there.
        is_whole: whether the field holds the image as it is written, and nothing else.
    """

    use: Use
    name: Renamed
    kind: str
    path: KeyPath
    is_whole: bool

    def left(self, reason: str, hint: str = "") -> Left:
        """Return what is said where it stays as it is; the reason goes on with why kustomize is not told of it."""
        image = self.use.image
        return Left(image.written, f"kustomize does not look at {image.path}, {reason}", image.place, hint)


def unreached(order: Order, found: Renaming) -> Iterator[Unreached]:
    """Yield the images of an order that have a new name, and stand where kustomize does not look."""
    names = {name.name: name for name in found.names}
    for use, fields in _fields_of_uses(order):
        name = names.get(name_part(use.image.written))
        for field in fields:
            item, path = field.in_object()
            if name is None or _is_reached(path):
                continue
            kind = item.get("kind")
            yield Unreached(
                use, name, kind if isinstance(kind, str) else "", path, is_whole=field.text == use.image.written
            )


def _fields_of_uses(order: Order) -> Iterator[tuple[Use, list[Field]]]:
    known: dict[str, dict[Place, list[Field]]] = {}
    for use in order.uses:
        file = use.image.place.file
        if file not in known:
            known[file] = fields_of(order.texts[file], file)
        yield use, known[file].get(use.image.place, [])


def _is_reached(path: KeyPath) -> bool:
    """Whether kustomize looks at a field of an object by itself."""
    match path:
        case (*_, str(holder), int(), "image"):
            return holder in _CONTAINERS
        case (*above, int(), "image", "reference"):
            return tuple(above) in _VOLUMES
        case _:
            return False
