"""A listening socket that can be closed and opened again on the same port, at once."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import Callable

from simulator.core.errors import CouldNotStart

log = logging.getLogger("stagefloor.http")

BACKLOG = 2048
AT_ONCE = 128  # connections taken in one turn of the loop
HANDSHAKE = 10.0  # wall seconds a client has to shake hands
HANDSHAKES = 1000  # of so many clients at a time
BREATH = 0.5  # wall seconds without accepting once the process has no file descriptor left


class Listener:
    """One address. While it does not listen, a second bound socket keeps the port ours.

    `port` 0 asks for any free port; the real one is in `port` once bound. `tls` is asked for the
    context of each connection; shaking hands holds nobody else up.
    """

    def __init__(
        self,
        host: str,
        port: int,
        connection: Callable[[], asyncio.BaseProtocol],
        tls: Callable[[], ssl.SSLContext] | None = None,
    ) -> None:
        self._tls = tls
        self.host = host
        self.port = port
        self._connection = connection
        self._guard: socket.socket | None = None
        self._socket: socket.socket | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._arriving: set[asyncio.Task[object]] = set()

    @property
    def bound(self) -> bool:
        """Is the port ours?"""
        return self._guard is not None

    @property
    def listening(self) -> bool:
        """Are connections accepted?"""
        return self._socket is not None

    def bind(self) -> None:
        """Take the port and listen. Raises CouldNotStart, saying why."""
        guard = self._bound()
        self.port = guard.getsockname()[1]
        self._guard = guard
        try:
            self.open()
        except CouldNotStart:
            self.release()
            raise

    def open(self) -> None:
        """Listen: connections are taken from this moment on. Raises CouldNotStart."""
        if self._socket is not None:
            return
        sock = self._bound()
        try:
            sock.listen(BACKLOG)
        except OSError as error:
            sock.close()
            raise self._cannot(error) from None
        self._socket = sock
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock, self._accept, sock)

    def close(self) -> None:
        """Stop listening: connections are refused from this moment on."""
        if self._socket is not None and self._loop is not None:
            self._loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None
        for task in self._arriving:
            task.cancel()

    async def settled(self) -> None:
        """Return once nobody is arriving any more."""
        await asyncio.gather(*self._arriving, return_exceptions=True)

    def release(self) -> None:
        """Stop listening and give the port back."""
        self.close()
        if self._guard is not None:
            self._guard.close()
            self._guard = None

    def _accept(self, listening: socket.socket) -> None:
        assert self._loop is not None
        for _ in range(AT_ONCE):
            try:
                sock, _address = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                # no file descriptor left: say so, and let some be given back
                log.error("port %d cannot take a connection: %s", self.port, error)
                self._loop.remove_reader(listening)
                self._loop.call_later(BREATH, self._resume, listening)
                return
            if self._tls is not None and len(self._arriving) >= HANDSHAKES:
                log.error("more than %d handshakes on port %d: closed", HANDSHAKES, self.port)
                sock.close()
                continue
            sock.setblocking(False)
            arriving: asyncio.Task[object] = self._loop.create_task(self._welcome(sock))
            self._arriving.add(arriving)
            arriving.add_done_callback(self._arriving.discard)

    async def _welcome(self, sock: socket.socket) -> None:
        assert self._loop is not None
        try:
            if self._tls is None:
                await self._loop.connect_accepted_socket(self._connection, sock)
            else:
                await self._loop.connect_accepted_socket(
                    self._connection, sock, ssl=self._tls(), ssl_handshake_timeout=HANDSHAKE
                )
        except OSError:
            sock.close()  # it went away as it came, or would not shake hands
        except asyncio.CancelledError:
            sock.close()
            raise

    def _resume(self, listening: socket.socket) -> None:
        if listening is self._socket and self._loop is not None:
            self._loop.add_reader(listening, self._accept, listening)

    def _bound(self) -> socket.socket:
        """A socket at the address, not yet listening."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setblocking(False)
            sock.bind((self.host, self.port))
        except (OSError, OverflowError) as error:
            sock.close()
            raise self._cannot(error) from None
        return sock

    def _cannot(self, error: Exception) -> CouldNotStart:
        where = f"port {self.port} of {self.host}"
        number = getattr(error, "errno", None)
        if number == errno.EADDRINUSE:
            return CouldNotStart(f"{where} is in use; stop what uses it, or choose another port")
        if number == errno.EACCES:
            return CouldNotStart(f"{where} may not be used by this user; take one above 1023")
        return CouldNotStart(f"cannot listen on {where}: {error}")
