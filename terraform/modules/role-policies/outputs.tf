output "policies" {
  description = "Policy of each role as JSON, by `plan`, `apply`, `sync` and `destroy`"
  value       = { for role, policy in local.policies : role => policy if role != "only" }
}

output "only_policy" {
  description = "Policy as JSON of a role that is the only one: it does what `plan`, `apply` and `sync` do, and removes nothing"
  value       = local.policies.only
}

output "boundary" {
  description = "Policy as JSON that no role may exceed, whatever else is attached to it"
  value       = local.boundary
}
