"""The files of a new repository: which there are, their text, and to whom they belong afterwards."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import jinja2

from mirrorgen.destinations.kinds import GENERATED
from mirrorgen.rendering.files import REGSYNC, yaml_str
from mirrorgen.rendering.module import module_files
from mirrorgen.resources import resource
from mirrorgen.starting.account import Account
from mirrorgen.starting.answers import RECORD, write_answers
from mirrorgen.starting.setup import HOSTED, Provider, Setup
from mirrorgen.tools.versions import tool_specs

SCHEMA = "images.schema.json"

BACKEND = "terraform/backend.tf"
"""Says where the state of the mirror's repositories is."""

STATE_KEY = "mirrorgen/terraform.tfstate"
"""Its name in the bucket."""

_ONE_TARGET = '{"include":[{"target":"","first":true,"account_id":""}]}'
"""The targets of a list that cannot be read, so that a job comes to say why; without spaces, for YAML."""

_PIPELINES: Mapping[Provider, Mapping[str, str]] = {
    Provider.GITHUB: {
        ".github/workflows/image-check.yaml": "github/image-check.yaml.j2",
        ".github/workflows/image-sync.yaml": "github/image-sync.yaml.j2",
        ".github/workflows/image-update.yaml": "github/image-update.yaml.j2",
    },
    Provider.GITLAB: {".gitlab-ci.yml": "gitlab/gitlab-ci.yml.j2"},
    Provider.CRON: {
        "systemd/mirrorgen-sync.service": "cron/mirrorgen-sync.service.j2",
        "systemd/mirrorgen-sync.timer": "cron/mirrorgen-sync.timer.j2",
    },
    Provider.NONE: {},
}
_COMMON: Mapping[str, str] = {
    ".pre-commit-config.yaml": "common/pre-commit-config.yaml.j2",
    ".gitignore": "common/gitignore.j2",
    ".gitattributes": "common/gitattributes.j2",
}


@dataclass(frozen=True, slots=True)
class Start:
    """A file of a new repository.

    Attributes:
        text: what it starts with.
        is_yours: whether it is there to be edited, so that a newer mirrorgen has nothing to say about it.
    """

    text: str
    is_yours: bool = False


def starting_files(setup: Setup, list_name: str) -> dict[str, Start]:
    """Return every file of a new repository by its name, but for those that are rendered from the list.

    Args:
        setup: the answers.
        list_name: name of the list, which is the first.
    """
    yours = {
        list_name: "common/images.yaml.j2",
        "README.md": "common/README.md.j2",
        **({"CODEOWNERS": "common/CODEOWNERS.j2"} if setup.owner else {}),
    }
    files = {name: Start(_render(template, setup, list_name), is_yours=True) for name, template in yours.items()}
    ours = {
        SCHEMA: resource(f"schemas/{SCHEMA}").read_text(encoding="utf-8"),
        **module_files(),
        **({BACKEND: backend(setup.account, STATE_KEY)} if setup.account else {}),
        **pipeline_files(setup),
        **{name: _render(template, setup, list_name) for name, template in _COMMON.items()},
        RECORD: write_answers(setup),
    }
    return files | {name: Start(text) for name, text in ours.items()}


def backend(account: Account, key: str) -> str:
    """Return the file that has Terraform keep a state in the account's bucket.

    Args:
        account: what `bootstrap` has made.
        key: name of the state in the bucket.
    """
    return _environment().get_template("common/backend.tf.j2").render(account=account, key=key)


def pipeline_files(setup: Setup) -> dict[str, str]:
    """Return the text of each file that runs the pipeline, by its name."""
    return {name: _render(template, setup) for name, template in _PIPELINES[setup.provider].items()}


def _render(template: str, setup: Setup, list_name: str = "") -> str:
    return _environment().get_template(template).render(setup=setup, list=list_name)


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
        autoescape=False,  # noqa: S701 - no HTML here; each answer is of a grammar, and each format has its filter
    )
    environment.filters["yaml_str"] = yaml_str
    environment.filters["sh"] = shlex.quote
    environment.globals["hosted"] = HOSTED
    environment.globals["one_target"] = _ONE_TARGET
    environment.globals["generated"] = (REGSYNC, *GENERATED, SCHEMA)
    environment.globals["terraform_sha256"] = tool_specs()["terraform"].archive_sha256
    return environment
