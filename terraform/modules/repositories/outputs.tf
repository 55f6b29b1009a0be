output "repositories" {
  description = "Every repository by name: its ARN and its URL (what to put before `:tag`)"
  value = {
    for name, repository in aws_ecr_repository.this : name => {
      arn = repository.arn
      url = repository.repository_url
    }
  }

  precondition {
    condition = (
      alltrue([for repository in var.repositories : length(repository.mutability_exclusions) == 0]) ||
      fileexists("${path.module}/exclusions_override.tf")
    )
    error_message = "Repositories have mutability_exclusions, but exclusions_override.tf is missing beside main.tf of this module: render it again."
  }
}
