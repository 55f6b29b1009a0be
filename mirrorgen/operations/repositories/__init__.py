"""The repositories of the target: what Terraform would change, and the change."""
