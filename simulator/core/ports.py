"""What the four families of plug-ins look like to the rest of the house.

A system knows no wire, a contract no socket, a transport no business, a fault no protocol. They
meet here, and are found by `kind` through `core.registry`. Systems have a file of their own,
`core.system`; everything is imported from here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, TypeVar

from pydantic import BaseModel, Field

from simulator.core.document import Document
from simulator.core.inspection import Inspection
from simulator.core.link import Link, Moment, Treatment
from simulator.core.message import Direction, Message, Reply, Request
from simulator.core.session import Session
from simulator.core.system import Nothing, Operation, Stageside, Strict, System, operation

__all__ = [
    "Arrival", "Call", "Capability", "Contract", "Document", "Fault", "Glance", "Layer",
    "Nothing", "Operation", "Session", "Side", "Stageside", "Strict", "System", "Transport",
    "operation",
]  # fmt: skip

T = TypeVar("T")

# --- contracts ---------------------------------------------------------------------------------


@dataclass(slots=True)
class Call:
    """A wire message understood: which operation, with which input (a validated model)."""

    operation: str
    input: BaseModel | None
    keys: dict[str, list[str]]
    idempotency: str | None = None  # the caller's key for at-most-once processing
    context: Any = None  # what the contract needs again to write the reply
    document: str | None = None  # the name of the document that it carries, where it does


@dataclass(frozen=True, slots=True)
class Glance:
    """What a request carries, seen without judging it."""

    document: str | None = None
    keys: dict[str, list[str]] = field(default_factory=dict)


class Contract(ABC):
    """The wire shape in which a system's operations and documents appear. No sockets.

    It is made for one system's operations: `operations` are what may be called, `documents` what
    may be said. `base` is the path (or address) under which the endpoint stands.
    """

    kind: ClassVar[str]
    summary: ClassVar[str] = ""
    Settings: ClassVar[type[BaseModel]] = Nothing
    oddities: ClassVar[frozenset[str]] = frozenset()  # deliberate breaches that it can write
    glances: ClassVar[bool] = False  # does `glance` see anything?

    def __init__(
        self,
        system: str,
        operations: Mapping[str, Operation],
        documents: Mapping[str, type[Document]],
        settings: Any,
        base: str = "",
        payloads: Path | None = None,
    ) -> None:
        self.system = system
        self.operations = operations
        self.documents = documents
        self.settings = settings
        self.base = base
        self.payloads = payloads

    @abstractmethod
    def decode(self, request: Request) -> Call:
        """Bytes to an operation with typed input. Raises Refusal (404, 405, 415, 422 …)."""

    @abstractmethod
    def encode(self, call: Call, result: Any) -> Reply:
        """An operation's result to the answer's bytes."""

    @abstractmethod
    def refuse(self, request: Request, refusal: Exception) -> Reply:
        """A Refusal to the answer that peers of this contract know."""

    @abstractmethod
    def render(self, document: Document) -> Request | None:
        """A document to a wire message, or None where this contract has no shape for it."""

    def session(self, client: str, connection: int) -> Session | None:
        """What it says and counts during one connection; None where it counts nothing.

        `client` is what it wrote into the header of that name; `connection` counts those of this
        client, from 0, over all its lives.
        """
        return None

    def peek(self, request: Request) -> str | None:
        """The operation that a request asks for, without reading its body; None if unknown.

        Faults that select by operation decide on this, before the body is validated.
        """
        return None

    def glance(self, request: Request) -> Glance:
        """What a request carries, for faults that select by document, partner or key.

        Cheap, tolerant of anything, and asked for only where `glances` says so.
        """
        return Glance()

    def openapi(self) -> dict[str, Any] | None:
        """Its OpenAPI 3.1 document, where it has one."""
        return None

    @classmethod
    def recognises(cls, body: bytes) -> bool:
        """Do these bytes look like this contract's? Asked by `stagefloor inspect`; cheap."""
        return False

    @classmethod
    def inspect(cls, body: bytes, payloads: Path | None = None) -> Inspection:
        """Everything there is to say about bytes that it recognises. Never raises.

        A contract of trading partners takes `partner: str | None = None` too: the name of the
        profile in `payloads` by which it is to be judged, whatever its envelope says.
        """
        raise NotImplementedError


