"""The desired state: every repository with its name, settings and tags, computed once from the model."""
