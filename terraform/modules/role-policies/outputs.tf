output "policies" {
  description = "Policy of each role as JSON, by `plan`, `apply`, `sync` and `destroy`"
  value       = local.policies
}

output "apply_and_sync" {
  description = "Policy as JSON of a role that does what `apply` and `sync` do, for one job that does both; the two policies would not do, as `apply` is denied what `sync` does"
  value       = local.apply_and_sync
}

output "boundary" {
  description = "Policy as JSON that no role may exceed, whatever else is attached to it"
  value       = local.boundary
}
