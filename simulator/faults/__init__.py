"""Faults: one file a kind. See docs/adding-a-fault.md."""
