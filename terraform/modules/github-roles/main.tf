################################################################################
# Policies
################################################################################

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

module "policies" {
  source = "../role-policies"

  partition  = data.aws_partition.current.partition
  account_id = data.aws_caller_identity.current.account_id
  # The region's name has other names in other versions of the provider; this one stays.
  regions                   = coalescelist(var.regions, [data.aws_region.current.id])
  repositories              = var.repositories
  may_list_all_repositories = var.may_list_all_repositories
  sets_scanning             = var.sets_scanning
  reads_from                = var.reads_from
  sets_replication          = var.sets_replication
  kms_key_arns              = var.kms_key_arns
  state                     = var.state
}

################################################################################
# Trust
################################################################################

locals {
  roles = { for name, role in var.roles : name => role if role.enabled }

  # `OWNER@ID/NAME@ID` without the ids.
  repository = replace(var.repository, "/@[0-9]+/", "")
  # A repository that GitHub made, renamed or moved since 15 July 2026 has ids in its subject, and others may ask for them.
  # No newcomer can have the form without: https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens
  subjects = distinct([local.repository, var.repository])

  # The provider's ARN ends with its address, which the condition keys begin with.
  issuer = split("oidc-provider/", var.oidc_provider_arn)[1]

  trust = {
    for name, role in local.roles : name => jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Sid       = "GitHub"
        Effect    = "Allow"
        Principal = { Federated = var.oidc_provider_arn }
        Action    = "sts:AssumeRoleWithWebIdentity"
        Condition = merge(
          {
            StringEquals = {
              "${local.issuer}:aud" = "sts.amazonaws.com"
              "${local.issuer}:sub" = [for repository in local.subjects : "repo:${repository}:environment:${role.environment}"]
            }
          },
          length(role.job_workflow_refs) == 0 ? {} : {
            StringLike = { "${local.issuer}:job_workflow_ref" = role.job_workflow_refs }
          },
        )
      }]
    })
  }
}

################################################################################
# Roles
################################################################################

resource "aws_iam_policy" "boundary" {
  count = var.permissions_boundary_arn == null ? 1 : 0

  name        = var.boundary_name
  path        = var.path
  description = "What no role of the image mirror may exceed, whatever is attached to it"
  policy      = module.policies.boundary
  tags        = var.tags
}

resource "aws_iam_role" "this" {
  for_each = local.roles

  name                 = each.value.name
  path                 = var.path
  description          = "mirrorgen ${each.key}, from GitHub's environment ${each.value.environment}"
  assume_role_policy   = local.trust[each.key]
  max_session_duration = each.value.max_session_duration
  permissions_boundary = var.permissions_boundary_arn == null ? aws_iam_policy.boundary[0].arn : var.permissions_boundary_arn
  tags                 = var.tags
}

resource "aws_iam_role_policy" "this" {
  for_each = local.roles

  name   = "mirrorgen-${each.key}"
  role   = aws_iam_role.this[each.key].name
  policy = module.policies.policies[each.key]
}
