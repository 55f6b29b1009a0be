# What a new account gets, against a mocked provider: no account is needed.

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
}

variables {
  repository        = "example/images"
  oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
}

run "the_state_is_versioned_encrypted_and_nobody_elses" {
  command = plan

  assert {
    condition     = aws_s3_bucket.state.bucket == "mirrorgen-state-123456789012-eu-west-1"
    error_message = "The bucket has another name."
  }

  assert {
    condition     = aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled"
    error_message = "The state has no versions to go back to."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.state.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "The state is not encrypted."
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.state.block_public_acls,
      aws_s3_bucket_public_access_block.state.block_public_policy,
      aws_s3_bucket_public_access_block.state.ignore_public_acls,
      aws_s3_bucket_public_access_block.state.restrict_public_buckets,
      one(aws_s3_bucket_ownership_controls.state.rule).object_ownership == "BucketOwnerEnforced",
    ])
    error_message = "The bucket may become public."
  }

  assert {
    condition = jsondecode(aws_s3_bucket_policy.state.policy).Statement == [{
      Sid       = "OnlyEncryptedConnections"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::mirrorgen-state-123456789012-eu-west-1", "arn:aws:s3:::mirrorgen-state-123456789012-eu-west-1/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "The bucket answers connections that are not encrypted."
  }

  assert {
    condition = one(aws_s3_bucket_lifecycle_configuration.state[0].rule).noncurrent_version_expiration == tolist([
      { newer_noncurrent_versions = 10, noncurrent_days = 90 },
    ])
    error_message = "Old versions go earlier, or never."
  }
}

run "a_provider_that_is_there_is_taken" {
  command = plan

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0 && output.oidc_provider_arn == var.oidc_provider_arn
    error_message = "A second provider would be made."
  }
}

run "a_provider_is_made_where_none_is_given" {
  command = plan

  variables {
    oidc_provider_arn = null
  }

  override_resource {
    target = aws_iam_openid_connect_provider.github[0]
    values = { arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
  }

  assert {
    condition     = aws_iam_openid_connect_provider.github[0].url == "https://token.actions.githubusercontent.com" && aws_iam_openid_connect_provider.github[0].client_id_list == toset(["sts.amazonaws.com"])
    error_message = "It is another provider, or for another audience."
  }
}

run "the_roles_get_to_the_state_that_was_made" {
  command = plan

  variables {
    state_bucket      = "example-state"
    state_keys        = ["mirrorgen/terraform.tfstate", "mirrorgen/second.tfstate"]
    state_kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/0f2d4a3c"
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.state.rule).apply_server_side_encryption_by_default).kms_master_key_id == "arn:aws:kms:eu-west-1:123456789012:key/0f2d4a3c"
    error_message = "The state is encrypted with another key."
  }

  assert {
    condition = [
      for statement in jsondecode(module.roles.policies.plan).Statement : statement.Resource if contains(["ReadState", "StateKey"], statement.Sid)
      ] == [
      ["arn:aws:s3:::example-state/mirrorgen/terraform.tfstate", "arn:aws:s3:::example-state/mirrorgen/second.tfstate"],
      ["arn:aws:kms:eu-west-1:123456789012:key/0f2d4a3c"],
    ]
    error_message = "plan cannot read the state."
  }
}

run "refuses_a_bucket_in_capitals" {
  command = plan

  variables {
    state_bucket = "Example"
  }

  expect_failures = [var.state_bucket]
}

run "every_version_may_stay" {
  command = plan

  variables {
    state_version_days = null
  }

  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.state) == 0
    error_message = "Versions of the state go."
  }
}

run "refuses_no_days" {
  command = plan

  variables {
    state_version_days = 0
  }

  expect_failures = [var.state_version_days]
}
