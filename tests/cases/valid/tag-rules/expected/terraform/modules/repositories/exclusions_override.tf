# Generated from the master list by `mirrorgen render`. Do not edit: change the list and render again.
# Needs AWS provider 6.8 or later, and exists only while a repository has exclusions.

resource "aws_ecr_repository" "this" {
  dynamic "image_tag_mutability_exclusion_filter" {
    for_each = var.repositories[each.key].mutability_exclusions

    content {
      filter      = image_tag_mutability_exclusion_filter.value
      filter_type = "WILDCARD"
    }
  }
}
