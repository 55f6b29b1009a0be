"""Everything `mirrorgen demo` needs to stand in for Amazon ECR and for the upstream registries."""
