################################################################################
# Repositories
################################################################################

locals {
  images = { for image in var.mirrored_images : image.repository => image }
}

# The exclusion filters of *_WITH_EXCLUSION are not here: provider versions
# before 6.8 don't know the block. exclusions_override.tf adds it where it is needed.
resource "aws_ecr_repository" "this" {
  for_each = local.images

  name                 = each.key
  image_tag_mutability = each.value.tag_mutability

  # The lock against losing images is `mirrorgen apply`, which refuses a plan that destroys
  # a repository unless it is told to. Once told, the images must not stop it halfway.
  force_delete = true

  image_scanning_configuration {
    scan_on_push = each.value.scan_on_push
  }

  encryption_configuration {
    encryption_type = each.value.encryption.type
    kms_key         = each.value.encryption.kms_key
  }

  tags = each.value.tags

  lifecycle {
    precondition {
      condition = (
        length(each.value.mutability_exclusions) == 0 ||
        fileexists("${path.module}/exclusions_override.tf")
      )
      error_message = "${each.key} is ${each.value.tag_mutability}, but exclusions_override.tf is missing beside main.tf: render it again."
    }
  }
}

################################################################################
# Lifecycle policies
################################################################################

locals {
  # The policy syntax has no null, so a field that is not used is left out.
  lifecycle_policies = {
    for name, image in local.images : name => jsonencode({
      rules = [
        for rule in image.lifecycle_rules : {
          for key, value in {
            rulePriority = rule.priority
            description  = rule.description
            selection = {
              for key, value in {
                tagStatus      = rule.tag_status
                tagPrefixList  = length(rule.tag_prefixes) > 0 ? rule.tag_prefixes : null
                tagPatternList = length(rule.tag_patterns) > 0 ? rule.tag_patterns : null
                storageClass   = rule.storage_class
                countType      = rule.count_type
                countUnit      = rule.count_unit
                countNumber    = rule.count_number
              } : key => value if value != null
            }
            action = {
              for key, value in {
                type               = rule.action
                targetStorageClass = rule.action == "transition" ? "archive" : null
              } : key => value if value != null
            }
          } : key => value if value != null
        }
      ]
    }) if length(image.lifecycle_rules) > 0
  }
}

# The provider replaces a policy that changes: delete, then put. Never create_before_destroy
# here: put overwrites, so the delete that follows would remove the new policy.
resource "aws_ecr_lifecycle_policy" "this" {
  for_each = local.lifecycle_policies

  repository = aws_ecr_repository.this[each.key].name
  policy     = each.value

  lifecycle {
    # ECR drops the policy with the repository, and the name that the plan compares stays the same.
    # The ARN is only unknown, and so a trigger, where the repository is replaced.
    replace_triggered_by = [aws_ecr_repository.this[each.key].arn]

    precondition {
      condition     = length(each.value) <= 30720
      error_message = "The lifecycle policy of ${each.key} has ${length(each.value)} characters; ECR takes at most 30720."
    }
  }
}
