output "role_arns" {
  description = "ARN of each role that was made, by `plan`, `apply`, `sync` and `destroy`"
  value       = { for name, role in aws_iam_role.this : name => role.arn }
}

output "environments" {
  description = "GitHub's environment that each role trusts"
  value       = { for name, role in local.roles : name => role.environment }
}

output "policies" {
  description = "Policy of each role as JSON"
  value       = { for name, role in local.roles : name => module.policies.policies[name] }
}

output "trust_policies" {
  description = "Trust policy of each role as JSON"
  value       = local.trust
}

output "permissions_boundary" {
  description = "ARN of the policy that no role may exceed"
  value       = var.permissions_boundary_arn == null ? aws_iam_policy.boundary[0].arn : var.permissions_boundary_arn
}
