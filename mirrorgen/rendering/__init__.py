"""From the desired state to the text of the generated files, and from there to the disk."""
