# What the module plans and makes, against a mocked provider: no account is needed.

mock_provider "aws" {}

variables {
  repositories = {
    "mirror/docker-hub/nginx" = {
      tag_mutability        = "MUTABLE"
      mutability_exclusions = []
      scan_on_push          = false
      encryption            = { type = "AES256", kms_key = null }
      lifecycle_policy      = null
      tags                  = {}
    }
    "mirror/quay/prometheus/prometheus" = {
      tag_mutability        = "IMMUTABLE"
      mutability_exclusions = []
      scan_on_push          = true
      encryption            = { type = "KMS", kms_key = "arn:aws:kms:eu-west-1:123456789012:key/0f2d4a3c" }
      lifecycle_policy      = "{\"rules\":[{\"rulePriority\":1}]}"
      repository_policy     = "{\"Statement\":[]}"
      tags                  = { Purpose = "image-mirror", ManagedBy = "terraform" }
    }
  }
}

run "repositories_have_the_settings_that_are_given" {
  command = plan

  assert {
    condition     = toset(keys(aws_ecr_repository.this)) == toset(["mirror/docker-hub/nginx", "mirror/quay/prometheus/prometheus"])
    error_message = "The repositories are not those given, by their names."
  }

  assert {
    condition = alltrue([
      for name, repository in aws_ecr_repository.this : repository.name == name && repository.force_delete == false
    ])
    error_message = "A repository has another name than its key, or would be destroyed with images in it."
  }

  assert {
    condition = alltrue([
      aws_ecr_repository.this["mirror/docker-hub/nginx"].image_tag_mutability == "MUTABLE",
      aws_ecr_repository.this["mirror/quay/prometheus/prometheus"].image_tag_mutability == "IMMUTABLE",
    ])
    error_message = "Tag mutability is not the one given."
  }

  assert {
    condition = alltrue([
      aws_ecr_repository.this["mirror/docker-hub/nginx"].image_scanning_configuration[0].scan_on_push == false,
      aws_ecr_repository.this["mirror/quay/prometheus/prometheus"].image_scanning_configuration[0].scan_on_push == true,
    ])
    error_message = "Scanning on push is not as given."
  }

  assert {
    condition = alltrue([
      aws_ecr_repository.this["mirror/docker-hub/nginx"].encryption_configuration[0].encryption_type == "AES256",
      aws_ecr_repository.this["mirror/quay/prometheus/prometheus"].encryption_configuration[0].encryption_type == "KMS",
      aws_ecr_repository.this["mirror/quay/prometheus/prometheus"].encryption_configuration[0].kms_key == "arn:aws:kms:eu-west-1:123456789012:key/0f2d4a3c",
    ])
    error_message = "Encryption is not the one given."
  }

  assert {
    condition = (
      aws_ecr_repository.this["mirror/quay/prometheus/prometheus"].tags
      == tomap({ Purpose = "image-mirror", ManagedBy = "terraform" })
    )
    error_message = "Tags are not those given."
  }
}

run "a_lifecycle_policy_is_put_as_it_is_given" {
  command = plan

  assert {
    condition     = keys(aws_ecr_lifecycle_policy.this) == ["mirror/quay/prometheus/prometheus"]
    error_message = "There must be a lifecycle policy where one is given, and only there."
  }

  assert {
    condition     = aws_ecr_lifecycle_policy.this["mirror/quay/prometheus/prometheus"].policy == "{\"rules\":[{\"rulePriority\":1}]}"
    error_message = "The policy is not the one given."
  }
}

run "a_repository_policy_is_put_as_it_is_given" {
  command = plan

  assert {
    condition     = keys(aws_ecr_repository_policy.this) == ["mirror/quay/prometheus/prometheus"]
    error_message = "There must be a repository policy where one is given, and only there."
  }

  assert {
    condition     = aws_ecr_repository_policy.this["mirror/quay/prometheus/prometheus"].policy == "{\"Statement\":[]}"
    error_message = "The policy is not the one given."
  }
}

run "outputs_name_each_repository" {
  assert {
    condition = (
      aws_ecr_lifecycle_policy.this["mirror/quay/prometheus/prometheus"].repository ==
      aws_ecr_repository.this["mirror/quay/prometheus/prometheus"].id
    )
    error_message = "The policy is not that of its repository."
  }

  assert {
    condition = (
      aws_ecr_repository_policy.this["mirror/quay/prometheus/prometheus"].repository ==
      aws_ecr_repository.this["mirror/quay/prometheus/prometheus"].id
    )
    error_message = "The repository policy is not that of its repository."
  }

  assert {
    condition = alltrue([
      for name in ["mirror/docker-hub/nginx", "mirror/quay/prometheus/prometheus"] :
      output.repositories[name] == {
        arn = aws_ecr_repository.this[name].arn
        url = aws_ecr_repository.this[name].repository_url
      }
    ])
    error_message = "The output does not hold the ARN and URL of each repository."
  }
}

run "settings_left_out_are_the_usual_ones" {
  command = plan

  variables {
    repositories = { "mirror/app" = {} }
  }

  assert {
    condition = alltrue([
      aws_ecr_repository.this["mirror/app"].image_tag_mutability == "MUTABLE",
      aws_ecr_repository.this["mirror/app"].image_scanning_configuration[0].scan_on_push == true,
      aws_ecr_repository.this["mirror/app"].encryption_configuration[0].encryption_type == "KMS",
      length(aws_ecr_lifecycle_policy.this) == 0,
      length(aws_ecr_repository_policy.this) == 0,
    ])
    error_message = "A repository of which only the name is given must be mutable, scanned and encrypted with KMS, without policies."
  }
}

run "no_repositories_at_all_are_valid" {
  command = plan

  variables {
    repositories = {}
  }

  assert {
    condition     = length(aws_ecr_repository.this) == 0 && length(aws_ecr_lifecycle_policy.this) == 0
    error_message = "Without repositories nothing must be made."
  }
}
