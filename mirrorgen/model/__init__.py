"""What a list says, as values: images, tags, references, registries."""
