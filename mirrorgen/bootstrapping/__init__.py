"""A new account: the root module that prepares it, its plan, and its state, which moves into the bucket it has made."""
