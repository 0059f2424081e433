"""AS2 (RFC 4130), both ways: signed, encrypted and compressed messages, and their receipts.

A partner's key is made on first start; its certificate is at `{url}/certificate.pem`. How receipts,
keys and resends play together is in [as2.md](as2.md).
"""

from simulator.transports.as2.settings import Settings
from simulator.transports.as2.transport import As2Transport

__all__ = ["As2Transport", "Settings"]
