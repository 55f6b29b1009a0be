"""Where images go: one package for each kind of registry, with all that is particular to it."""
