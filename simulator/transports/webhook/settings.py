"""What a webhook endpoint may set in the plant file."""

from __future__ import annotations

from pydantic import Field

from simulator.transports._delivery import Posting, Retry

__all__ = ["Retry", "Settings"]


class Settings(Posting):
    """Where a webhook endpoint delivers, and how."""

    url: str = Field(description="where to; ${NAME} is filled in from targets and environment")
    secret: str | None = Field(
        None, description="signs each message (Standard Webhooks); whsec_<base64>, or any text"
    )
