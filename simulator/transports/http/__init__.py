"""HTTP, inbound: the systems' own APIs, on a shared port or on ports of their own."""

from simulator.transports.http.server import HttpServer
from simulator.transports.http.transport import HttpTransport, Settings

__all__ = ["HttpServer", "HttpTransport", "Settings"]
