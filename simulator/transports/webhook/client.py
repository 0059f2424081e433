"""Posts with the headers of Standard Webhooks."""

from __future__ import annotations

from simulator.core.message import Message
from simulator.transports._delivery.post import Poster
from simulator.transports.webhook import signing
from simulator.transports.webhook.settings import Settings


class Client(Poster):
    """Persistent connections to one endpoint's receiver. Needs a running loop."""

    def __init__(self, url: str, headers: dict[str, str], settings: Settings) -> None:
        super().__init__(url, headers, settings)
        self._secret = settings.secret

    def target(self, message: Message) -> str:
        """The receiver's URL, and below it the path that the contract gave the message."""
        request, url = message.request, self.url
        if request.path not in ("", "/"):
            url = url.rstrip("/") + "/" + request.path.lstrip("/")
        if request.query:
            url += ("&" if "?" in url else "?") + request.query
        return url

    def introduce(self, message: Message) -> dict[str, str]:
        """webhook-id, webhook-timestamp and, with a secret, webhook-signature."""
        return signing.headers(message, message.request.body, self._secret)

    def identify(self, message: Message) -> None:
        """Make the message's webhook-id."""
        signing.identity(message)
