"""Posts what the partner says to the integration's own mailbox."""

from __future__ import annotations

from simulator.core.message import Message
from simulator.transports._delivery import file_name
from simulator.transports._delivery.post import Poster, identity


class Courier(Poster):
    """Persistent connections to one integration's URL. Needs a running loop."""

    def introduce(self, message: Message) -> dict[str, str]:
        """Its file name, and a key by which the receiver knows a delivery that comes again."""
        return {
            "content-disposition": f'attachment; filename="{file_name(message)}"',
            "idempotency-key": self._key(message),
        }

    def identify(self, message: Message) -> None:
        """Make its key."""
        self._key(message)

    def _key(self, message: Message) -> str:
        return identity(message, "delivery")
