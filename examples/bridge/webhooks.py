"""Standard Webhooks: is this delivery from whom it says, and is it fresh?"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping

TOLERANCE = 300  # seconds between the sender's timestamp and now


class NotGenuine(ValueError):
    """A delivery that does not verify; the text says why."""


def verify(secret: str, headers: Mapping[str, str], body: bytes) -> None:
    """Raise NotGenuine unless one of the signatures is that of `secret` over this delivery."""
    name = headers.get("webhook-id")
    stamp = headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "")
    if not name or not stamp.isdigit() or not given:
        raise NotGenuine("webhook-id, webhook-timestamp and webhook-signature are needed")
    if abs(time.time() - int(stamp)) > TOLERANCE:
        raise NotGenuine(f"webhook-timestamp {stamp} is more than {TOLERANCE} s off")
    wanted = f"v1,{signature(secret, name, stamp, body)}"
    if not any(hmac.compare_digest(one.encode(), wanted.encode()) for one in given.split()):
        raise NotGenuine("no signature matches")


def signature(secret: str, name: str, stamp: str, body: bytes) -> str:
    """The base64 HMAC-SHA256 of `id.timestamp.body`; a `whsec_` secret is base64 itself."""
    plain = secret.removeprefix("whsec_")
    key = base64.b64decode(plain) if plain != secret else plain.encode()
    signed = f"{name}.{stamp}.".encode() + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
