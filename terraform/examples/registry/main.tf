# Scanning and replication of a whole registry, without any repository.

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

module "registry" {
  source = "../../modules/registry"

  scanning = {
    type = "ENHANCED"
    rules = [
      { frequency = "CONTINUOUS_SCAN", filters = ["mirror/*"] },
      { frequency = "SCAN_ON_PUSH" },
    ]
  }

  replication = [{
    destinations = [{ region = "eu-central-1", account_id = "123456789012" }]
    prefixes     = ["mirror/"]
  }]
}

output "registry" {
  description = "What is set, and where images are copied to"
  value = {
    scan_type     = module.registry.scan_type
    replicates_to = module.registry.replicates_to
  }
}
