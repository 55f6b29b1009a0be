"""A MutatingPolicy of Kyverno, `policies.kyverno.io/v1`: Pods get the images of the mirror as they are admitted.

It asks nobody: the images stand in it. Its CEL uses only what Kubernetes has, too, and none of Kyverno's libraries.
Source: config/crds/policies.kyverno.io of kyverno/kyverno, v1.19.
"""

from __future__ import annotations

from collections.abc import Iterator

from mirrorgen.consumers.forms.contract import Form, Left, Order, Takes, Written, left_of
from mirrorgen.consumers.forms.policies import IMPLIED, Redirected, cel_map, cel_text, redirected
from mirrorgen.consumers.forms.yaml_text import Block, dump

NAME = "images-from-the-mirror"
LISTS = ("containers", "initContainers", "ephemeralContainers")
ADMITTED = (("pods", "CREATE"), ("pods/ephemeralcontainers", "UPDATE"))
"""What is changed and when: another image for a Pod that runs, as somebody labels it, would restart its containers."""
_MOST_CHARACTERS = 60_000
"""Of one expression: CEL reads at most 100,000 (parser.ExpressionSizeCodePointLimit of cel-go)."""

_HAS_TAG = "matches(':[^/]*$')"


def write(order: Order) -> Written:
    """Return the policy."""
    found, left = redirected(order)
    parts, too_long = _parts(found)
    document = {
        "apiVersion": "policies.kyverno.io/v1",
        "kind": "MutatingPolicy",
        "metadata": {"name": NAME},
        "spec": {
            # What is only looked for elsewhere must keep no Pod from starting.
            "failurePolicy": "Ignore",
            # What makes Pods stays as its owner has written it.
            "autogen": {"podControllers": {"controllers": []}},
            "matchConstraints": {
                "resourceRules": [
                    {"apiGroups": [""], "apiVersions": ["v1"], "operations": [operation], "resources": [resource]}
                    for resource, operation in ADMITTED
                ]
            },
            "variables": [{"name": name, "expression": Block(text)} for name, text in _variables(parts)],
            "mutations": [
                {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": Block(_mutation(key))}}
                for key in LISTS
            ],
        },
    }
    return Written(dump(document), left=(*left_of(order), *left, *too_long))


def _parts(found: list[Redirected]) -> tuple[list[list[Redirected]], list[Left]]:
    """Divide what is known, so that no expression is too long."""
    parts: list[list[Redirected]] = []
    left: list[Left] = []
    room = 0
    for each in found:
        size = len(_known(each)) + len(cel_map(_spelled(each)))
        if size > _MOST_CHARACTERS:
            left.append(Left(str(each.source), "its tags are too many for an expression of CEL"))
            continue
        if size > room:
            parts.append([])
            room = _MOST_CHARACTERS
        parts[-1].append(each)
        room -= size
    return parts, left


def _variables(parts: list[list[Redirected]]) -> Iterator[tuple[str, str]]:
    yield "containers", " +\n".join(f"(has(object.spec.{key}) ? object.spec.{key} : [])" for key in LISTS)
    # No container of a Pod that runs may change, not even one that `kubectl debug` has added. Kyverno has an empty old
    # object, or none, for a new Pod.
    yield (
        "there",
        " +\n".join(
            f"(!(oldObject == null) && has(oldObject.spec) && has(oldObject.spec.{key}) ?\n"
            f"  oldObject.spec.{key}.map(c, string(c.name)) : [])"
            for key in LISTS
        ),
    )
    yield (
        "written",
        (
            "variables.containers.filter(c, has(c.image) && !(string(c.name) in variables.there)).map(c,\n"
            "  {'container': string(c.name), 'image': string(c.image), 'head': string(c.image).split('@')[0]})"
        ),
    )
    yield (
        "parsed",
        (
            "variables.written.map(w, {\n"
            "  'container': w.container,\n"
            f"  'name': w.head.{_HAS_TAG} ? w.head.substring(0, w.head.lastIndexOf(':')) : w.head,\n"
            "  'kept': w.image.contains('@') ? w.image.substring(w.image.indexOf('@')) :\n"
            f"    w.head.{_HAS_TAG} ? w.head.substring(w.head.lastIndexOf(':')) : {cel_text(IMPLIED)}}})"
        ),
    )
    for number, part in enumerate(parts, 1):
        spelled = {name: source for each in part for name, source in _spelled(each).items()}
        yield f"sources{number}", cel_map(spelled).replace(", ", ",\n ")
        yield f"images{number}", "{" + ",\n ".join(map(_known, part)) + "}"
        sources, images = f"variables.sources{number}", f"variables.images{number}"
        yield (
            f"moved{number}",
            (
                f"variables.parsed.filter(p, p.name in {sources} && p.kept in {images}[{sources}[p.name]])\n"
                f"  .map(p, {{'container': p.container, 'image': {images}[{sources}[p.name]][p.kept]}})"
            ),
        )
    yield "moved", " + ".join(f"variables.moved{number}" for number in range(1, len(parts) + 1)) or "[]"


def _spelled(each: Redirected) -> dict[str, str]:
    return dict.fromkeys(each.names, str(each.source))


def _known(each: Redirected) -> str:
    return f"{cel_text(str(each.source))}: {cel_map(each.images)}"


def _mutation(key: str) -> str:
    """What moves in one list of containers: applied to the Pod, each container is merged with that of its name."""
    items = f"object.spec.{key}"
    moves = "variables.moved.exists(m, m.container == c.name)"
    # A list that is not there would be there afterwards, and empty.
    return (
        f"has({items}) && {items}.exists(c, {moves}) ? Object{{\n"
        "  spec: Object.spec{\n"
        f"    {key}: {items}.filter(c, {moves}).map(c, Object.spec.{key}{{\n"
        "      name: c.name,\n"
        "      image: variables.moved.filter(m, m.container == c.name)[0].image})}} : Object{}"
    )


FORM = Form("kyverno", "a MutatingPolicy of Kyverno", Takes.ANY_FILES, write)
