"""What exists now."""
