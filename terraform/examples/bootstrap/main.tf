# A new account: the state bucket, the identity provider and the four roles for one repository on GitHub.

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

module "bootstrap" {
  source = "../../modules/bootstrap"

  repository                = "example@583231/images@1296269"
  may_list_all_repositories = true

  roles = {
    sync = { max_session_duration = 43200 } # a long first copy
    destroy = {
      job_workflow_refs = ["example/images/.github/workflows/image-sync.yaml@refs/heads/main"]
    }
  }

  tags = { ManagedBy = "terraform" }
}

output "bootstrap" {
  description = "Names that the pipeline needs"
  value = {
    state_bucket = module.bootstrap.state_bucket
    role_arns    = module.bootstrap.role_arns
  }
}
