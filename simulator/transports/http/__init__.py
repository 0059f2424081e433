"""HTTP, inbound: the systems' own APIs, on a shared port or on ports of their own.

With `tls: true` an endpoint speaks HTTPS, on a port of its own:

    http: {transport: http, contract: rest, port: 8443, tls: true, hosts: [wms.staging.example]}

Each plant has a certificate authority, made on first start: clients trust its `ca.pem`, which lies
in the data folder and is given away at `https://HOST:PORT/ca.pem`. The certificates that it issues
are for localhost, the address that is listened on, and `hosts`. The fault `certificate` shows one
that is expired, not yet valid, for another host or by an unknown authority; idle connections are
reset when it comes and when it goes, so that everybody has to look. It counts handshakes, not
messages: a client that refuses sends none.
"""

from simulator.transports.http.server import HttpServer
from simulator.transports.http.transport import HttpTransport, Settings

__all__ = ["HttpServer", "HttpTransport", "Settings"]
