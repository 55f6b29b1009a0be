# Roles in an account that has a state bucket, an identity provider for GitHub and a boundary of the company's own.

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

data "aws_iam_openid_connect_provider" "github" {
  url = "https://token.actions.githubusercontent.com"
}

# A boundary gives no rights: it says which ones the policies of a role can give at most.
resource "aws_iam_policy" "boundary" {
  # checkov:skip=CKV_AWS_288:It gives no rights
  # checkov:skip=CKV_AWS_289:It gives no rights
  # checkov:skip=CKV_AWS_290:It gives no rights
  # checkov:skip=CKV_AWS_355:It gives no rights
  name = "company-boundary"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["ecr:*", "s3:*", "kms:*"], Resource = "*" }]
  })
}

module "roles" {
  source = "../../modules/github-roles"

  repository               = "example/images"
  oidc_provider_arn        = data.aws_iam_openid_connect_provider.github.arn
  permissions_boundary_arn = aws_iam_policy.boundary.arn
  regions                  = ["eu-west-1", "eu-central-1"]
  repositories             = ["mirror/*", "tools/terraform"]
  state                    = { bucket = "example-terraform-state", keys = ["mirror/eu-west-1.tfstate", "mirror/eu-central-1.tfstate"] }

  roles = {
    plan = { environment = "review" }
  }
}

output "role_arns" {
  description = "ARN of each role"
  value       = module.roles.role_arns
}
