variable "repositories" {
  description = <<-EOT
    Settings of the repositories to make, by full name, for example `mirror/docker-hub/nginx`:

    - `tag_mutability`: `MUTABLE`, `IMMUTABLE`, `IMMUTABLE_WITH_EXCLUSION` or `MUTABLE_WITH_EXCLUSION`
    - `mutability_exclusions`: one to five wildcard filters naming the tags that are excepted, with `*_WITH_EXCLUSION`; otherwise empty
    - `scan_on_push`: whether ECR scans each image after its push
    - `encryption.type`: `AES256`, `KMS` or `KMS_DSSE`
    - `encryption.kms_key`: ARN of the key (not of an alias, which ECR replaces by its key), with `KMS` or `KMS_DSSE`; null is the AWS managed key
    - `lifecycle_policy`: by which rules ECR removes or archives images, as the JSON text that ECR takes; null makes none
    - `repository_policy`: who else may use the repository, as the JSON text that IAM takes; null makes none
    - `tags`: AWS resource tags of the repository
  EOT
  type = map(object({
    tag_mutability        = optional(string, "MUTABLE")
    mutability_exclusions = optional(list(string), [])
    scan_on_push          = optional(bool, true)
    encryption = optional(object({
      type    = optional(string, "KMS")
      kms_key = optional(string)
    }), {})
    lifecycle_policy  = optional(string)
    repository_policy = optional(string)
    tags              = optional(map(string), {})
  }))
  nullable = false

  # Names

  validation {
    condition = alltrue([
      for name, repository in var.repositories :
      can(regex("^([a-z0-9]+(([._]|__|-+)[a-z0-9]+)*/)*[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*$", name)) &&
      length(name) >= 2 && length(name) <= 256
    ])
    error_message = "ECR repository names have 2 to 256 characters: lower case letters and digits, separators (. _ __ and dashes) inside, segments joined with /. Refused: ${join(", ", [
      for name, repository in var.repositories : name
      if !can(regex("^([a-z0-9]+(([._]|__|-+)[a-z0-9]+)*/)*[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*$", name)) ||
      length(name) < 2 || length(name) > 256
    ])}."
  }

  # Tag mutability

  validation {
    condition = alltrue([
      for name, repository in var.repositories : contains(["MUTABLE", "IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION", "MUTABLE_WITH_EXCLUSION"], repository.tag_mutability)
    ])
    error_message = "tag_mutability must be MUTABLE, IMMUTABLE, IMMUTABLE_WITH_EXCLUSION or MUTABLE_WITH_EXCLUSION. Wrong in: ${join(", ", [
      for name, repository in var.repositories : name
      if !contains(["MUTABLE", "IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION", "MUTABLE_WITH_EXCLUSION"], repository.tag_mutability)
    ])}."
  }

  validation {
    condition = alltrue([
      for name, repository in var.repositories :
      endswith(repository.tag_mutability, "_WITH_EXCLUSION")
      ? length(repository.mutability_exclusions) >= 1 && length(repository.mutability_exclusions) <= 5
      : length(repository.mutability_exclusions) == 0
    ])
    error_message = "mutability_exclusions takes 1 to 5 filters with IMMUTABLE_WITH_EXCLUSION or MUTABLE_WITH_EXCLUSION, and none otherwise. Wrong in: ${join(", ", [
      for name, repository in var.repositories : "${name} (${repository.tag_mutability}, ${length(repository.mutability_exclusions)})"
      if !(
        endswith(repository.tag_mutability, "_WITH_EXCLUSION")
        ? length(repository.mutability_exclusions) >= 1 && length(repository.mutability_exclusions) <= 5
        : length(repository.mutability_exclusions) == 0
      )
    ])}."
  }

  validation {
    condition = alltrue(flatten([
      for name, repository in var.repositories : [
        for filter in repository.mutability_exclusions :
        can(regex("^[0-9A-Za-z._*-]{1,128}$", filter)) && length(regexall("[*]", filter)) <= 2
      ] if length(repository.mutability_exclusions) > 0
    ]))
    error_message = "A mutability exclusion filter has 1 to 128 characters (letters, digits, . _ - and at most two *). Wrong in: ${join(", ", flatten([
      for name, repository in var.repositories : [
        for filter in repository.mutability_exclusions : "${name} (${filter})"
        if !can(regex("^[0-9A-Za-z._*-]{1,128}$", filter)) || length(regexall("[*]", filter)) > 2
      ] if length(repository.mutability_exclusions) > 0
    ]))}."
  }

  # Encryption

  validation {
    condition = alltrue([
      for name, repository in var.repositories : contains(["AES256", "KMS", "KMS_DSSE"], repository.encryption.type)
    ])
    error_message = "encryption.type must be AES256, KMS or KMS_DSSE. Wrong in: ${join(", ", [
      for name, repository in var.repositories : name
      if !contains(["AES256", "KMS", "KMS_DSSE"], repository.encryption.type)
    ])}."
  }

  validation {
    condition = alltrue([
      for name, repository in var.repositories : repository.encryption.kms_key == null || startswith(repository.encryption.type, "KMS")
    ])
    error_message = "encryption.kms_key needs encryption.type KMS or KMS_DSSE. Wrong in: ${join(", ", [
      for name, repository in var.repositories : name
      if repository.encryption.kms_key != null && !startswith(repository.encryption.type, "KMS")
    ])}."
  }

  validation {
    condition = alltrue([
      for name, repository in var.repositories :
      repository.encryption.kms_key == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", repository.encryption.kms_key))
    ])
    error_message = "encryption.kms_key must be the ARN of a key: with an alias the repository would be replaced at every plan. Wrong in: ${join(", ", [
      for name, repository in var.repositories : name
      if repository.encryption.kms_key != null && !can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", repository.encryption.kms_key))
    ])}."
  }

  # Lifecycle policies: each is read once, however many repositories have it.

  validation {
    condition = alltrue([
      for policy in keys({ for repository in var.repositories : repository.lifecycle_policy => true... if repository.lifecycle_policy != null }) :
      can(length(jsondecode(policy).rules))
    ])
    error_message = "lifecycle_policy must be the JSON text of a policy, {\"rules\": [...]}. Wrong in: ${join(", ", sort(flatten([
      for policy, names in { for name, repository in var.repositories : repository.lifecycle_policy => name... if repository.lifecycle_policy != null } :
      names if !can(length(jsondecode(policy).rules))
    ])))}."
  }

  validation {
    condition = alltrue([
      for name, repository in var.repositories : try(length(repository.lifecycle_policy), 0) <= 30720
    ])
    error_message = "A lifecycle policy has at most 30720 characters. More in: ${join(", ", [
      for name, repository in var.repositories : "${name} (${length(repository.lifecycle_policy)})"
      if try(length(repository.lifecycle_policy), 0) > 30720
    ])}."
  }

  # Repository policies

  validation {
    condition = alltrue([
      for name, repository in var.repositories :
      repository.repository_policy == null || can(length(jsondecode(repository.repository_policy).Statement))
    ])
    error_message = "repository_policy must be the JSON text of a policy, {\"Version\": \"2012-10-17\", \"Statement\": [...]}. Wrong in: ${join(", ", [
      for name, repository in var.repositories : name
      if repository.repository_policy != null && !can(length(jsondecode(repository.repository_policy).Statement))
    ])}."
  }

  validation {
    condition = alltrue([
      for name, repository in var.repositories : try(length(repository.repository_policy), 0) <= 10240
    ])
    error_message = "A repository policy has at most 10240 characters. More in: ${join(", ", [
      for name, repository in var.repositories : "${name} (${length(repository.repository_policy)})"
      if try(length(repository.repository_policy), 0) > 10240
    ])}."
  }
}
