# What the root module gives to its modules and takes from them, against a mocked provider: no account is needed.

mock_provider "aws" {}

variables {
  region     = "eu-west-1"
  account_id = "123456789012"
  image = {
    source                = "docker.io/library/nginx"
    repository            = "mirror/docker-hub/nginx"
    tag_mutability        = "MUTABLE"
    mutability_exclusions = []
    scan_on_push          = true
    encryption            = { type = "KMS", kms_key = null }
    lifecycle_policy      = "{\"rules\":[]}"
    repository_policy     = null
    tags                  = { Purpose = "image-mirror" }
  }
}

run "outputs_name_each_repository" {
  variables {
    mirrored_images = [var.image, merge(var.image, { source = "quay.io/acme/app", repository = "mirror/quay/acme/app" })]
  }

  assert {
    condition = {
      for name, repository in output.repositories : name => repository.source
      } == {
      "mirror/docker-hub/nginx" = "docker.io/library/nginx"
      "mirror/quay/acme/app"    = "quay.io/acme/app"
    }
    error_message = "The output does not say where each repository is mirrored from."
  }

  assert {
    condition = alltrue([
      for name, repository in output.repositories :
      repository.arn == module.repositories.repositories[name].arn && repository.url == module.repositories.repositories[name].url
    ])
    error_message = "The output does not hold the ARN and URL of each repository."
  }
}

run "an_empty_list_is_valid" {
  command = plan

  variables {
    region          = null
    account_id      = null
    mirrored_images = []
  }

  assert {
    condition     = length(output.repositories) == 0
    error_message = "An empty list must make nothing."
  }
}

run "account_id_with_leading_zeros" {
  command = plan

  variables {
    account_id      = "000000000000"
    mirrored_images = []
  }
}

run "account_id_too_short" {
  command = plan

  variables {
    account_id      = "12345678901"
    mirrored_images = []
  }

  expect_failures = [var.account_id]
}

run "account_id_with_letters" {
  command = plan

  variables {
    account_id      = "12345678901a"
    mirrored_images = []
  }

  expect_failures = [var.account_id]
}

run "repository_listed_twice" {
  command = plan

  variables {
    mirrored_images = [var.image, merge(var.image, { source = "quay.io/acme/app" })]
  }

  expect_failures = [var.mirrored_images]
}

run "settings_of_the_registry_are_left_alone_unless_they_are_given" {
  command = plan

  variables {
    mirrored_images = []
  }

  assert {
    condition     = module.registry.registry_id == null && length(module.registry.replicates_to) == 0
    error_message = "A list that asks for nothing of the registry must not manage it."
  }
}

run "settings_of_the_registry_are_those_given" {
  command = plan

  variables {
    mirrored_images = []
    scanning        = { type = "BASIC", rules = [{ frequency = "SCAN_ON_PUSH", filters = ["mirror/*"] }] }
    replication     = [{ destinations = [{ region = "eu-central-1", account_id = "123456789012" }], prefixes = ["mirror/"] }]
  }

  assert {
    condition     = module.registry.scan_type == "BASIC" && module.registry.replicates_to == tolist(["123456789012/eu-central-1"])
    error_message = "Scanning and replication are not those given."
  }
}
