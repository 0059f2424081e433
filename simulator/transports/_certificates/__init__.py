"""Keys and certificates that stand-ins make for themselves. Needs the library `cryptography`."""

from simulator.transports._certificates.make import Issued, Subject, issue, read

__all__ = ["Issued", "Subject", "issue", "read"]
