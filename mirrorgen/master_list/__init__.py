"""The master list: reading it, checking it, and what it says as a model."""
