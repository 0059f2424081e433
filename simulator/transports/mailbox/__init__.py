"""A trading partner's mailbox over HTTP or HTTPS, in both directions.

    bearco: {transport: mailbox, contract: x12, partner: bearco, token: "${BEARCO_TOKEN}"}

The integration posts interchanges to it. What the partner says is posted to a `url` of the
integration's, with a file name and a key that stays the same when it comes again; or it lies in the
mailbox until the integration has fetched and taken it, in that order: whoever takes first may lose
it.

    POST   {path}               an interchange; 202 once it is durable, and what it was as JSON
    GET    {path}               what lies there: {"items": [{"name", "size", "since"}]}
    GET    {path}/{name}        one file
    DELETE {path}/{name}        it was taken (204): only then it counts as delivered
    POST   {path}/{name}/taken  the same, for clients that cannot delete

What was answered 202 outlives a kill, and is not asked for again; what was not is to be posted
again, under the same control number. Files lie there again after a restart, and what was taken does
not. How often a file was fetched stands in its message's journal entry, as `fetched`. Without the
token or password that a mailbox asks for, everything is answered 401. Faults of the inbound
direction act on what is posted, those of the outbound one on what lies there or is posted on; a
refused connection and a bad certificate meet whoever comes. `tls` makes it an HTTPS mailbox, as it
does with the transport `http`.
"""

from simulator.transports.mailbox.settings import Settings
from simulator.transports.mailbox.transport import MailboxTransport

__all__ = ["MailboxTransport", "Settings"]
