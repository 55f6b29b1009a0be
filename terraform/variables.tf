################################################################################
# Where
################################################################################

variable "region" {
  description = "AWS region of the repositories. Null: the region of the environment (AWS_REGION or the AWS profile)"
  type        = string
  default     = null
}

variable "account_id" {
  description = "AWS account that must hold the repositories, 12 digits: a plan with credentials of another account fails. Null: any account"
  type        = string
  default     = null

  validation {
    condition     = var.account_id == null || can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id must be 12 digits, written as a string so that leading zeros stay."
  }
}

################################################################################
# What
################################################################################

variable "mirrored_images" {
  description = <<-EOT
    The repositories to make, one entry for each mirrored image. mirrorgen writes every field of every entry, null where it has no value:

    - `source`: upstream repository, for example `docker.io/library/nginx`; only reported by the `repositories` output
    - `repository`: full ECR repository name, for example `mirror/docker-hub/nginx`; used as it is
    - `tag_mutability`: `MUTABLE`, `IMMUTABLE`, `IMMUTABLE_WITH_EXCLUSION` or `MUTABLE_WITH_EXCLUSION`
    - `mutability_exclusions`: one to five wildcard filters naming the tags that are excepted, with `*_WITH_EXCLUSION`; otherwise empty
    - `scan_on_push`: whether ECR scans each image after its push
    - `encryption.type`: `AES256`, `KMS` or `KMS_DSSE`
    - `encryption.kms_key`: ARN of the key (not of an alias, which ECR replaces by its key), with `KMS` or `KMS_DSSE`; null is the AWS managed key
    - `lifecycle_rules`: rules by which ECR removes or archives images; empty makes no lifecycle policy
      - `priority`: 1 or more, unique in the repository; ECR applies the lowest first
      - `description`: what the rule is for; null leaves it out
      - `tag_status`: `tagged`, `untagged` or `any`; an `any` rule has the highest priority number of its storage class
      - `tag_prefixes`: with `tagged`, prefixes of which an image must carry all; otherwise empty
      - `tag_patterns`: with `tagged`, wildcard patterns of which an image must match all; otherwise empty
      - `storage_class`: `archive` with `sinceImageTransitioned`; otherwise `standard`, or null, which is the same
      - `count_type`: `imageCountMoreThan`, `sinceImagePushed`, `sinceImagePulled` or `sinceImageTransitioned`
      - `count_unit`: null with `imageCountMoreThan`, otherwise `days`
      - `count_number`: images to keep, or age in units; 1 or more, 90 or more with `sinceImageTransitioned`
      - `action`: `expire` or `transition`, which archives; only `transition` with `sinceImagePulled`, only `expire` with `sinceImageTransitioned`
    - `tags`: AWS resource tags of the repository
  EOT
  type = list(object({
    source                = string
    repository            = string
    tag_mutability        = string
    mutability_exclusions = list(string)
    scan_on_push          = bool
    encryption = object({
      type    = string
      kms_key = string
    })
    lifecycle_rules = list(object({
      priority      = number
      description   = string
      tag_status    = string
      tag_prefixes  = list(string)
      tag_patterns  = list(string)
      storage_class = string
      count_type    = string
      count_unit    = string
      count_number  = number
      action        = string
    }))
    tags = map(string)
  }))
  nullable = false

  # Names

  validation {
    condition = alltrue([
      for image in var.mirrored_images :
      can(regex("^([a-z0-9]+(([._]|__|-+)[a-z0-9]+)*/)*[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*$", image.repository)) &&
      length(image.repository) >= 2 && length(image.repository) <= 256
    ])
    error_message = "ECR repository names have 2 to 256 characters: lower case letters and digits, separators (. _ __ and dashes) inside, segments joined with /. Refused: ${join(", ", [
      for image in var.mirrored_images : image.repository
      if !can(regex("^([a-z0-9]+(([._]|__|-+)[a-z0-9]+)*/)*[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*$", image.repository)) ||
      length(image.repository) < 2 || length(image.repository) > 256
    ])}."
  }

  validation {
    condition = alltrue([
      for name, sources in { for image in var.mirrored_images : image.repository => image.source... } : length(sources) == 1
    ])
    error_message = "Each repository may be listed once. Listed again: ${join("; ", [
      for name, sources in { for image in var.mirrored_images : image.repository => image.source... } : "${name} (from ${join(", ", sources)})"
      if length(sources) > 1
    ])}."
  }

  # Tag mutability

  validation {
    condition = alltrue([
      for image in var.mirrored_images : contains(["MUTABLE", "IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION", "MUTABLE_WITH_EXCLUSION"], image.tag_mutability)
    ])
    error_message = "tag_mutability must be MUTABLE, IMMUTABLE, IMMUTABLE_WITH_EXCLUSION or MUTABLE_WITH_EXCLUSION. Wrong in: ${join(", ", [
      for image in var.mirrored_images : image.repository
      if !contains(["MUTABLE", "IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION", "MUTABLE_WITH_EXCLUSION"], image.tag_mutability)
    ])}."
  }

  validation {
    condition = alltrue([
      for image in var.mirrored_images :
      endswith(image.tag_mutability, "_WITH_EXCLUSION")
      ? length(image.mutability_exclusions) >= 1 && length(image.mutability_exclusions) <= 5
      : length(image.mutability_exclusions) == 0
    ])
    error_message = "mutability_exclusions takes 1 to 5 filters with IMMUTABLE_WITH_EXCLUSION or MUTABLE_WITH_EXCLUSION, and none otherwise. Wrong in: ${join(", ", [
      for image in var.mirrored_images : "${image.repository} (${image.tag_mutability}, ${length(image.mutability_exclusions)})"
      if !(
        endswith(image.tag_mutability, "_WITH_EXCLUSION")
        ? length(image.mutability_exclusions) >= 1 && length(image.mutability_exclusions) <= 5
        : length(image.mutability_exclusions) == 0
      )
    ])}."
  }

  validation {
    condition = alltrue(flatten([
      for image in var.mirrored_images : [
        for filter in image.mutability_exclusions :
        can(regex("^[0-9A-Za-z._*-]{1,128}$", filter)) && length(regexall("[*]", filter)) <= 2
      ]
    ]))
    error_message = "A mutability exclusion filter has 1 to 128 characters (letters, digits, . _ - and at most two *). Wrong in: ${join(", ", flatten([
      for image in var.mirrored_images : [
        for filter in image.mutability_exclusions : "${image.repository} (${filter})"
        if !can(regex("^[0-9A-Za-z._*-]{1,128}$", filter)) || length(regexall("[*]", filter)) > 2
      ]
    ]))}."
  }

  # Encryption

  validation {
    condition = alltrue([
      for image in var.mirrored_images : contains(["AES256", "KMS", "KMS_DSSE"], image.encryption.type)
    ])
    error_message = "encryption.type must be AES256, KMS or KMS_DSSE. Wrong in: ${join(", ", [
      for image in var.mirrored_images : image.repository
      if !contains(["AES256", "KMS", "KMS_DSSE"], image.encryption.type)
    ])}."
  }

  validation {
    condition = alltrue([
      for image in var.mirrored_images : image.encryption.kms_key == null || startswith(image.encryption.type, "KMS")
    ])
    error_message = "encryption.kms_key needs encryption.type KMS or KMS_DSSE. Wrong in: ${join(", ", [
      for image in var.mirrored_images : image.repository
      if image.encryption.kms_key != null && !startswith(image.encryption.type, "KMS")
    ])}."
  }

  validation {
    condition = alltrue([
      for image in var.mirrored_images :
      image.encryption.kms_key == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", image.encryption.kms_key))
    ])
    error_message = "encryption.kms_key must be the ARN of a key: with an alias the repository would be replaced at every plan. Wrong in: ${join(", ", [
      for image in var.mirrored_images : image.repository
      if image.encryption.kms_key != null && !can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", image.encryption.kms_key))
    ])}."
  }

  # Lifecycle rules

  validation {
    condition = alltrue([
      for image in var.mirrored_images : length(image.lifecycle_rules) <= 50
    ])
    error_message = "A lifecycle policy has at most 50 rules. More in: ${join(", ", [
      for image in var.mirrored_images : "${image.repository} (${length(image.lifecycle_rules)})"
      if length(image.lifecycle_rules) > 50
    ])}."
  }

  validation {
    condition = alltrue([
      for image in var.mirrored_images :
      length(distinct(image.lifecycle_rules[*].priority)) == length(image.lifecycle_rules)
    ])
    error_message = "Priorities of lifecycle rules must be unique in a repository. Repeated in: ${join(", ", [
      for image in var.mirrored_images : image.repository
      if length(distinct(image.lifecycle_rules[*].priority)) != length(image.lifecycle_rules)
    ])}."
  }

  validation {
    condition = alltrue(flatten([
      for image in var.mirrored_images : [
        for rule in image.lifecycle_rules : [
          for number in [rule.priority, rule.count_number] : number >= 1 && floor(number) == number
        ]
      ]
    ]))
    error_message = "Priorities and count numbers of lifecycle rules must be whole numbers from 1. Wrong in: ${join(", ", [
      for image in var.mirrored_images : image.repository
      if !alltrue(flatten([
        for rule in image.lifecycle_rules : [
          for number in [rule.priority, rule.count_number] : number >= 1 && floor(number) == number
        ]
      ]))
    ])}."
  }

  validation {
    condition = alltrue(flatten([
      for image in var.mirrored_images : [
        for rule in image.lifecycle_rules :
        rule.tag_status != "any" || alltrue([
          for other in image.lifecycle_rules :
          other.priority <= rule.priority || (other.storage_class == "archive") != (rule.storage_class == "archive")
        ])
      ]
    ]))
    error_message = "A lifecycle rule with tag_status any must have the highest priority number of its repository and storage class. Not so in: ${join(", ", [
      for image in var.mirrored_images : image.repository
      if anytrue([
        for rule in image.lifecycle_rules :
        rule.tag_status == "any" && anytrue([
          for other in image.lifecycle_rules :
          other.priority > rule.priority && (other.storage_class == "archive") == (rule.storage_class == "archive")
        ])
      ])
    ])}."
  }

  validation {
    condition = alltrue(flatten([
      for image in var.mirrored_images : [
        for rule in image.lifecycle_rules :
        contains(["tagged", "untagged", "any"], rule.tag_status) &&
        (rule.tag_status == "tagged") == (length(rule.tag_prefixes) + length(rule.tag_patterns) > 0)
      ]
    ]))
    error_message = "tag_status must be tagged, with tag_prefixes or tag_patterns, or untagged or any, with neither. Wrong in: ${join(", ", flatten([
      for image in var.mirrored_images : [
        for rule in image.lifecycle_rules : "${image.repository} (priority ${rule.priority})"
        if !contains(["tagged", "untagged", "any"], rule.tag_status) ||
        (rule.tag_status == "tagged") != (length(rule.tag_prefixes) + length(rule.tag_patterns) > 0)
      ]
    ]))}."
  }

  validation {
    condition = alltrue(flatten([
      for image in var.mirrored_images : [
        for rule in image.lifecycle_rules :
        (rule.count_type == "imageCountMoreThan" && rule.count_unit == null) ||
        (contains(["sinceImagePushed", "sinceImagePulled", "sinceImageTransitioned"], rule.count_type) && rule.count_unit == "days")
      ]
    ]))
    error_message = "count_type must be imageCountMoreThan, with count_unit null, or sinceImagePushed, sinceImagePulled or sinceImageTransitioned, with count_unit days. Wrong in: ${join(", ", flatten([
      for image in var.mirrored_images : [
        for rule in image.lifecycle_rules : "${image.repository} (priority ${rule.priority})"
        if !(
          (rule.count_type == "imageCountMoreThan" && rule.count_unit == null) ||
          (contains(["sinceImagePushed", "sinceImagePulled", "sinceImageTransitioned"], rule.count_type) && rule.count_unit == "days")
        )
      ]
    ]))}."
  }

  validation {
    condition = alltrue(flatten([
      for image in var.mirrored_images : [
        for rule in image.lifecycle_rules :
        rule.count_type == "sinceImageTransitioned"
        ? rule.storage_class == "archive" && rule.action == "expire" && rule.count_number >= 90
        : (rule.storage_class == null || rule.storage_class == "standard") &&
        (rule.action == "transition" || (rule.action == "expire" && rule.count_type != "sinceImagePulled"))
      ]
    ]))
    error_message = "sinceImageTransitioned goes with storage_class archive, action expire and 90 days or more; the others with storage_class standard or null, and with action transition or, except sinceImagePulled, expire. Wrong in: ${join(", ", flatten([
      for image in var.mirrored_images : [
        for rule in image.lifecycle_rules : "${image.repository} (priority ${rule.priority})"
        if !(
          rule.count_type == "sinceImageTransitioned"
          ? rule.storage_class == "archive" && rule.action == "expire" && rule.count_number >= 90
          : (rule.storage_class == null || rule.storage_class == "standard") &&
          (rule.action == "transition" || (rule.action == "expire" && rule.count_type != "sinceImagePulled"))
        )
      ]
    ]))}."
  }
}
