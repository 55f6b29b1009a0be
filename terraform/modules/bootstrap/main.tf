data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  # The region's name has other names in other versions of the provider; this one stays.
  region = data.aws_region.current.id
  bucket = coalesce(var.state_bucket, "mirrorgen-state-${local.account_id}-${local.region}")
  arn    = "arn:${data.aws_partition.current.partition}:s3:::${local.bucket}"
  issuer = "token.actions.githubusercontent.com"
}

################################################################################
# Terraform's state
################################################################################

resource "aws_s3_bucket" "state" {
  # checkov:skip=CKV_AWS_18:Logs would need a bucket of their own; data events of CloudTrail say who read the state
  # checkov:skip=CKV_AWS_144:Old versions are kept, and mirrorgen adopt brings a lost state back
  # checkov:skip=CKV2_AWS_62:Nothing waits for a change of the state
  bucket = local.bucket
  tags   = var.tags

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_versioning" "state" {
  bucket = aws_s3_bucket.state.bucket

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "state" {
  bucket = aws_s3_bucket.state.bucket

  rule {
    bucket_key_enabled = var.state_kms_key_arn != null

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.state_kms_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.state_kms_key_arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "state" {
  bucket = aws_s3_bucket.state.bucket

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "state" {
  bucket = aws_s3_bucket.state.bucket

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "state" {
  bucket = aws_s3_bucket.state.bucket
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyEncryptedConnections"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [local.arn, "${local.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  # AWS refuses a policy while it still decides whether it is a public one.
  depends_on = [aws_s3_bucket_public_access_block.state]
}

# Every run leaves a version of the lock behind, and of the state if it changed anything.
resource "aws_s3_bucket_lifecycle_configuration" "state" {
  count = var.state_version_days == null ? 0 : 1

  bucket = aws_s3_bucket.state.bucket

  rule {
    id     = "old-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days           = var.state_version_days
      newer_noncurrent_versions = 10
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.state]
}

################################################################################
# Roles
################################################################################

# An account has one for all of its repositories.
resource "aws_iam_openid_connect_provider" "github" {
  count = var.oidc_provider_arn == null ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
  tags           = var.tags
}

module "roles" {
  source = "../github-roles"

  repository                = var.repository
  oidc_provider_arn         = var.oidc_provider_arn == null ? aws_iam_openid_connect_provider.github[0].arn : var.oidc_provider_arn
  roles                     = var.roles
  path                      = var.path
  permissions_boundary_arn  = var.permissions_boundary_arn
  boundary_name             = var.boundary_name
  regions                   = var.regions
  repositories              = var.repositories
  may_list_all_repositories = var.may_list_all_repositories
  sets_scanning             = var.sets_scanning
  reads_from                = var.reads_from
  sets_replication          = var.sets_replication
  kms_key_arns              = var.kms_key_arns
  state                     = { bucket = local.bucket, keys = var.state_keys, kms_key_arn = var.state_kms_key_arn }
  tags                      = var.tags
}
