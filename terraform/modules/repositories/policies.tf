################################################################################
# Repository policies
################################################################################

locals {
  repository_policies = {
    for name, repository in var.repositories : name => repository.repository_policy
    if repository.repository_policy != null
  }
  names_with_repository_policy = { for name in keys(local.repository_policies) : name => name }
}

# As with lifecycle policies, ECR drops a policy with its repository, and the id makes it follow a replacement. A text
# that changes is put in place.
resource "aws_ecr_repository_policy" "this" {
  for_each = local.names_with_repository_policy

  repository = local.repository_ids[each.key]
  policy     = local.repository_policies[each.key]
}
