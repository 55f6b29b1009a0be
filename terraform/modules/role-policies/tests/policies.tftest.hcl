# Who may do what, read from the policies themselves: no provider and no account is needed.

variables {
  account_id = "123456789012"
  regions    = ["eu-west-1"]
  state      = { bucket = "example-state" }
}

run "only_sync_pushes" {
  command = plan

  assert {
    condition     = [for role, policy in output.policies : role if contains(flatten([for statement in jsondecode(policy).Statement : statement.Action if statement.Effect == "Allow"]), "ecr:PutImage")] == ["sync"]
    error_message = "Another role than sync may push, or sync may not."
  }

  assert {
    condition     = [for role, policy in output.policies : role if strcontains(policy, "ecr:CreateRepository")] == ["apply", "destroy"]
    error_message = "Repositories are made by others than apply and destroy."
  }
}

run "only_destroy_removes" {
  command = plan

  assert {
    condition = [
      for role, policy in output.policies : role
      if length(setintersection(flatten([for statement in jsondecode(policy).Statement : statement.Action if statement.Effect == "Allow"]), ["ecr:DeleteRepository", "ecr:BatchDeleteImage"])) > 0
    ] == ["destroy"]
    error_message = "Another role than destroy may remove repositories or images, or destroy may not."
  }
}

run "nobody_lets_themselves_do_more_by_the_policy_of_a_repository" {
  command = plan

  assert {
    condition     = [for role, policy in output.policies : role if strcontains(policy, "ecr:SetRepositoryPolicy")] == ["apply", "destroy"]
    error_message = "Others than apply and destroy set the policy of a repository, or these do not."
  }

  assert {
    condition = {
      for role, policy in output.policies : role => flatten([for statement in jsondecode(policy).Statement : statement.Action if statement.Effect == "Deny" && statement.Resource == jsondecode(policy).Statement[1].Resource])
      } == {
      plan    = []
      apply   = ["ecr:BatchCheckLayerAvailability", "ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart", "ecr:BatchDeleteImage", "ecr:DeleteRepository"]
      sync    = []
      destroy = ["ecr:BatchCheckLayerAvailability", "ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart"]
    }
    error_message = "A role that sets policies is not denied what it must not let itself do."
  }
}

run "an_only_role_may_do_what_apply_and_sync_do_and_remove_nothing" {
  command = plan

  variables {
    kms_key_arns              = ["arn:aws:kms:eu-west-1:123456789012:key/0f2d4a3c"]
    may_list_all_repositories = true
    sets_scanning             = true
    sets_replication          = true
    reads_from                = ["arn:aws:ecr:eu-west-1:210987654321:repository/mirror/*"]
  }

  assert {
    condition = length(setsubtract(
      flatten([for role in ["apply", "sync"] : [for statement in jsondecode(output.policies[role]).Statement : [for action in statement.Action : "${action} ${join(",", statement.Resource)}"] if statement.Effect == "Allow"]]),
      flatten([for statement in jsondecode(output.only_policy).Statement : [for action in statement.Action : "${action} ${join(",", statement.Resource)}"] if statement.Effect == "Allow"]),
    )) == 0
    error_message = "The role may not do something that apply or sync may."
  }

  assert {
    condition     = [for statement in jsondecode(output.only_policy).Statement : statement.Action if statement.Effect == "Deny"] == [["ecr:BatchDeleteImage", "ecr:DeleteRepository"]]
    error_message = "The role is denied what one of them does, or could let itself remove something."
  }

  assert {
    condition     = length(distinct(jsondecode(output.only_policy).Statement[*].Sid)) == length(jsondecode(output.only_policy).Statement)
    error_message = "IAM refuses two statements of one name."
  }
}

