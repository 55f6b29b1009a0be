"""What the workflows do for each of several targets: which job waits for which, and what each keeps for itself."""

from __future__ import annotations

from tests.test_workflows import Job, each_check, each_job, each_sync


@each_sync
def test_apply_runs_where_the_role_that_it_gets_is_trusted_in_another_account_too(jobs: dict[str, Job]) -> None:
    job = jobs["repositories"]
    (sign_in,) = [step["with"] for step in job["steps"] if "role-to-assume" in step.get("with", {})]
    assert sign_in["role-to-assume"].startswith("${{ matrix.apply_role || ")
    assert job["environment"].startswith("${{ matrix.apply_environment || ")
    # How long the role of sync may be kept says nothing of a role there.
    assert sign_in["role-duration-seconds"].startswith("${{ (matrix.apply_role || ")


@each_sync
def test_all_targets_are_made_before_the_first_is_filled_and_that_before_the_others(jobs: dict[str, Job]) -> None:
    assert {"repositories", "destroy"} <= set(jobs["sync"]["needs"])
    assert "sync" in jobs["others"]["needs"]
    assert {"sync", "others"} <= set(jobs["status"]["needs"])
    matrices = {name: job["strategy"]["matrix"].split(".")[-1] for name, job in jobs.items() if "strategy" in job}
    targets = dict.fromkeys(("repositories", "destroy", "status"), "targets) }}")
    assert matrices == {**targets, "sync": "first) }}", "others": "others) }}"}


@each_job
def test_no_job_of_a_target_writes_over_what_another_keeps(job: Job) -> None:
    if "needs.check.outputs" not in str(job.get("strategy")):
        return
    assert job["env"]["MIRRORGEN_TARGET"] == "${{ matrix.target }}"
    assert job["strategy"]["fail-fast"] is False
    kept = [step for step in job["steps"] if step.get("uses", "").startswith("actions/upload-artifact@")]
    assert kept
    for step in kept:
        once = step["if"].endswith("&& matrix.first }}")
        assert once or step["with"]["name"].startswith("${{ matrix.target && format('{0}.', matrix.target) }}")


@each_check
def test_targets_that_cannot_be_found_fail_the_check_where_no_plan_may_say_so(jobs: dict[str, Job]) -> None:
    """What is wrong in `bootstrap/ACCOUNT.json` is no problem of the list, and would stop the run after the merge."""
    steps = {step["name"]: step for step in jobs["check"]["steps"]}
    assert not [name for name, step in steps.items() if "continue-on-error" in step]
    finding = steps["Find the targets"]
    assert "mirrorgen matrix --by target" in finding["run"]
    assert finding["if"] == steps["Compare the generated files"]["if"]
