# Each run differs from a valid list in one thing, and must be refused for it.

mock_provider "aws" {}

variables {
  region     = null
  account_id = null
  image = {
    source                = "docker.io/acme/app"
    repository            = "mirror/app"
    tag_mutability        = "MUTABLE"
    mutability_exclusions = []
    scan_on_push          = true
    encryption            = { type = "AES256", kms_key = null }
    lifecycle_rules       = []
    tags                  = {}
  }
  rule = {
    priority      = 1
    description   = null
    tag_status    = "untagged"
    tag_prefixes  = []
    tag_patterns  = []
    storage_class = null
    count_type    = "sinceImagePushed"
    count_unit    = "days"
    count_number  = 7
    action        = "expire"
  }
}

run "starting_point_is_valid" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, { lifecycle_rules = [var.rule] })]
  }

  assert {
    condition     = length(aws_ecr_repository.this) == 1 && length(aws_ecr_lifecycle_policy.this) == 1
    error_message = "The list that every other run changes must itself be valid."
  }
}

run "limits_themselves_are_valid" {
  command = plan

  variables {
    account_id = "000000000000"
    mirrored_images = [
      merge(var.image, { repository = "a1" }),
      merge(var.image, { repository = join("", [for n in range(256) : "a"]) }),
      merge(var.image, { repository = "a.b_c-d/e__f---g", encryption = { type = "KMS_DSSE", kms_key = "arn:aws:kms:eu-west-1:123456789012:key/0f2d4a3c" } }),
      merge(var.image, { repository = "fifty-rules", lifecycle_rules = [
        for n in range(50) : merge(var.rule, { priority = n + 1, tag_status = n == 49 ? "any" : "untagged" })
      ] }),
    ]
  }

  assert {
    condition     = length(aws_ecr_repository.this) == 4
    error_message = "A list at its limits must be valid."
  }
}

run "account_id_too_short" {
  command = plan

  variables {
    account_id      = "12345678901"
    mirrored_images = []
  }

  expect_failures = [var.account_id]
}

run "account_id_with_letters" {
  command = plan

  variables {
    account_id      = "12345678901a"
    mirrored_images = []
  }

  expect_failures = [var.account_id]
}

run "repository_listed_twice" {
  command = plan

  variables {
    mirrored_images = [var.image, merge(var.image, { source = "quay.io/acme/app" })]
  }

  expect_failures = [var.mirrored_images]
}

run "repository_name_too_short" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, { repository = "a" })]
  }

  expect_failures = [var.mirrored_images]
}

run "repository_name_too_long" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, { repository = join("", [for n in range(257) : "a"]) })]
  }

  expect_failures = [var.mirrored_images]
}

run "repository_name_with_upper_case" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, { repository = "mirror/App" })]
  }

  expect_failures = [var.mirrored_images]
}

run "repository_name_with_empty_segment" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, { repository = "mirror//app" })]
  }

  expect_failures = [var.mirrored_images]
}

run "repository_name_with_double_separator" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, { repository = "mirror/a..b" })]
  }

  expect_failures = [var.mirrored_images]
}

run "repository_name_with_separator_last" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, { repository = "mirror/app-" })]
  }

  expect_failures = [var.mirrored_images]
}

run "tag_mutability_unknown" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, { tag_mutability = "immutable" })]
  }

  expect_failures = [var.mirrored_images]
}

run "exclusions_without_their_mutability" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, { tag_mutability = "IMMUTABLE", mutability_exclusions = ["latest"] })]
  }

  expect_failures = [var.mirrored_images]
}

run "exclusions_missing" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, { tag_mutability = "IMMUTABLE_WITH_EXCLUSION", mutability_exclusions = [] })]
  }

  expect_failures = [var.mirrored_images]
}

run "exclusions_more_than_five" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, { tag_mutability = "IMMUTABLE_WITH_EXCLUSION", mutability_exclusions = ["a", "b", "c", "d", "e", "f"] })]
  }

  expect_failures = [var.mirrored_images]
}

run "exclusion_with_three_wildcards" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, { tag_mutability = "IMMUTABLE_WITH_EXCLUSION", mutability_exclusions = ["*a*b*"] })]
  }

  expect_failures = [var.mirrored_images]
}

run "exclusion_with_strange_character" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, { tag_mutability = "IMMUTABLE_WITH_EXCLUSION", mutability_exclusions = ["v[0-9]"] })]
  }

  expect_failures = [var.mirrored_images]
}

run "encryption_type_unknown" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, { encryption = { type = "kms", kms_key = null } })]
  }

  expect_failures = [var.mirrored_images]
}

