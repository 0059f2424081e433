"""A file becomes a scenario, a run, a verdict: loading, checking, planning, running, reporting."""
