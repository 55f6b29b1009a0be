################################################################################
# Terraform's state
################################################################################

variable "state_bucket" {
  description = "Name of the bucket for Terraform's state. Null: `mirrorgen-state-ACCOUNT-REGION`"
  type        = string
  default     = null

  validation {
    condition     = var.state_bucket == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.state_bucket))
    error_message = "state_bucket must have 3 to 63 lower case letters, digits, dots and hyphens."
  }
}

variable "state_keys" {
  description = "Objects in the bucket that the roles may use, one for each target; their locks have the same names with `.tflock`"
  type        = list(string)
  default     = ["mirrorgen/terraform.tfstate"]
  nullable    = false
}

variable "state_kms_key_arn" {
  description = "ARN of the key that encrypts the state. Null: one that S3 manages"
  type        = string
  default     = null
}

variable "state_version_days" {
  description = "Days after which a version of the state that is not the newest may go; the ten newest of them stay. Null: none goes"
  type        = number
  default     = 90

  validation {
    condition     = var.state_version_days == null ? true : var.state_version_days >= 1 && floor(var.state_version_days) == var.state_version_days
    error_message = "state_version_days must be a whole number from 1."
  }
}

################################################################################
# Who
################################################################################

variable "repository" {
  description = <<-EOT
    GitHub repository whose workflows get the roles: `OWNER/NAME`, or `OWNER@ID/NAME@ID` with the ids that GitHub has given to both. With the ids
    both forms of the subject are trusted; a repository that was made, renamed or moved since 15 July 2026 has the one with ids.
    `gh api repos/OWNER/NAME --jq '"\(.owner.login)@\(.owner.id)/\(.name)@\(.id)"'` prints it.
  EOT
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$", var.repository)) || can(regex("^[A-Za-z0-9][A-Za-z0-9-]*@[0-9]+/[A-Za-z0-9._-]+@[0-9]+$", var.repository))
    error_message = "repository must be OWNER/NAME, or OWNER@ID/NAME@ID with both ids."
  }
}

variable "oidc_provider_arn" {
  description = "ARN of the account's identity provider for GitHub Actions, where it has one. Null: it is made; an account can have only one"
  type        = string
  default     = null

  validation {
    condition     = var.oidc_provider_arn == null || can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:oidc-provider/[a-z0-9.-]+(/.+)?$", var.oidc_provider_arn))
    error_message = "oidc_provider_arn must look like arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com."
  }
}

variable "roles" {
  description = <<-EOT
    The four roles:

    - `plan`: reads the mirror and the state; for pull requests
    - `apply`: makes repositories and changes their settings; neither pushes nor removes
    - `sync`: pushes and reads images; no settings, and nothing of the state
    - `destroy`: what apply may do, and removes repositories and images; its environment needs reviewers

    Of each:

    - `enabled`: false leaves it out
    - `name`: of the role
    - `environment`: of GitHub, whose jobs alone get the role
    - `job_workflow_refs`: workflow files the job must come from, as `OWNER/NAME/.github/workflows/FILE@REF`, in which `*` stands for anything; empty for any
    - `max_session_duration`: seconds that a job may keep the role, 3600 to 43200
  EOT
  type = object({
    plan = optional(object({
      enabled              = optional(bool, true)
      name                 = optional(string, "image-plan-role")
      environment          = optional(string, "image-plan")
      job_workflow_refs    = optional(list(string), [])
      max_session_duration = optional(number, 3600)
    }), {})
    apply = optional(object({
      enabled              = optional(bool, true)
      name                 = optional(string, "image-apply-role")
      environment          = optional(string, "image-apply")
      job_workflow_refs    = optional(list(string), [])
      max_session_duration = optional(number, 3600)
    }), {})
    sync = optional(object({
      enabled              = optional(bool, true)
      name                 = optional(string, "image-sync-role")
      environment          = optional(string, "image-sync")
      job_workflow_refs    = optional(list(string), [])
      max_session_duration = optional(number, 21600)
    }), {})
    destroy = optional(object({
      enabled              = optional(bool, true)
      name                 = optional(string, "image-destroy-role")
      environment          = optional(string, "image-destroy")
      job_workflow_refs    = optional(list(string), [])
      max_session_duration = optional(number, 3600)
    }), {})
  })
  default  = {}
  nullable = false
}

variable "path" {
  description = "Path of the roles and of the permissions boundary in IAM"
  type        = string
  default     = "/"
  nullable    = false
}

variable "permissions_boundary_arn" {
  description = "ARN of a policy that the roles may not exceed. Null: one is made, of what the four may do together"
  type        = string
  default     = null
}

variable "boundary_name" {
  description = "Name of the permissions boundary that is made"
  type        = string
  default     = "image-mirror-boundary"
  nullable    = false
}

variable "tags" {
  description = "AWS resource tags of everything that is made"
  type        = map(string)
  default     = {}
  nullable    = false
}

################################################################################
# On what
################################################################################

variable "regions" {
  description = "AWS regions that hold the repositories. Empty: the region of the provider"
  type        = list(string)
  default     = []
  nullable    = false
}

variable "repositories" {
  description = "Names of the repositories, in which `*` stands for anything: the prefix of the list, and every `repository:` outside of it"
  type        = list(string)
  default     = ["mirror/*"]
  nullable    = false
}

variable "reads_from" {
  description = "ARNs of repositories in another account that the mirror is filled from, in which `*` stands for anything: those of the first of several targets, which must allow it, too"
  type        = list(string)
  default     = []
  nullable    = false
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
}
