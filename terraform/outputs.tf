output "repositories" {
  description = "Every repository by name: its ARN, its URL (what to put before `:tag`) and the upstream repository it mirrors"
  value = {
    for image in var.mirrored_images : image.repository => merge(
      module.repositories.repositories[image.repository],
      { source = image.source },
    )
  }
}
