output "registry_id" {
  description = "AWS account of the registry whose settings are managed here; null where none is"
  value = try(coalesce(concat(
    aws_ecr_registry_scanning_configuration.this[*].registry_id,
    aws_ecr_replication_configuration.this[*].registry_id,
  )...), null)
}

output "scan_type" {
  description = "How images are scanned, `BASIC` or `ENHANCED`; null where it is not managed here"
  value       = one(aws_ecr_registry_scanning_configuration.this[*].scan_type)
}

output "replicates_to" {
  description = "Every registry that gets copies, as `ACCOUNT/REGION`, sorted"
  value = sort(distinct(flatten([
    for rule in var.replication == null ? [] : var.replication : [
      for destination in rule.destinations : "${destination.account_id}/${destination.region}"
    ]
  ])))
}