# --- faults ------------------------------------------------------------------------------------

Layer = Literal[
    "connection", "message", "envelope", "content", "flow", "receipt", "file", "tag", "session"
]
"""How deep a fault sits; its chapter in the catalogue."""


class Fault(Strict, ABC):
    """One kind of disturbance: its parameters, and what it does to a message.

    One file a kind. `needs` names the capabilities that a transport must have for it; a fault on
    a transport that lacks one is refused at load, with the reason.
    """

    kind: ClassVar[str]
    summary: ClassVar[str] = ""
    layer: ClassVar[Layer] = "message"
    directions: ClassVar[tuple[Direction, ...]] = ("in", "out")
    owing: ClassVar[tuple[str, ...]] = ()  # findings that it may make the other side owe an answer
    lasting: ClassVar[bool] = False
    """What it alters is shown until something else is: when it begins and when it ends, the system
    says how things stand (`System.recall`)."""

    match: dict[str, Any] = Field(
        default_factory=dict, description="which messages, by their fields in the journal"
    )
    probability: float = Field(1.0, ge=0, le=1, description="of touching each selected message")
    first: int | None = Field(None, ge=1, description="only the first N selected messages")
    skip: int = Field(0, ge=0, description="let the first N selected messages pass")
    every_nth: int | None = Field(None, ge=1, description="only every Nth selected message")

    @property
    def needs(self) -> frozenset[str]:
        """The transport capabilities that it needs with these parameters."""
        return frozenset()

    @property
    def writes(self) -> frozenset[str]:
        """The oddities that it needs of the contract (`Contract.oddities`)."""
        return frozenset()

    @property
    def closes_listener(self) -> bool:
        """While in force, connections are refused: the listening socket is closed."""
        return False

    def sees(self, message: Message, memory: dict[str, Any]) -> bool:
        """Is this a message that it could do something to? Others are not counted.

        It may take note of what passes in its `memory`.
        """
        return True

    def chosen(self, moment: Moment) -> bool:
        """Does it touch this one of the selected messages?"""
        number = moment.seen - self.skip  # 0-based among those not skipped
        if number < 0 or (self.first is not None and number >= self.first):
            return False
        if self.every_nth is not None and (number + 1) % self.every_nth:
            return False
        return moment.stream.happens(self.probability)

    @abstractmethod
    def treat(self, treatment: Treatment, message: Message, moment: Moment) -> bool:
        """Say in `treatment` what is to become of the message. False: it did nothing after all."""


# --- transports --------------------------------------------------------------------------------

Capability = Literal[
    "delay", "refuse", "reset", "hang", "close", "answer", "drop", "duplicate", "reorder",
    "truncate", "pace", "document", "receipt", "file", "certificate", "session", "subscription",
    "service", "history",
]  # fmt: skip


