"""A ClusterPolicy of Kyverno, `kyverno.io/v1`, for versions before MutatingPolicy: the same, without CEL.

JMESPath takes no reference apart, so the policy holds every image under every name that somebody may write.
"""

from __future__ import annotations

from typing import Any

from mirrorgen.consumers.forms.contract import Form, Order, Takes, Written, left_of
from mirrorgen.consumers.forms.kyverno import ADMITTED, LISTS, NAME
from mirrorgen.consumers.forms.policies import IMPLIED, Redirected, redirected
from mirrorgen.consumers.forms.yaml_text import dump

_FOUND = "{{ lookup(mirrored, element.image) || '' }}"


def write(order: Order) -> Written:
    """Return the policy."""
    found, left = redirected(order)
    mirrored = {name: image for each in found for name, image in _names(each).items()}
    rule = {
        "name": NAME,
        "match": {
            "any": [
                {"resources": {"kinds": [resource.replace("pods", "Pod")], "operations": [operation]}}
                for resource, operation in ADMITTED
            ]
        },
        "context": [{"name": "mirrored", "variable": {"value": mirrored}}],
        "mutate": {"foreach": [_foreach(key) for key in LISTS]},
    }
    document = {
        "apiVersion": "kyverno.io/v1",
        "kind": "ClusterPolicy",
        # What makes Pods stays as its owner has written it.
        "metadata": {"name": NAME, "annotations": {"pod-policies.kyverno.io/autogen-controllers": "none"}},
        "spec": {"background": False, "failurePolicy": "Ignore", "rules": [rule]},
    }
    return Written(dump(document), left=(*left_of(order), *left))


def _foreach(key: str) -> dict[str, Any]:
    return {
        "list": f"request.object.spec.{key} || `[]`",
        "preconditions": {
            "all": [
                {"key": _FOUND, "operator": "NotEquals", "value": ""},
                # No container of a Pod that runs may change, not even one that `kubectl debug` has added.
                {
                    "key": "{{ element.name }}",
                    "operator": "AnyNotIn",
                    "value": f"{{{{ request.oldObject.spec.{key}[].name || `[]` }}}}",
                },
            ]
        },
        # The name in brackets says which container is meant.
        "patchStrategicMerge": {"spec": {key: [{"(name)": "{{ element.name }}", "image": _FOUND}]}},
    }


def _names(each: Redirected) -> dict[str, str]:
    """Every way to write each image: with any known tag before a digest, or that of a file, and without `:latest`."""
    endings = dict(each.images)
    if IMPLIED in each.images:
        endings[""] = each.images[IMPLIED]
    tags = dict.fromkeys([*(kept for kept in each.images if kept.startswith(":")), *each.tags])
    for digest in sorted(kept for kept in each.images if kept.startswith("@")):
        endings |= {f"{tag}{digest}": each.images[digest] for tag in tags}
    return {f"{name}{ending}": endings[ending] for name in each.names for ending in sorted(endings)}


FORM = Form("kyverno-cluster-policy", "a ClusterPolicy of Kyverno, for older versions", Takes.ANY_FILES, write)
