output "repositories" {
  description = "Every repository by name: its ARN, its URL (what to put before `:tag`) and the upstream repository it mirrors"
  value = {
    for name, repository in aws_ecr_repository.this : name => {
      arn    = repository.arn
      url    = repository.repository_url
      source = local.images[name].source
    }
  }
}
