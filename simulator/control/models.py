"""The shapes of the control plane's answers and bodies, for validation and for its OpenAPI."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from simulator.control.access import Body


class Answer(BaseModel):
    """An answer; fields may be added in later versions."""

    model_config = ConfigDict(extra="allow")


class Plant(Answer):
    """A plant in short."""

    name: str
    ready: bool
    now: str = Field(description="plant time")
    zone: str
    speed: float | Literal["max"]
    paused: bool
    seed: int
    systems: list[str]
    faults: int
    waiting: int = Field(description="messages that wait on its links")
    entries: int = Field(description="entries in its journal")
    run: str | None = Field(description="the run under way")
    failures: list[str] = Field(description="the last things that went wrong in the stand-in")


class Endpoint(Answer):
    """A system reachable under a contract over a transport."""

    url: str | None = Field(description="where to point an integration, or where it delivers to")
    transport: str
    contract: str
    direction: str
    missing: str | None = Field(None, description="the variable without which it is not connected")


class System(Answer):
    """One system of a plant."""

    name: str
    summary: str
    operations: list[str]
    says: list[str] = Field(description="the documents that it sends")
    endpoints: dict[str, Endpoint]


class Operation(Answer):
    """Something a system can be asked to do."""

    summary: str
    reads: bool = Field(description="it changes nothing")
    input: dict[str, Any] = Field(description="JSON Schema")


class Done(Answer):
    """What an operation gave back."""

    result: Any


class Fault(Answer):
    """A fault in force."""

    id: str
    kind: str
    links: list[str]
    since: str
    until: str | None
    run: str | None
    seen: int = Field(description="messages that it selected")
    touched: int = Field(description="messages that it touched")
    parameters: dict[str, Any]


class FaultKind(Answer):
    """A kind of fault."""

    summary: str
    directions: list[str]
    schema_: dict[str, Any] = Field(alias="schema", description="JSON Schema of its parameters")


class Cleared(Answer):
    """The faults that were cleared."""

    cleared: list[str]


class Link(Answer):
    """One direction of one endpoint."""

    name: str
    state: Literal["open", "held", "draining"]
    depth: int
    oldest: str | None
    rate: float | None = Field(description="messages a wall second, while it drains at a rate")
    faults: list[str]
    crossed: int


class ReleaseBody(Body):
    """How a link drains."""

    rate: str | None = Field(None, description="wall time, like 5/s; none is all at once")
    order: Literal["kept", "shuffled", "newest_first"] = "kept"
    duplicate: float | str = Field(0.0, description="the share that is sent twice, like 10%")


class HoldBody(Body):
    """How long a link is held, and how it is released then."""

    for_: str | None = Field(None, alias="for", description="plant time; none is until released")
    release: ReleaseBody | None = None


class Lateness(Answer):
    """How late events were, in wall seconds."""

    count: int
    p50: float
    p99: float
    worst: float


class Clock(Answer):
    """A plant's clock."""

    now: str = Field(description="plant time")
    instant: int = Field(description="plant time, in microseconds since 1970")
    speed: float | Literal["max"]
    paused: bool
    next_due: str | None = Field(description="when the next event is due")
    events: int = Field(description="events to come")
    lateness: Lateness


class ClockBody(Body):
    """What to change of a clock."""

    speed: float | Literal["max"] | None = Field(None, description="plant seconds a wall second")
    paused: bool | None = None


class StepBody(Body):
    """How far to move plant time."""

    for_: str = Field(alias="for", description="plant time, like 10m", examples=["10m"])


class Entries(Answer):
    """A page of the journal."""

    entries: list[dict[str, Any]]
    next: int | None = Field(description="`after` (or `before`) of the next page; null at the end")
    size: int = Field(description="entries in the journal")


class Waited(Answer):
    """What a wait came back with."""

    complete: bool = Field(description="were there as many as asked for before the timeout?")
    entries: list[dict[str, Any]]


class VerifyBody(Body):
    """A claim about the journal."""

    expectation: dict[str, Any] = Field(description="as under `expect` in a scenario")
    wait: str | None = Field(
        None, description="wall time to wait for it to be kept, like 10s", examples=["10s"]
    )
    after: int = Field(0, ge=0, description="only entries numbered above this")


class ResetBody(Body):
    """How a plant starts anew."""

    seed: int | None = Field(None, ge=0, lt=2**63, description="as it was, unless given")
    start: str | None = Field(
        None, description="plant time to start from, or `now` to let it go on; as it was, else"
    )


class RunBody(Body):
    """A scenario to run."""

    scenario: str | None = Field(None, description="a file under scenarios/")
    yaml: str | None = Field(None, description="or the scenario itself")
    speed: float | Literal["max"] | None = Field(
        None, description="of the plant while it runs; as it is, unless given"
    )
    variables: dict[str, str] = Field(default_factory=dict, description="what ${NAME} stands for")


class Run(Answer):
    """One execution of a scenario."""

    id: str
    scenario: str
    plant: str
    state: Literal["running", "done", "aborted", "failed"]
    verdict: dict[str, Any] | None = None
    error: str | None = None


class Outcome(Answer):
    """What came of an expectation."""

    name: str
    form: str
    kept: bool
    reason: str
    evidence: list[str] = Field(description="what spoke against it, near misses first")
    entries: list[int] = Field(description="numbers of the journal entries it speaks of")
    numbers: dict[str, float]


class Ready(Answer):
    """Is the site ready?"""

    ready: bool


class Health(Answer):
    """The process answers."""

    status: Literal["ok"]
    version: str
