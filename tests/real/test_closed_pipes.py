"""A sync whose reader goes away: the real regsync runs to its end."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.real.conftest import Project

IMAGES = {"quay.io/org/app": ["v1.0.0", "v1.1.0", "v1.2.0"], "docker.io/library/nginx": ["1.25", "1.26"]}


@pytest.mark.parametrize("redirection", ["2>&1 | true", "2>&1 | head -n 1", ">&- 2>&-", "2>&- | true"])
def test_a_sync_that_nobody_reads_copies_everything_and_reports_it(redirection: str, project: Project) -> None:
    project.serve(IMAGES)
    project.write(IMAGES)
    project.create_repositories()

    # The shell's own exit code would be that of the reader.
    script = f'{{ "$@"; echo $? >code; }} {redirection}'
    shell = ["sh", "-c", script, "sh", *project.argv("sync", "--report", "report.json")]
    subprocess.run(shell, cwd=project.folder, env=project.env, check=True, capture_output=True, timeout=120)

    assert (project.folder / "code").read_text() == "0\n"
    report = json.loads((project.folder / "report.json").read_text())
    assert (report["exit_code"], report["error"], len(report["result"]["copied"])) == (0, None, 5)
    assert sorted(project.held("quay/org/app")) == ["v1.0.0", "v1.1.0", "v1.2.0"]
    assert sorted(project.held("docker-hub/nginx")) == ["1.25", "1.26"]
