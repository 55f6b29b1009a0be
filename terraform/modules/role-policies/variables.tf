################################################################################
# Where
################################################################################

variable "partition" {
  description = "Partition of AWS, as ARNs have it: `aws`, `aws-cn`, `aws-us-gov`, ..."
  type        = string
  default     = "aws"
  nullable    = false

  validation {
    condition     = can(regex("^aws(-[a-z]+)*$", var.partition))
    error_message = "partition must be what ARNs of your region have after `arn:`, such as aws, aws-cn or aws-us-gov."
  }
}

variable "account_id" {
  description = "AWS account that holds the repositories, 12 digits"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id must be 12 digits, written as a string so that leading zeros stay."
  }
}

variable "regions" {
  description = "AWS regions that hold the repositories"
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.regions) > 0 && alltrue([for region in var.regions : can(regex("^[a-z]{2,4}(-[a-z]+)+-[0-9]+$", region))])
    error_message = "regions must name at least one region, and each must look like eu-west-1."
  }
}

################################################################################
# What
################################################################################

variable "repositories" {
  description = "Names of the repositories, in which `*` stands for anything: the prefix of the list, and every `repository:` outside of it"
  type        = list(string)
  default     = ["mirror/*"]
  nullable    = false

  validation {
    condition     = length(var.repositories) > 0
    error_message = "repositories must name at least one."
  }

  validation {
    condition     = alltrue([for name in var.repositories : can(regex("^[a-z0-9][a-z0-9._/-]*[*]?$", name))])
    error_message = "Each of repositories must start with a lower case letter or a digit, and may have `*` at its end only: a pattern that starts with `*` would reach repositories of others. Wrong: ${join(", ", [for name in var.repositories : name if !can(regex("^[a-z0-9][a-z0-9._/-]*[*]?$", name))])}."
  }
}

variable "reads_from" {
  description = "ARNs of repositories in another account that the mirror is filled from, in which `*` stands for anything: those of the first of several targets, which must allow it, too"
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.reads_from : can(regex("^arn:aws[a-z-]*:ecr:[a-z0-9-]+:[0-9]{12}:repository/[a-z0-9._/*-]+$", arn))])
    error_message = "reads_from holds ARNs of repositories, such as arn:aws:ecr:eu-west-1:123456789012:repository/mirror/*."
  }
}

variable "may_list_all_repositories" {
  description = "Whether plan and sync may see the names and settings of all repositories of the account: `status` needs it to find repositories below the prefix that have left the list"
  type        = bool
  default     = false
  nullable    = false
}

variable "sets_scanning" {
  description = "Whether the roles may read, and apply and destroy change, what ECR scans of the whole account in these regions: `target.scanning` of the list"
  type        = bool
  default     = false
  nullable    = false
}

variable "sets_replication" {
  description = "Whether plan and sync may read, and apply and destroy change, where ECR copies to, and sync have it copy what was there before, for the whole account in these regions: `replicate` of a target in the list"
  type        = bool
  default     = false
  nullable    = false
}

variable "kms_key_arns" {
  description = "ARNs of the keys that `encryption.kms_key` names in the list; none for keys that AWS manages"
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.kms_key_arns : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", arn))])
    error_message = "Each of kms_key_arns must be the ARN of a key, not of an alias."
  }
}

################################################################################
# Terraform's state
################################################################################

variable "state" {
  description = <<-EOT
    Where Terraform keeps the state of the repositories. Null: not in S3, and no role gets a right to it.

    - `bucket`: name of the bucket
    - `keys`: of the objects, one for each target; their locks have the same names with `.tflock`
    - `kms_key_arn`: ARN of the key that encrypts them; null is one that S3 manages
  EOT
  type = object({
    bucket      = string
    keys        = optional(list(string), ["mirrorgen/terraform.tfstate"])
    kms_key_arn = optional(string)
  })
  default = null

  validation {
    condition     = var.state == null ? true : can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.state.bucket))
    error_message = "state.bucket must be the name of a bucket: 3 to 63 lower case letters, digits, dots and hyphens."
  }

  validation {
    condition     = var.state == null ? true : length(var.state.keys) > 0 && alltrue([for key in var.state.keys : can(regex("^[A-Za-z0-9_-][A-Za-z0-9._/-]*$", key))])
    error_message = "state.keys must name at least one object, without a leading slash and without wildcards."
  }

  validation {
    condition     = try(var.state.kms_key_arn, null) == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.state.kms_key_arn))
    error_message = "state.kms_key_arn must be the ARN of a key, not of an alias."
  }
}
