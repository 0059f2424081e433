"""The SSH server on one port: who may log in, and whether it listens."""

from __future__ import annotations

import asyncio
import hmac
import logging
import socket
from collections.abc import Callable
from functools import partial
from typing import Any

import asyncssh

from simulator.core.errors import CouldNotStart
from simulator.core.link import pause
from simulator.transports.sftp.session import Account, Session

log = logging.getLogger("stagefloor.sftp")

CONNECTIONS = 200  # at a time; beyond it, closed at once
LOGIN_TIMEOUT = 30  # wall seconds
KEEP_ALIVE = 60  # wall seconds between questions whether an idle client is still there


class _Login(asyncssh.SSHServer):
    """One connection until it is logged in."""

    def __init__(self, server: SftpServer) -> None:
        self._server = server
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        if len(self._server.connections) >= CONNECTIONS:
            log.warning("more than %d connections to port %d", CONNECTIONS, self._server.port)
            conn.abort()
            return
        self._server.connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection is not None:
            self._server.connections.discard(self._connection)

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        account = self._server.accounts.get(username)
        if account is None or account.password is None:
            return False
        return hmac.compare_digest(account.password.encode(), password.encode())

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        account = self._server.accounts.get(username)
        return account is not None and key in account.keys


class SftpServer:
    """Serves the accounts of one port. `port` 0 is any free one, the real one once started."""

    def __init__(self, host: str, port: int, key: asyncssh.SSHKey) -> None:
        self.host = host
        self.port = port
        self.accounts: dict[str, Account] = {}
        self.connections: set[asyncssh.SSHServerConnection] = set()
        self.refused: Callable[[], bool] = lambda: False  # is a fault in force that refuses?
        self._key = key
        self._guard: socket.socket | None = None  # keeps the port ours while nothing listens
        self._acceptor: asyncssh.SSHAcceptor | None = None
        self._following: asyncio.Task[None] | None = None

    @property
    def fingerprint(self) -> str:
        """Of the host key, as `ssh-keygen -l` shows it."""
        return str(self._key.get_fingerprint())

    @property
    def url(self) -> str:
        """Where it can be reached, without a user."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"{f'[{host}]' if ':' in host else host}:{self.port}"

    async def start(self) -> None:
        """Listen. Raises CouldNotStart, saying why."""
        self._guard = self._bound()
        self.port = self._guard.getsockname()[1]
        if not self.refused():
            await self._open()

    async def _open(self) -> None:
        sock = self._bound()
        try:
            self._acceptor = await asyncssh.listen(
                sock=sock,
                server_factory=partial(_Login, self),
                server_host_keys=[self._key],
                sftp_factory=self._session,
                allow_scp=False,
                agent_forwarding=False,
                x11_forwarding=False,
                gss_host=None,
                server_version="Stagefloor",
                login_timeout=LOGIN_TIMEOUT,
                keepalive_interval=KEEP_ALIVE,
                backlog=100,
            )
        except OSError as error:
            sock.close()
            raise CouldNotStart(f"cannot listen on {self.url}: {error}") from None

    def _session(self, chan: asyncssh.SSHServerChannel[bytes]) -> Session:
        user = chan.get_extra_info("username")
        return Session(chan, self.accounts[user])

    def _bound(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setblocking(False)
            sock.bind((self.host, self.port))
        except OSError as error:
            sock.close()
            what = f"cannot listen on port {self.port} of {self.host}: {error.strerror}"
            raise CouldNotStart(what) from None
        return sock

    def follow(self) -> None:
        """Listen, or not, as the faults say; from this moment on."""
        if self._guard is None:
            return
        if self.refused():
            if self._acceptor is not None:
                self._acceptor.close()
                self._acceptor = None
                self._end_connections()
        elif self._acceptor is None and (self._following is None or self._following.done()):
            self._following = asyncio.get_running_loop().create_task(self._resume())

    async def _resume(self) -> None:
        try:
            await self._open()
        except CouldNotStart as error:  # the port is kept bound, so this is next to impossible
            log.error("connections stay refused: %s", error)
        self.follow()  # if it was refused again meanwhile

    def _end_connections(self) -> None:
        for connection in list(self.connections):
            connection.abort()

    async def stop(self) -> None:
        """Stop listening and end every connection. Stopping twice is fine."""
        if self._guard is None:
            return
        self._guard.close()
        self._guard = None
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
        if self._acceptor is not None:
            self._acceptor.close()
            self._acceptor = None
        for account in self.accounts.values():
            if account.inbox is not None:
                account.inbox.stop()
        waiting: list[Any] = [one.wait_closed() for one in self.connections]
        self._end_connections()
        await asyncio.gather(*waiting, return_exceptions=True)
        for _ in range(3):  # the sessions' tasks see the end in the loop's next turns
            await pause(0)
