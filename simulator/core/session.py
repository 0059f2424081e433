"""The port of sessions: what a contract says and counts during one connection of one client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from simulator.core.document import Document
from simulator.core.message import Request


class Session(Protocol):
    """One connection of one client to a broker, as its contract sees it.

    The transport has the contract make one anew for each connection (`Contract.session`). What it
    counts is the wire's state, not the plant's: nothing of it is saved. Requests that it gives are
    whole wire messages: `path` is the topic, the headers `qos` and `retain` are set.
    """

    @property
    def will(self) -> Request | None:
        """What the broker is to say once the connection breaks."""

    @property
    def topics(self) -> Mapping[str, int]:
        """The topic filters that it listens to, and with which quality of service."""

    @property
    def ready(self) -> bool:
        """May anything be said? Once it may no longer, the client says goodbye and begins anew."""

    def first(self) -> list[Request]:
        """What is said first."""

    def births(self) -> list[Document]:
        """What introduces the client, as things stand: said next, each a message of its own."""

    def outgoing(
        self, request: Request, *, stored: bool, oddities: Mapping[str, Any]
    ) -> list[Request]:
        """What leaves for a rendered message: numbered, just before it does.

        `stored` is what had to wait for the connection and is older than the births. `oddities`
        are the deliberate breaches that faults ask for, each with its parameters. None: it is not
        said at all.
        """

    def last(self) -> list[Request]:
        """What is said before the connection is closed on purpose."""

    def heard(self, request: Request) -> list[Request]:
        """What a message asks of the system, one request each; none where it is for the session.

        Never raises: what cannot be read is handed on, so that the contract refuses it by name.
        """
