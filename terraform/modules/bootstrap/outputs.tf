output "state_bucket" {
  description = "Name of the bucket for Terraform's state: the repository variable `TF_STATE_BUCKET`"
  value       = aws_s3_bucket.state.bucket
}

output "region" {
  description = "AWS region of the bucket"
  value       = local.region
}

output "account_id" {
  description = "AWS account of everything that was made: the repository variable `AWS_ACCOUNT_ID`"
  value       = local.account_id
}

output "oidc_provider_arn" {
  description = "ARN of the identity provider for GitHub Actions that the roles trust"
  value       = var.oidc_provider_arn == null ? aws_iam_openid_connect_provider.github[0].arn : var.oidc_provider_arn
}

output "role_arns" {
  description = "ARN of each role that was made, by `plan`, `apply`, `sync` and `destroy`"
  value       = module.roles.role_arns
}

output "environments" {
  description = "GitHub's environment that each role trusts"
  value       = module.roles.environments
}
