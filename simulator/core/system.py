"""The port of systems: what a stand-in is to the stage, and what the stage is to it."""

from __future__ import annotations

import inspect
import typing
from abc import ABC
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter

from simulator.core.adapters import adapter_of
from simulator.core.document import Document
from simulator.core.durations import Instant

if TYPE_CHECKING:
    from simulator.core.chance import Stream

F = TypeVar("F", bound=Callable[..., Any])
P = TypeVar("P")


class Strict(BaseModel):
    """A model that refuses unknown keys: the root of everything a user writes."""

    # Built when first validated: nobody waits for those that a plant does not use.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Nothing(Strict):
    """The input of an operation that takes none."""


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

    @property
    def occasion(self) -> int:
        """Where numbers that partners remember begin: other for each run, 0 for a plan.

        Control numbers, labels and notices of one run must not be those of the run before, or a
        receiver that outlives both takes them for duplicates.
        """

    def emit(self, system: str, document: Document) -> int:
        """Send a document out of every endpoint of `system` that says it; how many did."""

    def record(self, event: str, **details: Any) -> None:
        """Write an event into the journal: what people and expectations should see."""

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

    def open(self) -> None:
        """The plant begins: put down what will happen by itself. Not called after a restore."""
        return None

    def introduce(self) -> None:
        """The network opens, for the first time or again: say what listeners have to know first.

        Never called without a network, so nothing else may depend on it.
        """
        return None

    def recall(self) -> None:
        """Say how things stand, as telemetry: a fault that alters what is shown begins or ends."""
        return None

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
            adapter = adapter_of(model)
            found[name] = Operation(name, model, output, summary, mark["reads"], adapter)
        return found
