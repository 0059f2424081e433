"""Transports: one folder a kind. See docs/adding-a-transport.md."""
