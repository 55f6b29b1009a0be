# What the module plans and makes, against a mocked provider: no account is needed.

mock_provider "aws" {}

variables {
  region     = "eu-west-1"
  account_id = "123456789012"
  mirrored_images = [
    {
      source                = "docker.io/library/nginx"
      repository            = "mirror/docker-hub/nginx"
      tag_mutability        = "MUTABLE"
      mutability_exclusions = []
      scan_on_push          = false
      encryption            = { type = "AES256", kms_key = null }
      lifecycle_rules       = []
      tags                  = {}
    },
    {
      source                = "quay.io/prometheus/prometheus"
      repository            = "mirror/quay/prometheus/prometheus"
      tag_mutability        = "IMMUTABLE"
      mutability_exclusions = []
      scan_on_push          = true
      encryption            = { type = "KMS", kms_key = "arn:aws:kms:eu-west-1:123456789012:key/0f2d4a3c" }
      lifecycle_rules = [
        {
          priority      = 1
          description   = "untagged images go after 7 days"
          tag_status    = "untagged"
          tag_prefixes  = []
          tag_patterns  = []
          storage_class = null
          count_type    = "sinceImagePushed"
          count_unit    = "days"
          count_number  = 7
          action        = "expire"
        },
        {
          priority      = 2
          description   = "keep the last 10 with v"
          tag_status    = "tagged"
          tag_prefixes  = ["v"]
          tag_patterns  = []
          storage_class = null
          count_type    = "imageCountMoreThan"
          count_unit    = null
          count_number  = 10
          action        = "expire"
        },
        {
          priority      = 3
          description   = null
          tag_status    = "tagged"
          tag_prefixes  = []
          tag_patterns  = ["*-rc.*"]
          storage_class = null
          count_type    = "imageCountMoreThan"
          count_unit    = null
          count_number  = 5
          action        = "expire"
        },
        {
          priority      = 4
          description   = "no more than 500 in all"
          tag_status    = "any"
          tag_prefixes  = []
          tag_patterns  = []
          storage_class = null
          count_type    = "imageCountMoreThan"
          count_unit    = null
          count_number  = 500
          action        = "expire"
        },
      ]
      tags = { Purpose = "image-mirror", ManagedBy = "terraform" }
    },
  ]
}

run "repositories_have_the_settings_of_the_list" {
  command = plan

  assert {
    condition     = toset(keys(aws_ecr_repository.this)) == toset(["mirror/docker-hub/nginx", "mirror/quay/prometheus/prometheus"])
    error_message = "The repositories are not those of the list, by their names."
  }

  assert {
    condition = alltrue([
      for name, repository in aws_ecr_repository.this : repository.name == name && repository.force_delete
    ])
    error_message = "A repository has another name than its key, or could not be destroyed with images in it."
  }

  assert {
    condition = alltrue([
      aws_ecr_repository.this["mirror/docker-hub/nginx"].image_tag_mutability == "MUTABLE",
      aws_ecr_repository.this["mirror/quay/prometheus/prometheus"].image_tag_mutability == "IMMUTABLE",
    ])
    error_message = "Tag mutability is not that of the list."
  }

  assert {
    condition = alltrue([
      aws_ecr_repository.this["mirror/docker-hub/nginx"].image_scanning_configuration[0].scan_on_push == false,
      aws_ecr_repository.this["mirror/quay/prometheus/prometheus"].image_scanning_configuration[0].scan_on_push == true,
    ])
    error_message = "Scanning on push is not that of the list."
  }

  assert {
    condition = alltrue([
      aws_ecr_repository.this["mirror/docker-hub/nginx"].encryption_configuration[0].encryption_type == "AES256",
      aws_ecr_repository.this["mirror/quay/prometheus/prometheus"].encryption_configuration[0].encryption_type == "KMS",
      aws_ecr_repository.this["mirror/quay/prometheus/prometheus"].encryption_configuration[0].kms_key == "arn:aws:kms:eu-west-1:123456789012:key/0f2d4a3c",
    ])
    error_message = "Encryption is not that of the list."
  }

  assert {
    condition = (
      aws_ecr_repository.this["mirror/quay/prometheus/prometheus"].tags
      == tomap({ Purpose = "image-mirror", ManagedBy = "terraform" })
    )
    error_message = "Tags are not those of the list."
  }
}

