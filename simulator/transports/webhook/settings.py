"""What a webhook endpoint may set in the plant file."""

from __future__ import annotations

from pydantic import Field

from simulator.transports._delivery import Delivery, Retry

__all__ = ["Retry", "Settings"]


class Settings(Delivery):
    """Where a webhook endpoint delivers, and how."""

    url: str = Field(description="where to; ${NAME} is filled in from targets and environment")
    headers: dict[str, str] = Field(
        default_factory=dict, description="sent with each message; ${NAME} is filled in"
    )
    secret: str | None = Field(
        None, description="signs each message (Standard Webhooks); whsec_<base64>, or any text"
    )
    proxy: str | None = Field(None, description="an HTTP proxy's URL; none is taken by itself")
    verify_tls: bool = Field(True, description="check the partner's certificate")
