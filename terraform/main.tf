################################################################################
# Repositories
################################################################################

module "repositories" {
  source = "./modules/repositories"

  repositories = {
    for image in var.mirrored_images : image.repository => {
      tag_mutability        = image.tag_mutability
      mutability_exclusions = image.mutability_exclusions
      scan_on_push          = image.scan_on_push
      encryption            = image.encryption
      lifecycle_policy      = image.lifecycle_policy
      repository_policy     = image.repository_policy
      tags                  = image.tags
    }
  }
}

################################################################################
# Registry
################################################################################

module "registry" {
  source = "./modules/registry"

  scanning    = var.scanning
  replication = var.replication
}

################################################################################
# Where they were before, so that no repository is made anew
################################################################################

moved {
  from = aws_ecr_repository.this
  to   = module.repositories.aws_ecr_repository.this
}

moved {
  from = aws_ecr_lifecycle_policy.this
  to   = module.repositories.aws_ecr_lifecycle_policy.this
}
