"""What the target holds: its status, what expires, what is pruned."""
