"""The upstream registries: what they have, what rules select of it, and the lock."""