run "settings_of_the_registry_are_rights_of_their_own" {
  command = plan

  variables {
    sets_scanning    = true
    sets_replication = true
  }

  assert {
    condition = {
      for role, policy in output.policies : role => one([for statement in jsondecode(policy).Statement : statement.Action if statement.Sid == "Registry"])
      } == {
      plan    = ["ecr:GetRegistryScanningConfiguration", "ecr:DescribeRegistry"]
      apply   = ["ecr:GetRegistryScanningConfiguration", "ecr:PutRegistryScanningConfiguration", "ecr:DescribeRegistry", "ecr:PutReplicationConfiguration"]
      sync    = ["ecr:GetRegistryScanningConfiguration", "ecr:DescribeRegistry", "ecr:StartReplicationBackfill"]
      destroy = ["ecr:GetRegistryScanningConfiguration", "ecr:PutRegistryScanningConfiguration", "ecr:DescribeRegistry", "ecr:PutReplicationConfiguration"]
    }
    error_message = "Others than apply and destroy change settings of the registry, or these do not."
  }

  assert {
    condition = alltrue([
      for policy in concat(values(output.policies), [output.boundary]) :
      one([for statement in jsondecode(policy).Statement : statement.Condition if statement.Sid == "Registry"]).StringEquals["aws:RequestedRegion"] == ["eu-west-1"]
    ])
    error_message = "The settings of other regions may be changed, too."
  }
}

run "settings_of_the_registry_are_nobodys_otherwise" {
  command = plan

  assert {
    condition     = !strcontains(join("", concat(values(output.policies), [output.boundary])), "Registry")
    error_message = "A role may look at settings of the whole registry, or change them, without being told so."
  }
}

run "plan_changes_nothing" {
  command = plan

  assert {
    condition = alltrue([
      for action in flatten(jsondecode(output.policies.plan).Statement[*].Action) :
      can(regex("^(ecr:(Get|List|Describe|BatchGet)[A-Za-z]+|s3:(ListBucket|GetObject))$", action))
    ])
    error_message = "The plan role may do more than read."
  }
}

run "no_action_is_a_pattern" {
  command = plan

  assert {
    condition     = alltrue([for policy in concat(values(output.policies), [output.boundary]) : alltrue([for action in flatten(jsondecode(policy).Statement[*].Action) : !strcontains(action, "*")])])
    error_message = "A policy allows more than it names."
  }
}

run "only_signing_in_is_about_everything" {
  command = plan

  assert {
    condition     = alltrue([for policy in values(output.policies) : [for statement in jsondecode(policy).Statement : statement.Sid if contains(statement.Resource, "*")] == ["SignIn"]])
    error_message = "A statement other than SignIn is about every resource."
  }

  assert {
    condition     = jsondecode(output.policies.apply).Statement[1].Resource == ["arn:aws:ecr:eu-west-1:123456789012:repository/mirror/*"]
    error_message = "The repositories are not those below the prefix."
  }
}

