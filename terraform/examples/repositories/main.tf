# Two repositories without mirrorgen's list: one whose tags never move, and one with a lifecycle policy.

terraform {
  required_version = ">= 1.7"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }
}

provider "aws" {
  region = "eu-west-1"
}

module "repositories" {
  source = "../../modules/repositories"

  repositories = {
    "example/nginx" = {
      tag_mutability = "IMMUTABLE"
      encryption     = { type = "AES256" }
    }
    "example/app" = {
      lifecycle_policy = jsonencode({
        rules = [{
          rulePriority = 1
          description  = "Remove untagged images after 7 days"
          selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 7 }
          action       = { type = "expire" }
        }]
      })
      tags = { Team = "platform" }
    }
  }
}

output "repositories" {
  description = "ARN and URL of each repository, by name"
  value       = module.repositories.repositories
}
