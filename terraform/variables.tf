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
    - the others: see `repositories` of `modules/repositories`
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
    lifecycle_policy  = string
    repository_policy = string
    tags              = map(string)
  }))
  nullable = false

  validation {
    condition = length({ for image in var.mirrored_images : image.repository => image.source... }) == length(var.mirrored_images)
    error_message = "Each repository may be listed once. Listed again: ${join("; ", [
      for name, sources in { for image in var.mirrored_images : image.repository => image.source... } : "${name} (from ${join(", ", sources)})"
      if length(sources) > 1
    ])}."
  }
}

################################################################################
# Registry
################################################################################

variable "scanning" {
  description = "Which images ECR scans, of all repositories of the account in the region: see `modules/registry`. Null: not managed here"
  type = object({
    type = string
    rules = list(object({
      frequency = string
      filters   = list(string)
    }))
  })
  default = null
}

variable "replication" {
  description = "Where ECR copies to what is pushed, of all repositories of the account in the region: see `modules/registry`. Null: not managed here"
  type = list(object({
    destinations = list(object({
      region     = string
      account_id = string
    }))
    prefixes = list(string)
  }))
  default = null
}
