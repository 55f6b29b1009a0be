# Generated from the master list by `mirrorgen render`. Do not edit: change the list and render again.
# Exists only while the list asks for terraform.prevent_destroy: a plan that would destroy a repository fails.

resource "aws_ecr_repository" "this" {
  lifecycle {
    prevent_destroy = true
  }
}