class Side(Protocol):
    """What the stage gives a transport: the way in for requests, outcomes for deliveries."""

    @property
    def plant(self) -> str:
        """The plant's name."""

    @property
    def address(self) -> tuple[str, int]:
        """Host and main port of the process; port 0 is any free one."""

    def arrive(self, endpoint: str, request: Request) -> Arrival:
        """Journal an inbound request and let the link's faults decide. Raises JournalFull."""

    def overhear(self, endpoint: str, request: Request) -> Arrival | None:
        """Let an inbound link's faults decide about a request that asks no operation of the system.

        Reads and subscriptions come by the thousand: only one that a fault touches is journalled,
        and it is an arrival, to be finished; else None. Raises JournalFull.
        """

    def perform(self, arrival: Arrival) -> Reply:
        """Decode, do the operation, encode; completes the journal entry. Never raises."""

    def finish(self, arrival: Arrival, outcome: str, reply: Reply | None = None) -> None:
        """Say what became of an arrival where `perform` did not, or where its reply was lost.

        Not performed: `refused`, `reset`, `hung`, `closed`, `dropped`, `answered` (by a fault, or
        by the transport itself), `too-large`. After `perform`, where the reply did not get
        through: the same words with `reply-` before them, or `reply-unread` (the client had gone);
        the entry keeps the reply that was lost.
        """

    def copy_arrival(self, arrival: Arrival, copy: int) -> Arrival:
        """Journal one more copy (1, 2 …) of an arrival that a fault multiplies.

        The link's faults are not asked again. Raises JournalFull.
        """

    @property
    def durable(self) -> bool:
        """Has `committed` anything to wait for? False spares the hot path a task."""

    async def committed(self) -> None:
        """Return once what was journalled is durable: only then may anything be acknowledged."""

    async def secured(self) -> None:
        """Return once journal and plant are durable: what is acknowledged then outlives a kill -9.

        For partners who never send again what was acknowledged. Dearer than `committed`, and
        shared by everything that waits for it; returns at once where nothing is kept on disk.
        """

    def folder(self, name: str) -> Path:
        """A folder of this plant's own for a transport's files: keys, certificates, mailboxes.

        Lasts where the process has a data folder; else it is gone when the plant stops.
        """

    def memory(self, endpoint: str) -> dict[str, Any]:
        """What a transport remembers of an endpoint's partner: plain JSON-able data of its own.

        It is saved with the plant, in one piece: what was done and that it was done are one write.
        Ask anew each time, for a restored plant has another one.
        """

    def note(self, message: Message, **fields: Any) -> None:
        """Add to a message's entry what only its transport knows; a field again replaces it."""

    def attempted(
        self,
        message: Message,
        outcome: str,
        *,
        status: int | None = None,
        error: str = "",
        final: bool = True,
        faults: list[str] | None = None,
    ) -> None:
        """Record a delivery attempt.

        `delivered`; `retrying` (not final); `failed` (refused for good by the partner);
        `dead-letter` (the last attempt failed); `dropped` (lost by a fault).
        """

    def copy_message(self, message: Message, copy: int) -> Message:
        """Journal one more copy (1, 2 …) of an outbound message. Raises JournalFull."""

    def treat(self, link: Link, message: Message) -> Treatment:
        """Let an outbound link's faults decide about one delivery attempt."""

    def resolve(self, text: str) -> str:
        """Fill `${NAME}` from the run's targets and the environment. Raises Mistake."""

    def shared(self, name: str, factory: Callable[[], T]) -> T:
        """An object that all plants of the process share, made at first use.

        Where it has an `async stop()`, that is called once the last plant is gone.
        """


@dataclass(slots=True)
class Arrival:
    """An inbound request between its arrival and its reply."""

    message: Message
    link: Link
    treatment: Treatment


class Transport(ABC):
    """Carries wire messages for the endpoints of one plant that use it.

    One instance per plant and kind. `inbound` transports listen; outbound ones drain each link's
    `ready` queue.
    """

    kind: ClassVar[str]
    summary: ClassVar[str] = ""
    directions: ClassVar[tuple[Direction, ...]]
    can: ClassVar[dict[Direction, frozenset[str]]]  # capabilities by direction
    Settings: ClassVar[type[BaseModel]] = Nothing  # what an endpoint of this transport may set

    def __init__(self, side: Side) -> None:
        self.side = side

    @abstractmethod
    def attach(
        self, endpoint: str, settings: Any, contract: Contract, links: dict[Direction, Link]
    ) -> None:
        """Take on an endpoint. Raises Mistake for settings that cannot work."""

    @abstractmethod
    async def start(self) -> None:
        """Listen, or begin to deliver. Raises CouldNotStart."""

    @abstractmethod
    async def stop(self) -> None:
        """Let go of every socket and task. Stopping twice is fine."""

    @abstractmethod
    def urls(self) -> dict[str, str]:
        """Endpoint name to the URL an integration may be pointed at."""

    def cannot(self, endpoint: str, direction: Direction, fault: Fault) -> str | None:
        """Why a fault cannot work on this endpoint's link as it is set up; None where it can."""
        return None

    async def settled(self, *, retries: bool = True) -> None:
        """Return once nothing is under way.

        Without `retries`, what waits for its next try does not count: at MAX speed plant time goes
        on while a partner is patient in wall time.
        """
        return None
