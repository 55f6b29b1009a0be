"""One thin module for each subcommand: options, one call, a report, an exit code."""
