"""What a run keeps to itself."""

from __future__ import annotations

import os
from pathlib import Path

from mirrorgen.operations.runtime import Runtime
from tests.unit.conftest import Desire

LIST = """\
target:
  registry: harbor.example.com/mirror
  credentials: {username_env: T_USER, password_env: T_TOKEN}
registries:
  quay.io: {credentials: {username_env: Q_USER, password_env: Q_TOKEN}}
images:
  - source: quay.io/robot/app
    tags: ["1"]
"""


def test_passwords_are_masked_where_programs_are_quoted_and_user_names_are_not(desire: Desire, tmp_path: Path) -> None:
    """A user name may be a part of a repository's name, by which people look for what failed."""
    credentials = {"T_USER": "mirror", "T_TOKEN": "correct-horse", "Q_USER": "robot", "Q_TOKEN": "hunter22"}
    environ = {"PATH": os.environ["PATH"], **credentials}
    runner = Runtime(tmp_path, desire(LIST), environ=environ).runner
    said = runner.run(["echo", "harbor.example.com/mirror/quay/robot/app correct-horse hunter22"], env=environ)
    assert said.stdout == "harbor.example.com/mirror/quay/robot/app correct-horse hunter22\n"
    assert "stdout:\n    harbor.example.com/mirror/quay/robot/app *** ***\n" in said.describe()
