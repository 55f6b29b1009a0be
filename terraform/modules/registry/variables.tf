################################################################################
# Scanning
################################################################################

# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutRegistryScanningConfiguration.html and
# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ScanningRepositoryFilter.html
variable "scanning" {
  description = <<-EOT
    Which images ECR scans, of all repositories of the account in the region. Null: not managed here.

    - `type`: `BASIC`, or `ENHANCED` by Amazon Inspector
    - `rules`: at most one for each frequency; what no rule is about is scanned only when somebody asks for it
    - `rules[].frequency`: `SCAN_ON_PUSH`, or with `ENHANCED` also `CONTINUOUS_SCAN`
    - `rules[].filters`: 1 to 100 names of repositories in which `*` stands for anything; a name without `*` fits every repository that has it in its name
  EOT
  type = object({
    type = string
    rules = optional(list(object({
      frequency = string
      filters   = optional(list(string), ["*"])
    })), [])
  })
  default = null

  validation {
    condition     = var.scanning == null ? true : contains(["BASIC", "ENHANCED"], var.scanning.type)
    error_message = "scanning.type must be BASIC or ENHANCED."
  }

  validation {
    condition = var.scanning == null ? true : alltrue([
      for rule in var.scanning.rules :
      contains(var.scanning.type == "ENHANCED" ? ["SCAN_ON_PUSH", "CONTINUOUS_SCAN"] : ["SCAN_ON_PUSH"], rule.frequency)
    ])
    error_message = "The frequency of a rule must be SCAN_ON_PUSH, or with ENHANCED also CONTINUOUS_SCAN."
  }

  validation {
    condition     = var.scanning == null ? true : length(distinct(var.scanning.rules[*].frequency)) == length(var.scanning.rules)
    error_message = "Each frequency may have one rule: give it all filters."
  }

  # Without rules AWS keeps those that stood there before, and every plan would want to remove them.
  validation {
    condition     = var.scanning == null ? true : var.scanning.type != "ENHANCED" || length(var.scanning.rules) > 0
    error_message = "ENHANCED needs a rule: which repositories are scanned, and how often."
  }

  validation {
    condition = var.scanning == null ? true : alltrue([
      for rule in var.scanning.rules : length(rule.filters) >= 1 && length(rule.filters) <= 100
    ])
    error_message = "A rule has 1 to 100 filters."
  }

  validation {
    condition = var.scanning == null ? true : alltrue(flatten([
      for rule in var.scanning.rules : [
        for filter in rule.filters : can(regex("^[a-z0-9*]+([._/-][a-z0-9*]+)*$", filter)) && length(filter) <= 255
      ]
    ]))
    error_message = "A filter has 1 to 255 characters: lower case letters, digits, `*`, and single separators (. _ / -) inside. Wrong: ${var.scanning == null ? "" : join(", ", flatten([
      for rule in var.scanning.rules : [
        for filter in rule.filters : filter
        if !can(regex("^[a-z0-9*]+([._/-][a-z0-9*]+)*$", filter)) || length(filter) > 255
      ]
    ]))}."
  }
}

################################################################################
# Replication
################################################################################

# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutReplicationConfiguration.html; ECR's own limits are
# 25 rules and 100 destinations, those of the provider 10 and 25.
variable "replication" {
  description = <<-EOT
    Where ECR copies to what is pushed, of all repositories of the account in the region. Null: not managed here.

    - `destinations`: 1 to 25 registries, each another one than this
    - `destinations[].region`: AWS region
    - `destinations[].account_id`: AWS account, 12 digits; another account must allow it in the policy of its registry
    - `prefixes`: up to 100 beginnings of repository names, such as `mirror/`; empty for all repositories
  EOT
  type = list(object({
    destinations = list(object({
      region     = string
      account_id = string
    }))
    prefixes = optional(list(string), [])
  }))
  default = null

  validation {
    condition     = var.replication == null ? true : length(var.replication) >= 1 && length(var.replication) <= 10
    error_message = "replication must have 1 to 10 rules; null leaves it alone."
  }

  validation {
    condition = var.replication == null ? true : alltrue([
      for rule in var.replication : length(rule.destinations) >= 1 && length(rule.destinations) <= 25
    ])
    error_message = "A rule has 1 to 25 destinations."
  }

  validation {
    condition = var.replication == null ? true : alltrue(flatten([
      for rule in var.replication : [
        for destination in rule.destinations :
        can(regex("^[0-9]{12}$", destination.account_id)) && can(regex("^[a-z]{2,4}(-[a-z]+)+-[0-9]+$", destination.region))
      ]
    ]))
    error_message = "A destination needs a region that looks like eu-west-1, and an account_id of 12 digits, written as a string so that leading zeros stay."
  }

  validation {
    condition     = var.replication == null ? true : alltrue([for rule in var.replication : length(distinct(rule.destinations)) == length(rule.destinations)])
    error_message = "A rule names the same destination twice."
  }

  validation {
    condition     = var.replication == null ? true : alltrue([for rule in var.replication : length(rule.prefixes) <= 100])
    error_message = "A rule has at most 100 prefixes."
  }

  validation {
    condition = var.replication == null ? true : alltrue(flatten([
      for rule in var.replication : [
        for prefix in rule.prefixes :
        can(regex("^([a-z0-9]+([._-][a-z0-9]*)*/)*[a-z0-9]*([._-][a-z0-9]*)*$", prefix)) && length(prefix) >= 2 && length(prefix) <= 256
      ]
    ]))
    error_message = "A prefix has 2 to 256 characters: how names of repositories begin, without wildcards. Wrong: ${var.replication == null ? "" : join(", ", flatten([
      for rule in var.replication : [
        for prefix in rule.prefixes : prefix
        if !can(regex("^([a-z0-9]+([._-][a-z0-9]*)*/)*[a-z0-9]*([._-][a-z0-9]*)*$", prefix)) || length(prefix) < 2 || length(prefix) > 256
      ]
    ]))}."
  }
}