run "the_boundary_is_the_union_of_the_roles" {
  command = plan

  variables {
    kms_key_arns              = ["arn:aws:kms:eu-west-1:123456789012:key/0f2d4a3c"]
    state                     = { bucket = "example-state", kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1f2d4a3c" }
    may_list_all_repositories = true
    sets_scanning             = true
    sets_replication          = true
    reads_from                = ["arn:aws:ecr:eu-west-1:210987654321:repository/mirror/*"]
  }

  assert {
    condition = (
      toset(flatten([for statement in jsondecode(output.boundary).Statement : [for action in statement.Action : "${action} ${join(",", statement.Resource)}"]])) ==
      toset(flatten([for policy in values(output.policies) : [for statement in jsondecode(policy).Statement : [for action in statement.Action : "${action} ${join(",", statement.Resource)}"] if statement.Effect == "Allow"]]))
    )
    error_message = "The boundary allows something else than the roles together."
  }
}

run "sync_knows_nothing_of_the_state" {
  command = plan

  assert {
    condition     = !strcontains(output.policies.sync, "s3:")
    error_message = "sync may read or write Terraform's state."
  }

  assert {
    condition     = !strcontains(output.policies.plan, "tflock")
    error_message = "plan may lock Terraform's state."
  }

  assert {
    condition = [for statement in jsondecode(output.policies.destroy).Statement : statement.Resource if statement.Sid == "LockState"] == [
      ["arn:aws:s3:::example-state/mirrorgen/terraform.tfstate.tflock"],
    ]
    error_message = "destroy may not lock the state, or something else."
  }
}

run "without_a_bucket_nobody_has_a_right_to_one" {
  command = plan

  variables {
    state = null
  }

  assert {
    condition     = !strcontains(join("", concat(values(output.policies), [output.boundary])), "s3:")
    error_message = "A policy speaks of S3."
  }
}

run "keys_of_ones_own" {
  command = plan

  variables {
    kms_key_arns = ["arn:aws:kms:eu-west-1:123456789012:key/0f2d4a3c"]
    state        = { bucket = "example-state", kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1f2d4a3c" }
  }

  assert {
    condition     = [for role, policy in output.policies : role if strcontains(policy, "kms:CreateGrant")] == ["apply", "destroy"]
    error_message = "Others than apply and destroy let ECR use a key."
  }

  assert {
    condition = alltrue([
      for policy in [output.policies.apply, output.policies.destroy, output.boundary] : alltrue([
        for statement in jsondecode(policy).Statement : try(statement.Condition.StringLike["kms:ViaService"], null) == ["ecr.eu-west-1.*"]
        if contains(statement.Action, "kms:CreateGrant")
      ])
    ])
    error_message = "A role may let others than ECR use a key."
  }

  assert {
    condition     = [for role, policy in output.policies : role if strcontains(policy, "kms:GenerateDataKey")] == ["apply", "destroy"]
    error_message = "Others than apply and destroy may encrypt the state."
  }

  assert {
    condition     = [for role, policy in output.policies : role if strcontains(policy, "kms:Decrypt")] == ["apply", "destroy", "plan"]
    error_message = "Others than those that read the state may decrypt it."
  }
}

run "names_of_all_repositories_are_a_right_of_their_own" {
  command = plan

  variables {
    may_list_all_repositories = true
  }

  assert {
    condition = {
      for role, policy in output.policies : role => [for statement in jsondecode(policy).Statement : statement.Action if contains(statement.Resource, "arn:aws:ecr:eu-west-1:123456789012:repository/*")]
    } == { plan = [["ecr:DescribeRepositories"]], apply = [], sync = [["ecr:DescribeRepositories"]], destroy = [] }
    error_message = "Others than plan and sync may list all repositories, or these may do more with them."
  }
}

run "another_partition_and_two_regions" {
  command = plan

  variables {
    partition = "aws-cn"
    regions   = ["cn-north-1", "cn-northwest-1"]
  }

  assert {
    condition = jsondecode(output.policies.sync).Statement[1].Resource == [
      "arn:aws-cn:ecr:cn-north-1:123456789012:repository/mirror/*",
      "arn:aws-cn:ecr:cn-northwest-1:123456789012:repository/mirror/*",
    ]
    error_message = "The ARNs are not those of the partition."
  }

  assert {
    condition     = !strcontains(join("", concat(values(output.policies), [output.boundary])), "arn:aws:")
    error_message = "An ARN is of another partition."
  }
}

run "refuses_a_pattern_that_reaches_others" {
  command = plan

  variables {
    repositories = ["*"]
  }

  expect_failures = [var.repositories]
}

run "refuses_a_star_in_the_middle" {
  command = plan

  variables {
    repositories = ["mirror/*/nginx"]
  }

  expect_failures = [var.repositories]
}

run "refuses_no_repository" {
  command = plan

  variables {
    repositories = []
  }

  expect_failures = [var.repositories]
}

run "refuses_a_short_account" {
  command = plan

  variables {
    account_id = "12345"
  }

  expect_failures = [var.account_id]
}

run "refuses_a_partition_that_is_none" {
  command = plan

  variables {
    partition = "azure"
  }

  expect_failures = [var.partition]
}

run "refuses_no_region" {
  command = plan

  variables {
    regions = []
  }

  expect_failures = [var.regions]
}

run "refuses_a_wildcard_in_a_state_key" {
  command = plan

  variables {
    state = { bucket = "example-state", keys = ["*"] }
  }

  expect_failures = [var.state]
}

run "refuses_what_is_no_repository_of_another_account" {
  command = plan

  variables {
    reads_from = ["210987654321.dkr.ecr.eu-west-1.amazonaws.com/mirror/*"]
  }

  expect_failures = [var.reads_from]
}

run "refuses_an_alias_of_a_key" {
  command = plan

  variables {
    kms_key_arns = ["arn:aws:kms:eu-west-1:123456789012:alias/mirror"]
  }

  expect_failures = [var.kms_key_arns]
}
