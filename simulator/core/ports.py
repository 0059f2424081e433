"""What the four families of plug-ins look like to the rest of the house.

A system knows no wire, a contract no socket, a transport no business, a fault no protocol. They
meet here, and are found by `kind` through `core.registry`.
"""

from __future__ import annotations

import inspect
import typing
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from simulator.core.durations import Instant
from simulator.core.link import Link, Moment, Treatment
from simulator.core.message import Direction, Message, Reply, Request

if TYPE_CHECKING:
    from simulator.core.chance import Stream

F = TypeVar("F", bound=Callable[..., Any])
P = TypeVar("P")
T = TypeVar("T")


class Strict(BaseModel):
    """A model that refuses unknown keys: the root of everything a user writes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(Strict):
    """The input of an operation that takes none."""


class Document(BaseModel):
    """A typed business object that systems exchange. Documents live in `plant.documents`."""

    model_config = ConfigDict(frozen=True)
    document: ClassVar[str]  # its name on links and in expectations: ship-notice, confirmation …

    @cached_property
    def text(self) -> str:
        """The document as JSON, written once: its feed, its identity and its snapshot share it."""
        return self.__pydantic_serializer__.to_json(self).decode()

    def keys(self) -> dict[str, list[str]]:
        """Its business keys, for the journal and for expectations."""
        raise NotImplementedError


# --- systems -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Operation:
    """Something a system can be asked to do: name, typed input and output, one sentence."""

    name: str
    input: type[BaseModel]
    output: Any
    summary: str
    reads: bool  # changes nothing: safe to repeat, never remembered for idempotency
    adapter: TypeAdapter[Any]


@typing.overload
def operation(function: F) -> F: ...
@typing.overload
def operation(*, reads: bool = False) -> Callable[[F], F]: ...
def operation(function: F | None = None, *, reads: bool = False) -> Any:
    """Mark a system's method as an operation.

    The method takes at most one pydantic model and returns JSON-able data or a model; its first
    docstring line is the summary. It raises `core.errors.Refusal` to say no.
    """

    def mark(one: F) -> F:
        one.__dict__["_operation"] = {"reads": reads}
        return one

    return mark(function) if function is not None else mark


class Stageside(Protocol):
    """What the stage gives a system."""

    @property
    def now(self) -> Instant:
        """Plant time."""

    def emit(self, system: str, document: Document) -> None:
        """Send a document out of every endpoint of `system` that says it."""

    def after(self, span: int, kind: str, **args: Any) -> int:
        """Put `owner.name` on the agenda, `span` microseconds of plant time from now."""

    def cancel(self, ticket: int) -> None:
        """Take it off again."""

    def chance(self, *names: str) -> Stream:
        """A named stream of draws."""


class System(ABC, Generic[P]):
    """The stand-in for one application: its operations, and how it follows the plant.

    Plain and synchronous: no asyncio, no sockets, no wall clock. Its own state, beyond what the
    plant holds, is `state`, an instance of `State` (a pydantic model or dataclass of plain data).
    A method `due_<name>` answers the agenda's `<kind>.<name>`.
    """

    kind: ClassVar[str]
    summary: ClassVar[str] = ""
    State: ClassVar[Any] = None
    Settings: ClassVar[type[BaseModel]] = Nothing
    says: ClassVar[tuple[type[Document], ...]] = ()

    def __init__(self, plant: P, stage: Stageside, settings: Any) -> None:
        self.plant = plant
        self.stage = stage
        self.settings = settings
        self.state: Any = self.State() if self.State is not None else None

    def on(self, document: Document) -> None:
        """Hear of something that happened in the plant. By default: say it, where it is mine."""
        if isinstance(document, self.says):
            self.stage.emit(self.kind, document)

    @classmethod
    def operations(cls) -> dict[str, Operation]:
        """Its operations by name."""
        found = {}
        for name in dir(cls):
            method = getattr(cls, name, None)
            mark = getattr(method, "_operation", None)
            if mark is None or method is None:
                continue
            hints = typing.get_type_hints(method)
            output = hints.pop("return", None)
            model = next(iter(hints.values()), Nothing)
            summary = (inspect.getdoc(method) or name).splitlines()[0]
            adapter = TypeAdapter(model)
            found[name] = Operation(name, model, output, summary, mark["reads"], adapter)
        return found


# --- contracts ---------------------------------------------------------------------------------


@dataclass(slots=True)
class Call:
    """A wire message understood: which operation, with which input (a validated model)."""

    operation: str
    input: BaseModel | None
    keys: dict[str, list[str]]
    idempotency: str | None = None  # the caller's key for at-most-once processing
    context: Any = None  # what the contract needs again to write the reply


class Contract(ABC):
    """The wire shape in which a system's operations and documents appear. No sockets.

    It is made for one system's operations: `operations` are what may be called, `documents` what
    may be said. `base` is the path (or address) under which the endpoint stands.
    """

    kind: ClassVar[str]
    summary: ClassVar[str] = ""
    Settings: ClassVar[type[BaseModel]] = Nothing

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

    def peek(self, request: Request) -> str | None:
        """The operation that a request asks for, without reading its body; None if unknown.

        Faults that select by operation decide on this, before the body is validated.
        """
        return None

    def openapi(self) -> dict[str, Any] | None:
        """Its OpenAPI 3.1 document, where it has one."""
        return None


# --- faults ------------------------------------------------------------------------------------


class Fault(Strict, ABC):
    """One kind of disturbance: its parameters, and what it does to a message.

    One file a kind. `needs` names the capabilities that a transport must have for it; a fault on
    a transport that lacks one is refused at load, with the reason.
    """

    kind: ClassVar[str]
    summary: ClassVar[str] = ""
    directions: ClassVar[tuple[Direction, ...]] = ("in", "out")

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
    def closes_listener(self) -> bool:
        """While in force, connections are refused: the listening socket is closed."""
        return False

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
    "truncate",
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

    def cannot(self, endpoint: str, fault: Fault) -> str | None:
        """Why a fault cannot work on this endpoint as it is set up; None where it can."""
        return None

    async def settled(self, *, retries: bool = True) -> None:
        """Return once nothing is under way.

        Without `retries`, what waits for its next try does not count: at MAX speed plant time goes
        on while a partner is patient in wall time.
        """
        return None
