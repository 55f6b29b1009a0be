output "policies" {
  description = "Policy of each role as JSON, by `plan`, `apply`, `sync` and `destroy`"
  value       = local.policies
}

output "boundary" {
  description = "Policy as JSON that no role may exceed, whatever else is attached to it"
  value       = local.boundary
}
