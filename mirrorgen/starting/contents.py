"""The files of a new repository: which there are, and their text."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from functools import cache

import jinja2

from mirrorgen.rendering.files import yaml_str
from mirrorgen.resources import resource
from mirrorgen.starting.setup import HOSTED, Provider, Setup

_GITHUB: Mapping[str, str] = {
    ".github/workflows/image-check.yaml": "github/image-check.yaml.j2",
    ".github/workflows/image-sync.yaml": "github/image-sync.yaml.j2",
}
_PIPELINES: Mapping[Provider, Mapping[str, str]] = {Provider.GITHUB: _GITHUB}


def pipeline_files(setup: Setup) -> dict[str, str]:
    """Return the text of each file that runs the pipeline, by its name."""
    return {name: _render(template, setup) for name, template in _PIPELINES[setup.provider].items()}


def _render(template: str, setup: Setup) -> str:
    return _environment().get_template(template).render(setup=setup, hosted=HOSTED)


@cache
def _environment() -> jinja2.Environment:
    # `{{` and `{%` belong to what is written: GitHub's expressions, for instance.
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(resource("templates/init")),
        variable_start_string="[[",
        variable_end_string="]]",
        block_start_string="[%",
        block_end_string="%]",
        comment_start_string="[#",
        comment_end_string="#]",
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - no HTML here
    )
    environment.filters["yaml_str"] = yaml_str
    environment.filters["sh"] = shlex.quote
    return environment
