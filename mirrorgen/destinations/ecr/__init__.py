"""Amazon ECR: names, settings, lifecycle, and what a registry of an account in a region holds."""
