"""The command line: serve, run, plan, check, journal, new."""
