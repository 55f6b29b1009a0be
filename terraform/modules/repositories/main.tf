# Terraform walks what stands after for_each once for each instance, before 1.13 in all its depth. Of a thousand
# repositories it should therefore be no more than names; each looks up its settings.
locals {
  names = { for name in keys(var.repositories) : name => name }

  lifecycle_policies = {
    for name, repository in var.repositories : name => repository.lifecycle_policy
    if repository.lifecycle_policy != null
  }
  names_with_policy = { for name in keys(local.lifecycle_policies) : name => name }
}

################################################################################
# Repositories
################################################################################

# The exclusion filters of *_WITH_EXCLUSION are not here: provider versions
# before 6.8 don't know the block. exclusions_override.tf adds it where it is needed.
resource "aws_ecr_repository" "this" {
  for_each = local.names

  name                 = each.key
  image_tag_mutability = var.repositories[each.key].tag_mutability

  # ECR then refuses to delete a repository that holds images. `mirrorgen apply --allow-destroy`
  # deletes those first that its plan lists.
  force_delete = false

  image_scanning_configuration {
    scan_on_push = var.repositories[each.key].scan_on_push
  }

  encryption_configuration {
    encryption_type = var.repositories[each.key].encryption.type
    kms_key         = var.repositories[each.key].encryption.kms_key
  }

  tags = var.repositories[each.key].tags
}

################################################################################
# Lifecycle policies
################################################################################

# Each policy refers to its repository through this value and not by itself: between two resources of a thousand
# instances each Terraform draws a million edges.
# The id is the name, and ECR drops a policy with its repository: of a repository that is replaced the id is not
# known before, so that its policy is replaced, too.
locals {
  repository_ids = { for name, repository in aws_ecr_repository.this : name => repository.id }
}

# The provider replaces a policy that changes: delete, then put. Never create_before_destroy
# here: put overwrites, so the delete that follows would remove the new policy.
resource "aws_ecr_lifecycle_policy" "this" {
  for_each = local.names_with_policy

  repository = local.repository_ids[each.key]
  policy     = local.lifecycle_policies[each.key]
}