run "kms_key_by_an_alias" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, { encryption = { type = "KMS", kms_key = "arn:aws:kms:eu-west-1:123456789012:alias/mirror" } })]
  }

  expect_failures = [var.mirrored_images]
}

run "mutable_with_exclusion_without_filters" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, { tag_mutability = "MUTABLE_WITH_EXCLUSION", mutability_exclusions = [] })]
  }

  expect_failures = [var.mirrored_images]
}

run "kms_key_with_aes256" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, { encryption = { type = "AES256", kms_key = "arn:aws:kms:eu-west-1:123456789012:key/0f2d4a3c" } })]
  }

  expect_failures = [var.mirrored_images]
}

run "lifecycle_more_than_50_rules" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, { lifecycle_rules = [for n in range(51) : merge(var.rule, { priority = n + 1 })] })]
  }

  expect_failures = [var.mirrored_images]
}

run "lifecycle_priority_repeated" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, {
      lifecycle_rules = [
        merge(var.rule, { priority = 1 }),
        merge(var.rule, { priority = 1, count_number = 9 }),
      ]
    })]
  }

  expect_failures = [var.mirrored_images]
}

run "lifecycle_priority_zero" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, {
      lifecycle_rules = [
        merge(var.rule, { priority = 0 }),
      ]
    })]
  }

  expect_failures = [var.mirrored_images]
}

run "lifecycle_count_zero" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, {
      lifecycle_rules = [
        merge(var.rule, { count_number = 0 }),
      ]
    })]
  }

  expect_failures = [var.mirrored_images]
}

run "lifecycle_count_not_whole" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, {
      lifecycle_rules = [
        merge(var.rule, { count_number = 1.5 }),
      ]
    })]
  }

  expect_failures = [var.mirrored_images]
}

run "lifecycle_any_rule_not_last" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, {
      lifecycle_rules = [
        merge(var.rule, { priority = 1, tag_status = "any" }),
        merge(var.rule, { priority = 2 }),
      ]
    })]
  }

  expect_failures = [var.mirrored_images]
}

run "lifecycle_tag_status_unknown" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, {
      lifecycle_rules = [
        merge(var.rule, { tag_status = "all" }),
      ]
    })]
  }

  expect_failures = [var.mirrored_images]
}

run "lifecycle_tagged_without_selection" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, {
      lifecycle_rules = [
        merge(var.rule, { tag_status = "tagged" }),
      ]
    })]
  }

  expect_failures = [var.mirrored_images]
}

run "lifecycle_untagged_with_prefix" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, {
      lifecycle_rules = [
        merge(var.rule, { tag_prefixes = ["v"] }),
      ]
    })]
  }

  expect_failures = [var.mirrored_images]
}

run "lifecycle_count_type_unknown" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, {
      lifecycle_rules = [
        merge(var.rule, { count_type = "sinceImageLoved" }),
      ]
    })]
  }

  expect_failures = [var.mirrored_images]
}

run "lifecycle_days_missing" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, {
      lifecycle_rules = [
        merge(var.rule, { count_unit = null }),
      ]
    })]
  }

  expect_failures = [var.mirrored_images]
}

run "lifecycle_days_with_a_count_of_images" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, {
      lifecycle_rules = [
        merge(var.rule, { count_type = "imageCountMoreThan" }),
      ]
    })]
  }

  expect_failures = [var.mirrored_images]
}

run "lifecycle_expire_by_last_pull" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, {
      lifecycle_rules = [
        merge(var.rule, { count_type = "sinceImagePulled" }),
      ]
    })]
  }

  expect_failures = [var.mirrored_images]
}

run "lifecycle_out_of_the_archive_too_early" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, {
      lifecycle_rules = [
        merge(var.rule, { count_type = "sinceImageTransitioned", storage_class = "archive", count_number = 89 }),
      ]
    })]
  }

  expect_failures = [var.mirrored_images]
}

run "lifecycle_archive_of_what_is_not_counted_there" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, {
      lifecycle_rules = [
        merge(var.rule, { storage_class = "archive" }),
      ]
    })]
  }

  expect_failures = [var.mirrored_images]
}

run "lifecycle_action_unknown" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, {
      lifecycle_rules = [
        merge(var.rule, { action = "archive" }),
      ]
    })]
  }

  expect_failures = [var.mirrored_images]
}

run "lifecycle_policy_too_long" {
  command = plan

  variables {
    mirrored_images = [merge(var.image, {
      lifecycle_rules = [for n in range(50) : merge(var.rule, { priority = n + 1, description = join("", [for n in range(1000) : "a"]) })]
    })]
  }

  expect_failures = [aws_ecr_lifecycle_policy.this["mirror/app"]]
}
