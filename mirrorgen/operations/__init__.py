"""What the commands do: the desired state, the tools and the live state joined."""
