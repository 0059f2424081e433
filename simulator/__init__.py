"""Stagefloor: the plant that a staging environment lacks."""

__version__ = "0.1.0"
