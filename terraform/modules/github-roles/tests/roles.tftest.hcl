# The roles and whom they trust, against a mocked provider: no account is needed.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { id = "eu-west-1" }
  }
  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::123456789012:policy/image-mirror-boundary" }
  }
}

variables {
  repository        = "example/images"
  oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
  state             = { bucket = "example-state" }
}

run "four_roles_of_four_environments" {
  command = plan

  assert {
    condition = { for name, role in aws_iam_role.this : name => role.name } == {
      plan    = "image-plan-role"
      apply   = "image-apply-role"
      sync    = "image-sync-role"
      destroy = "image-destroy-role"
    }
    error_message = "The roles have other names."
  }

  assert {
    condition     = output.environments == { plan = "image-plan", apply = "image-apply", sync = "image-sync", destroy = "image-destroy" }
    error_message = "The environments have other names."
  }

  assert {
    condition     = { for name, policy in aws_iam_role_policy.this : name => policy.policy } == output.policies
    error_message = "A role has another policy than its own."
  }
}

run "a_repository_without_ids_is_trusted_by_its_name_alone" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role.this["sync"].assume_role_policy).Statement[0].Condition == {
      StringEquals = {
        "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
        "token.actions.githubusercontent.com:sub" = ["repo:example/images:environment:image-sync"]
      }
    }
    error_message = "Other jobs than those of the environment get the role."
  }
}

run "with_ids_both_forms_of_the_subject_are_trusted" {
  command = plan

  variables {
    repository = "example@583231/images@1296269"
  }

  assert {
    condition = jsondecode(aws_iam_role.this["destroy"].assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == [
      "repo:example/images:environment:image-destroy",
      "repo:example@583231/images@1296269:environment:image-destroy",
    ]
    error_message = "A form of the subject is not trusted, or something else is."
  }
}

run "a_workflow_may_be_asked_for" {
  command = plan

  variables {
    roles = { apply = { job_workflow_refs = ["example/images/.github/workflows/image-sync.yaml@refs/heads/main"] } }
  }

  assert {
    condition = jsondecode(output.trust_policies.apply).Statement[0].Condition.StringLike == {
      "token.actions.githubusercontent.com:job_workflow_ref" = ["example/images/.github/workflows/image-sync.yaml@refs/heads/main"]
    }
    error_message = "Any workflow of the environment gets the role."
  }

  assert {
    condition     = !can(jsondecode(output.trust_policies.sync).Statement[0].Condition.StringLike)
    error_message = "Another role asks for a workflow, too."
  }
}

run "sessions_are_as_long_as_asked_for" {
  command = plan

  variables {
    roles = { sync = { max_session_duration = 43200 } }
  }

  assert {
    condition     = { for name, role in aws_iam_role.this : name => role.max_session_duration } == { plan = 3600, apply = 3600, sync = 43200, destroy = 3600 }
    error_message = "A session may last longer, or less."
  }
}

run "every_role_has_the_boundary" {
  command = apply

  assert {
    condition     = alltrue([for role in aws_iam_role.this : role.permissions_boundary == aws_iam_policy.boundary[0].arn])
    error_message = "A role has no permissions boundary."
  }
}

run "a_boundary_that_is_there_is_taken" {
  command = plan

  variables {
    permissions_boundary_arn = "arn:aws:iam::123456789012:policy/company"
  }

  assert {
    condition     = alltrue([for role in aws_iam_role.this : role.permissions_boundary == "arn:aws:iam::123456789012:policy/company"]) && length(aws_iam_policy.boundary) == 0
    error_message = "Another boundary is made or used."
  }
}

run "a_role_may_be_left_out" {
  command = plan

  variables {
    roles = { destroy = { enabled = false } }
  }

  assert {
    condition     = keys(aws_iam_role.this) == ["apply", "plan", "sync"]
    error_message = "Other roles than the three are made."
  }
}

run "refuses_half_of_the_ids" {
  command = plan

  variables {
    repository = "example@583231/images"
  }

  expect_failures = [var.repository]
}

run "refuses_a_pattern_of_repositories" {
  command = plan

  variables {
    repository = "example/*"
  }

  expect_failures = [var.repository]
}

run "refuses_one_environment_for_two_roles" {
  command = plan

  variables {
    roles = { apply = { environment = "Image-Sync" } }
  }

  expect_failures = [var.roles]
}

run "refuses_a_pattern_of_environments" {
  command = plan

  variables {
    roles = { apply = { environment = "*" } }
  }

  expect_failures = [var.roles]
}

run "refuses_one_name_for_two_roles" {
  command = plan

  variables {
    roles = { apply = { name = "image-sync-role" } }
  }

  expect_failures = [var.roles]
}

run "refuses_a_session_that_is_too_long" {
  command = plan

  variables {
    roles = { apply = { max_session_duration = 43201 } }
  }

  expect_failures = [var.roles]
}

run "refuses_a_pattern_of_workflows" {
  command = plan

  variables {
    roles = { apply = { job_workflow_refs = ["example/*"] } }
  }

  expect_failures = [var.roles]
}

run "refuses_what_is_no_provider" {
  command = plan

  variables {
    oidc_provider_arn = "token.actions.githubusercontent.com"
  }

  expect_failures = [var.oidc_provider_arn]
}
