"""What nodes need to get images from the mirror by their upstream names."""
