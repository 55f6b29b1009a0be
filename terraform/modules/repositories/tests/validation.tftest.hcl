# Each run differs from valid settings in one thing, and must be refused for it.

mock_provider "aws" {}

variables {
  repository = {
    tag_mutability        = "MUTABLE"
    mutability_exclusions = []
    scan_on_push          = true
    encryption            = { type = "AES256", kms_key = null }
    lifecycle_policy      = null
    tags                  = {}
  }
}

run "starting_point_is_valid" {
  command = plan

  variables {
    repositories = { "mirror/app" = merge(var.repository, { lifecycle_policy = jsonencode({ rules = [] }) }) }
  }

  assert {
    condition     = length(aws_ecr_repository.this) == 1 && length(aws_ecr_lifecycle_policy.this) == 1
    error_message = "The settings that every other run changes must themselves be valid."
  }
}

run "limits_themselves_are_valid" {
  command = plan

  variables {
    repositories = {
      a1                                      = var.repository
      (join("", [for n in range(256) : "a"])) = var.repository
      "a.b_c-d/e__f---g"                      = merge(var.repository, { encryption = { type = "KMS_DSSE", kms_key = "arn:aws:kms:eu-west-1:123456789012:key/0f2d4a3c" } })
      long-policy                             = merge(var.repository, { lifecycle_policy = jsonencode({ rules = [substr(join("", [for n in range(1000) : "0123456789012345678901234567890"]), 0, 30706)] }) })
      long-access                             = merge(var.repository, { repository_policy = jsonencode({ Statement = [substr(join("", [for n in range(1000) : "0123456789012345678901234567890"]), 0, 10222)] }) })
    }
  }

  assert {
    condition     = length(aws_ecr_repository.this) == 5 && length(aws_ecr_lifecycle_policy.this["long-policy"].policy) == 30720 && length(aws_ecr_repository_policy.this["long-access"].policy) == 10240
    error_message = "Settings at their limits must be valid."
  }
}

run "repository_name_too_short" {
  command = plan

  variables {
    repositories = { "a" = var.repository }
  }

  expect_failures = [var.repositories]
}

run "repository_name_too_long" {
  command = plan

  variables {
    repositories = { (join("", [for n in range(257) : "a"])) = var.repository }
  }

  expect_failures = [var.repositories]
}

run "repository_name_with_upper_case" {
  command = plan

  variables {
    repositories = { "mirror/App" = var.repository }
  }

  expect_failures = [var.repositories]
}

run "repository_name_with_empty_segment" {
  command = plan

  variables {
    repositories = { "mirror//app" = var.repository }
  }

  expect_failures = [var.repositories]
}

run "repository_name_with_double_separator" {
  command = plan

  variables {
    repositories = { "mirror/a..b" = var.repository }
  }

  expect_failures = [var.repositories]
}

run "repository_name_with_separator_last" {
  command = plan

  variables {
    repositories = { "mirror/app-" = var.repository }
  }

  expect_failures = [var.repositories]
}

run "tag_mutability_unknown" {
  command = plan

  variables {
    repositories = { "mirror/app" = merge(var.repository, { tag_mutability = "immutable" }) }
  }

  expect_failures = [var.repositories]
}

run "exclusions_without_their_mutability" {
  command = plan

  variables {
    repositories = { "mirror/app" = merge(var.repository, { tag_mutability = "IMMUTABLE", mutability_exclusions = ["latest"] }) }
  }

  expect_failures = [var.repositories]
}

run "exclusions_missing" {
  command = plan

  variables {
    repositories = { "mirror/app" = merge(var.repository, { tag_mutability = "IMMUTABLE_WITH_EXCLUSION", mutability_exclusions = [] }) }
  }

  expect_failures = [var.repositories]
}

run "exclusions_more_than_five" {
  command = plan

  variables {
    repositories = { "mirror/app" = merge(var.repository, { tag_mutability = "IMMUTABLE_WITH_EXCLUSION", mutability_exclusions = ["a", "b", "c", "d", "e", "f"] }) }
  }

  expect_failures = [var.repositories]
}

run "exclusion_with_three_wildcards" {
  command = plan

  variables {
    repositories = { "mirror/app" = merge(var.repository, { tag_mutability = "IMMUTABLE_WITH_EXCLUSION", mutability_exclusions = ["*a*b*"] }) }
  }

  expect_failures = [var.repositories]
}

run "exclusion_with_strange_character" {
  command = plan

  variables {
    repositories = { "mirror/app" = merge(var.repository, { tag_mutability = "IMMUTABLE_WITH_EXCLUSION", mutability_exclusions = ["v[0-9]"] }) }
  }

  expect_failures = [var.repositories]
}

run "encryption_type_unknown" {
  command = plan

  variables {
    repositories = { "mirror/app" = merge(var.repository, { encryption = { type = "kms", kms_key = null } }) }
  }

  expect_failures = [var.repositories]
}

run "kms_key_by_an_alias" {
  command = plan

  variables {
    repositories = { "mirror/app" = merge(var.repository, { encryption = { type = "KMS", kms_key = "arn:aws:kms:eu-west-1:123456789012:alias/mirror" } }) }
  }

  expect_failures = [var.repositories]
}

run "mutable_with_exclusion_without_filters" {
  command = plan

  variables {
    repositories = { "mirror/app" = merge(var.repository, { tag_mutability = "MUTABLE_WITH_EXCLUSION", mutability_exclusions = [] }) }
  }

  expect_failures = [var.repositories]
}

run "kms_key_with_aes256" {
  command = plan

  variables {
    repositories = { "mirror/app" = merge(var.repository, { encryption = { type = "AES256", kms_key = "arn:aws:kms:eu-west-1:123456789012:key/0f2d4a3c" } }) }
  }

  expect_failures = [var.repositories]
}

run "lifecycle_policy_that_is_no_json" {
  command = plan

  variables {
    repositories = { "mirror/app" = merge(var.repository, { lifecycle_policy = "rules: []" }) }
  }

  expect_failures = [var.repositories]
}

run "lifecycle_policy_without_rules" {
  command = plan

  variables {
    repositories = { "mirror/app" = merge(var.repository, { lifecycle_policy = jsonencode({ rule = [] }) }) }
  }

  expect_failures = [var.repositories]
}

run "lifecycle_policy_too_long" {
  command = plan

  variables {
    repositories = { "mirror/app" = merge(var.repository, { lifecycle_policy = jsonencode({ rules = [substr(join("", [for n in range(1000) : "0123456789012345678901234567890"]), 0, 30707)] }) }) }
  }

  expect_failures = [var.repositories]
}

run "repository_policy_that_is_no_json" {
  command = plan

  variables {
    repositories = { "mirror/app" = merge(var.repository, { repository_policy = "anybody" }) }
  }

  expect_failures = [var.repositories]
}

run "repository_policy_without_statements" {
  command = plan

  variables {
    repositories = { "mirror/app" = merge(var.repository, { repository_policy = jsonencode({ statement = [] }) }) }
  }

  expect_failures = [var.repositories]
}

run "repository_policy_too_long" {
  command = plan

  variables {
    repositories = { "mirror/app" = merge(var.repository, { repository_policy = jsonencode({ Statement = [substr(join("", [for n in range(1000) : "0123456789012345678901234567890"]), 0, 10223)] }) }) }
  }

  expect_failures = [var.repositories]
}
