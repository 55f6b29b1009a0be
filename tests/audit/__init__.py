"""The audit of truth: what the program says of simulated worlds, held against the worlds themselves.

`world` has upstream registries, ECR, and what goes wrong in them; `regsync`, `regctl` and `ecr` answer for it as the
real ones do; `scenarios` makes up worlds and runs; `driving` lets the real commands run; `oracle` judges what they say.
"""
