"""A repository of one's own: what is asked, and the files that a pipeline there needs."""
