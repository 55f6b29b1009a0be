"""The tables in the READMEs of Terraform modules, made from source: `python -m tests.terraform_readme` writes them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import hcl2
from hcl2.utils import SerializationOptions

from tests.documents import ROOT

MODULES = ROOT / "terraform/modules"
_OPTIONS = SerializationOptions(strip_string_quotes=True, explicit_blocks=False, preserve_heredocs=False)
_PART = re.compile(r"(<!-- from the source: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def readmes() -> list[Path]:
    """Every README of a module that has a part which is made from its source."""
    return [path for path in sorted(MODULES.glob("*/README.md")) if _PART.search(path.read_text(encoding="utf-8"))]


def renewed(readme: Path) -> str:
    """Return the text of a README with every such part made anew."""
    made = {"inputs": _inputs, "outputs": _outputs, "versions": _versions}
    blocks = _blocks(readme.parent)
    return _PART.sub(lambda part: f"{part[1]}\n{made[part[2]](blocks)}\n{part[3]}", readme.read_text(encoding="utf-8"))


def variables(module: Path) -> dict[str, dict[str, Any]]:
    """Return what a module says of each of its variables."""
    return _blocks(module)["variable"]


def _blocks(module: Path) -> dict[str, dict[str, Any]]:
    """Every variable, output and setting of a module, by kind and name."""
    found: dict[str, dict[str, Any]] = {"variable": {}, "output": {}, "terraform": {}}
    for path in sorted(module.glob("*.tf")):
        content: Any = hcl2.loads(path.read_text(encoding="utf-8"), serialization_options=_OPTIONS)
        for kind in ("variable", "output"):
            for block in content.get(kind, []):
                found[kind] |= {name.strip('"'): body for name, body in block.items()}
        for block in content.get("terraform", []):
            found["terraform"] |= block
    return found


def _inputs(blocks: Mapping[str, dict[str, Any]]) -> str:
    rows, more = ["| variable | type | default | meaning |", "|---|---|---|---|"], []
    for name, body in blocks["variable"].items():
        said, rest = _text(body["description"])
        default = f"`{_value(body['default'])}`" if "default" in body else "none"
        rows.append(f"| `{name}` | {_type(str(body['type']))} | {default} | {said.removesuffix(':')} |")
        if rest:
            more.append(f"### {name}\n\n{said}\n\n{rest}")
    return "\n\n".join(["\n".join(rows), *more]) + "\n"


def _outputs(blocks: Mapping[str, dict[str, Any]]) -> str:
    rows = [f"| `{name}` | {_text(body['description'])[0]} |" for name, body in blocks["output"].items()]
    return "\n".join(["| output | meaning |", "|---|---|", *rows]) + "\n"


def _versions(blocks: Mapping[str, dict[str, Any]]) -> str:
    settings = blocks["terraform"]
    rows = [f"| Terraform | `{settings['required_version']}` |"]
    for providers in settings.get("required_providers", []):
        rows += [f"| provider {body['source']} | `{body['version']}` |" for body in providers.values()]
    return "\n".join(["| what | versions |", "|---|---|", *rows]) + "\n"


def _text(description: str) -> tuple[str, str]:
    """Return the first paragraph of a description in one line, and what comes after it."""
    first, _, rest = json.loads(f'"{description}"', strict=False).strip().partition("\n\n")
    return " ".join(first.split()), rest


def _type(text: str) -> str:
    plain = text.removeprefix("${").removesuffix("}")
    if "object(" not in plain:
        return f"`{plain}`"
    return {"object": "object", "list": "list of objects", "map": "map of objects"}[plain.partition("(")[0]]


def _value(value: Any) -> str:
    return json.dumps(value) if isinstance(value, str | list | dict | bool | int | float) else "null"


if __name__ == "__main__":
    for path in readmes():
        path.write_text(renewed(path), encoding="utf-8")
