"""mirrorgen: one reviewed list of images, mirrored into Amazon ECR by regsync and Terraform."""

__version__ = "0.1.0"
