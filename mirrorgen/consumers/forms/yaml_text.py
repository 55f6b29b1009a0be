"""YAML as the forms write it: by PyYAML, so that no name of an image can be anything but text."""

from __future__ import annotations

from typing import Any

import yaml

BANNER = "Generated from the master list by `mirrorgen rewrite`: write it again when the list changes."
"""What stands in a comment above."""


def dump(*documents: Any) -> str:
    """Return documents as text, with the banner above."""
    return f"# {BANNER}\n" + text_of(*documents)


def text_of(*documents: Any) -> str:
    """Return documents as text; keys stay in their order."""
    return yaml.dump_all(documents, Dumper=_Dumper, sort_keys=False, width=1_000_000, allow_unicode=True)


class Block(str):
    """Text that is written line by line."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Indents lists below their keys, and never writes an alias."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _represent_block(dumper: yaml.SafeDumper, text: Block) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style="|")


_Dumper.add_representer(Block, _represent_block)
