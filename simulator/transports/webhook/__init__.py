"""Webhooks, outbound: what the plant says by itself, delivered by HTTP under retry rules."""

from simulator.transports.webhook.settings import Retry, Settings
from simulator.transports.webhook.transport import WebhookTransport

__all__ = ["Retry", "Settings", "WebhookTransport"]
