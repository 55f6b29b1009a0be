"""docs/terraform.md, command by command, as somebody with an empty account follows it.

The account asks everybody for rights, and knows a job of GitHub by its token alone: what each role may, and who may
have it, is what `mirrorgen bootstrap` has made of it.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from mirrorgen.demo.emulator import Emulator
from mirrorgen.starting.contents import STATE_KEY
from tests.documents import ROOT, as_pattern, require_text, text_of
from tests.real.conftest import ACCOUNT, Project, empty_account
from tests.real.provider import running_provider

PAGE = ROOT / "docs/terraform.md"
BLOCK = re.compile(
    r"^(?P<lead>\S[^\n]*)\n\n```(?P<language>yaml|console)\n(?P<content>.*?)```$", re.DOTALL | re.MULTILINE
)
REPOSITORY = "OWNER/REPOSITORY"
PREFIX = "mirror"


@pytest.fixture(scope="session")
def ecr(base_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An account of its own, which is empty, and asks everybody for rights."""
    application = Path(__file__).with_name("strict_server.py")
    with empty_account(base_env, tmp_path_factory.mktemp("account"), application) as running:
        yield running


def token_of(environment: str) -> str:
    """What GitHub says of a job; the emulator reads it, but looks at no signature.

    Source: https://docs.github.com/en/actions/reference/security/oidc
    """
    claims = {
        "iss": "https://token.actions.githubusercontent.com",
        "aud": "sts.amazonaws.com",
        "sub": f"repo:{REPOSITORY}:environment:{environment}",
    }
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({}, claims)]
    return ".".join([*parts, "unsigned"])


@dataclass
class Walk:
    """Somebody who follows the page.

    Attributes:
        project: the folder it is followed in.
        identities: the variables of who does the next steps, by the name of the environment; of nobody's: one's own.
    """

    project: Project
    identities: Callable[[str], Mapping[str, str]]

    def listed(self, text: str) -> None:
        """Write the list, whose upstreams and target are the emulator, where the page's are the real ones."""
        document = yaml.safe_load(text)
        sources = {image["source"]: image["tags"] for image in document["images"]}
        self.project.serve(sources)
        document["registries"] = self.project.stand_ins(sources)
        document["target"]["endpoint"] = self.project.ecr.endpoint
        (self.project.folder / "images.yaml").write_text(yaml.safe_dump(document))

    def printed(self, command: str, who: str) -> str:
        """Run a command and return what it printed: its result, and the error that it ended with."""
        env = {**self.identities(who), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{self.project.env['PATH']}"}
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.project.folder,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        error = re.search(r"^error: .*", done.stderr, re.DOTALL | re.MULTILINE) if done.returncode else None
        return done.stdout + (error[0] if error else "")


@pytest.fixture
def walk(
    tmp_path: Path, ecr: Emulator, base_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Walk]:
    project = Project(tmp_path, ecr, base_env, PREFIX, {})
    found: dict[str, dict[str, str]] = {}
    with ExitStack() as stack:

        def identity(environment: str) -> dict[str, str]:
            if environment not in found:
                folder = tmp_path_factory.mktemp("identity")
                env = {**project.env, **signed_in(ecr, environment, folder)}
                # No command that is for it starts Terraform.
                is_without = environment == "image-sync"
                found[environment] = {
                    **env,
                    **({} if is_without else stack.enter_context(running_provider(folder, env))),
                }
            return found[environment]

        yield Walk(project, identity)


def signed_in(ecr: Emulator, environment: str, folder: Path) -> dict[str, str]:
    """Return what the step "Sign in to AWS" of a job comes to, which takes the role that is for its environment."""
    if not environment:
        return {}
    (folder / "token").write_text(token_of(environment))
    return {
        "AWS_ACCESS_KEY_ID": "",
        "AWS_SECRET_ACCESS_KEY": "",
        "AWS_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/{environment}-role",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(folder / "token"),
        # Terraform's backend does not look for STS at the address of everything.
        "AWS_ENDPOINT_URL_STS": ecr.endpoint,
    }


def keep_every_version(walk: Walk) -> None:
    """Let the bucket have no rule for old versions: the provider looks for a minute whether AWS remembers one."""
    main = walk.project.folder / "bootstrap/terraform/main.tf"
    main.write_text(main.read_text().replace("tags = {", "state_version_days = null\n  tags = {"))
    walk.printed("mirrorgen bootstrap", "")


def lose_the_state(walk: Walk) -> None:
    bucket = json.loads((walk.project.folder / "bootstrap/account.json").read_text())["state_bucket"]
    walk.project.client("s3").delete_object(Bucket=bucket, Key=STATE_KEY)


# What happens on the way that nobody is told to do, before the command or below the title.
EVENTS: dict[str, Callable[[Walk], None]] = {
    "mirrorgen bootstrap --apply": keep_every_version,
    "## Lose the state": lose_the_state,
}


def happens(name: str, walk: Walk) -> None:
    if name in EVENTS:
        EVENTS[name](walk)


def test_the_whole_life_of_a_mirror_is_as_the_page_shows_it(walk: Walk, pytestconfig: pytest.Config) -> None:
    ran: list[str] = []

    def followed(match: re.Match[str]) -> str:
        lead, language, content = match["lead"], match["language"], match["content"]
        if language == "yaml":
            assert "`images.yaml`" in lead
            walk.listed(content)
            return match[0]
        who = re.search(r"`(image-\w+)`", lead)
        shown = ""
        for part in re.split(r"^(?=\$ )", content, flags=re.MULTILINE)[1:]:
            command, _, expected = part.removeprefix("$ ").partition("\n")
            happens(command, walk)
            printed = walk.printed(command, who[1] if who else "")
            ran.append(command)
            fits = re.fullmatch(as_pattern(expected), printed)
            shown += f"$ {command}\n{expected if fits else printed}"
        return match[0].replace(content, shown)

    sections = []
    for section in re.split(r"^(?=## )", text_of(PAGE), flags=re.MULTILINE):
        happens(section.partition("\n")[0], walk)
        sections.append(BLOCK.sub(followed, section))
    require_text(PAGE, "".join(sections), pytestconfig)
    assert text_of(PAGE).count("\n$ ") == len(ran)
