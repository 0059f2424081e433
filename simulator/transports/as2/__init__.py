"""AS2 (RFC 4130), both ways: signed, encrypted and compressed messages, and their receipts.

Messages and receipts are plain functions (`message`, `mdn`, on `cmsread` and `cmswrite`); the
transport puts them onto HTTP.
"""

from simulator.transports.as2.settings import Settings
from simulator.transports.as2.transport import As2Transport

__all__ = ["As2Transport", "Settings"]
