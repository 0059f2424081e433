"""A trading partner's mailbox over HTTP or HTTPS: interchanges posted to it, and fetched from it.

What the partner says is posted to a URL of the integration's, or lies in the mailbox until the
integration has fetched and taken it.
"""

from simulator.transports.mailbox.settings import Settings
from simulator.transports.mailbox.transport import MailboxTransport

__all__ = ["MailboxTransport", "Settings"]
