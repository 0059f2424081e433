"""The control plane: everything a scenario can do, over HTTP, and what came of it.

The only FastAPI application of the project; the systems' own endpoints never pass through it.
Importing this package imports no FastAPI: the application is built when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.control.tokens import Tokens

if TYPE_CHECKING:
    from fastapi import FastAPI

    from simulator.stage.site import Site

__all__ = ["Tokens", "build_app"]


def build_app(site: Site, tokens: Tokens | None = None, **options: Any) -> FastAPI:
    """The control plane's application for a site. Without tokens it is open to every caller."""
    from simulator.control.app import build_app as build

    return build(site, tokens or Tokens(), **options)
