"""Standard Webhooks (standardwebhooks.com): identity, time and signature of a delivery."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from simulator.core.message import Message
from simulator.core.timer import wall_clock
from simulator.transports._delivery.post import identity as made_identity

_PREFIX = "whsec_"


def key(secret: str) -> bytes:
    """The signing key: the decoded rest of `whsec_…`, or the text itself."""
    if secret.startswith(_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            pass
    return secret.encode()


def identity(message: Message) -> str:
    """The message's webhook-id: the same for every attempt and every duplicate."""
    return made_identity(message, "webhook-id")


def headers(message: Message, body: bytes, secret: str | None) -> dict[str, str]:
    """webhook-id, webhook-timestamp and, with a secret, webhook-signature."""
    made = {"webhook-id": identity(message), "webhook-timestamp": str(int(wall_clock()))}
    if secret is not None:
        signed = f"{made['webhook-id']}.{made['webhook-timestamp']}.".encode() + body
        digest = hmac.new(key(secret), signed, hashlib.sha256).digest()
        made["webhook-signature"] = "v1," + base64.b64encode(digest).decode()
    return made
