"""How long mirrorgen takes, and how much memory: `python -m benchmarks`, or `make bench`. It fails no build."""