run "lifecycle_policy_leaves_out_unused_fields" {
  command = plan

  assert {
    condition     = keys(aws_ecr_lifecycle_policy.this) == ["mirror/quay/prometheus/prometheus"]
    error_message = "There must be a lifecycle policy where there are rules, and only there."
  }

  assert {
    condition = aws_ecr_lifecycle_policy.this["mirror/quay/prometheus/prometheus"].policy == jsonencode({
      rules = [
        {
          rulePriority = 1
          description  = "untagged images go after 7 days"
          selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 7 }
          action       = { type = "expire" }
        },
        {
          rulePriority = 2
          description  = "keep the last 10 with v"
          selection    = { tagStatus = "tagged", tagPrefixList = ["v"], countType = "imageCountMoreThan", countNumber = 10 }
          action       = { type = "expire" }
        },
        {
          rulePriority = 3
          selection    = { tagStatus = "tagged", tagPatternList = ["*-rc.*"], countType = "imageCountMoreThan", countNumber = 5 }
          action       = { type = "expire" }
        },
        {
          rulePriority = 4
          description  = "no more than 500 in all"
          selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 500 }
          action       = { type = "expire" }
        },
      ]
    })
    error_message = "Not the policy of the list: ${aws_ecr_lifecycle_policy.this["mirror/quay/prometheus/prometheus"].policy}"
  }
}

run "lifecycle_policy_archives_and_then_expires" {
  command = plan

  variables {
    mirrored_images = [
      {
        source                = "docker.io/library/nginx"
        repository            = "mirror/docker-hub/nginx"
        tag_mutability        = "MUTABLE"
        mutability_exclusions = []
        scan_on_push          = false
        encryption            = { type = "AES256", kms_key = null }
        tags                  = {}
        lifecycle_rules = [
          {
            priority      = 1
            description   = null
            tag_status    = "any"
            tag_prefixes  = []
            tag_patterns  = []
            storage_class = null
            count_type    = "sinceImagePulled"
            count_unit    = "days"
            count_number  = 30
            action        = "transition"
          },
          {
            priority      = 2
            description   = null
            tag_status    = "any"
            tag_prefixes  = []
            tag_patterns  = []
            storage_class = "archive"
            count_type    = "sinceImageTransitioned"
            count_unit    = "days"
            count_number  = 90
            action        = "expire"
          },
        ]
      },
    ]
  }

  assert {
    condition = aws_ecr_lifecycle_policy.this["mirror/docker-hub/nginx"].policy == jsonencode({
      rules = [
        {
          rulePriority = 1
          selection    = { tagStatus = "any", countType = "sinceImagePulled", countUnit = "days", countNumber = 30 }
          action       = { type = "transition", targetStorageClass = "archive" }
        },
        {
          rulePriority = 2
          selection = {
            tagStatus = "any", storageClass = "archive", countType = "sinceImageTransitioned", countUnit = "days", countNumber = 90
          }
          action = { type = "expire" }
        },
      ]
    })
    error_message = "Not the policy of the list: ${aws_ecr_lifecycle_policy.this["mirror/docker-hub/nginx"].policy}"
  }
}

run "outputs_name_each_repository" {
  assert {
    condition = {
      for name, repository in output.repositories : name => repository.source
      } == {
      "mirror/docker-hub/nginx"           = "docker.io/library/nginx"
      "mirror/quay/prometheus/prometheus" = "quay.io/prometheus/prometheus"
    }
    error_message = "The output does not say where each repository is mirrored from."
  }

  assert {
    condition = alltrue([
      for name, repository in output.repositories :
      repository.arn == aws_ecr_repository.this[name].arn && repository.url == aws_ecr_repository.this[name].repository_url
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
    condition     = length(aws_ecr_repository.this) == 0 && length(aws_ecr_lifecycle_policy.this) == 0
    error_message = "An empty list must make nothing."
  }
}
