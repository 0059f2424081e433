"""The one set of actions, reached by a scenario's steps and by the control plane alike (rule 8).

An action is a strict model whose first key names it. It can be checked against a stage without
doing anything, and performed in the one synchronous place where a plant's state changes.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, ValidationError, field_validator

from simulator.core.adapters import adapter_of
from simulator.core.clock import parse_speed
from simulator.core.durations import Duration, Instant
from simulator.core.errors import Mistake, Mistakes, UnknownName, nearest
from simulator.core.keys import keys_at
from simulator.core.match import KEYS
from simulator.core.ports import Fault, Strict
from simulator.core.registry import registry
from simulator.stage.backlog import Release
from simulator.stage.templates import render

if TYPE_CHECKING:
    from simulator.stage.stage import Stage


@dataclass(frozen=True)
class Origin:
    """Where an action comes from: a step of a run, or the control plane."""

    source: str = "control"
    run: str | None = None
    names: Mapping[str, Any] = field(default_factory=dict)  # what its templates may use
    until: Instant | None = None  # the step's own end, for faults and holds without `for`


class Action(Strict):
    """One thing that a scenario or a person can do to a stage."""

    key: ClassVar[str]

    @abstractmethod
    def perform(self, stage: Stage, origin: Origin) -> dict[str, Any]:
        """Do it. Raises Mistake where it cannot be done, Refusal where a system says no."""

    def check(self, stage: Stage) -> list[Mistake]:
        """What would be wrong with doing it."""
        return []

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Action:
        """Read it from its YAML or JSON form. Raises Mistakes."""
        action: Action = validated(cls, given)
        return action


class Do(Action):
    """Call an operation of a system."""

    key: ClassVar[str] = "do"
    do: str = Field(description="system.operation", examples=["mes.release_order"])
    with_: dict[str, Any] = Field(default_factory=dict, alias="with", description="its input")

    def perform(self, stage: Stage, origin: Origin) -> dict[str, Any]:
        result = stage.operate(self.do, render(self.with_, origin.names), origin)
        return {"result": result}

    def check(self, stage: Stage) -> list[Mistake]:
        try:
            _, operation = stage.find_operation(self.do)
        except Mistake as mistake:
            return [_at(mistake, "do")]
        try:
            sample = render(self.with_, stage.template_names())
        except Mistake:
            return []  # it needs an entry or a count that only a run has
        try:
            operation.input.model_validate(sample)
        except ValidationError as error:
            return explain(error, operation.input, "with")
        return []


class ApplyFault(Action):
    """Put a fault on links, for a window of plant time."""

    key: ClassVar[str] = "fault"
    fault: str = Field(description="the kind")
    on: str | list[str] = Field(description="a link, endpoint, system, or system.inbound/outbound")
    for_: Duration | None = Field(None, alias="for", description="plant time")
    id: str | None = Field(None, pattern=r"^[\w.-]{1,64}$", description="to clear it by")
    parameters: dict[str, Any] = Field(default_factory=dict, description="the fault's own")

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Action:
        own = {"fault", "on", "for", "id", "parameters"}
        extra = {key: value for key, value in given.items() if key not in own}
        mine = {key: value for key, value in given.items() if key in own}
        action: ApplyFault = validated(
            cls, {**mine, "parameters": {**mine.get("parameters", {}), **extra}}
        )
        action.build()
        return action

    def build(self) -> Fault:
        """The fault itself. Raises Mistakes."""
        try:
            model = registry("faults", Fault).get(self.fault)
        except UnknownName as unknown:
            raise _at(unknown, "fault") from None
        try:
            fault: Fault = model.model_validate(self.parameters)
        except ValidationError as error:
            raise Mistakes(explain(error, model)) from None
        return fault

    def perform(self, stage: Stage, origin: Origin) -> dict[str, Any]:
        until = stage.now + self.for_ if self.for_ is not None else origin.until
        applied = stage.desk.apply(self.build(), self.on, until=until, run=origin.run, id=self.id)
        return {"fault": applied}

    def check(self, stage: Stage) -> list[Mistake]:
        try:
            stage.desk.targets(self.build(), self.on)
        except Mistake as mistake:
            return [_at(mistake, "on")]
        return []


class Clear(Action):
    """Lift faults: one by its id, all of a kind, or `all`."""

    key: ClassVar[str] = "clear"
    clear: str
    on: str | None = None

    def perform(self, stage: Stage, origin: Origin) -> dict[str, Any]:
        return {"cleared": stage.desk.clear(self.clear, on=self.on)}


class HoldLink(Action):
    """Keep what a link should deliver, until released."""

    key: ClassVar[str] = "hold"
    hold: str = Field(description="the link")
    for_: Duration | None = Field(None, alias="for", description="plant time")
    release: Release = Field(default_factory=Release, description="how it is released after `for`")

    def perform(self, stage: Stage, origin: Origin) -> dict[str, Any]:
        until = stage.now + self.for_ if self.for_ is not None else origin.until
        held = stage.backlog.hold(self.hold, until=until, release=self.release, run=origin.run)
        return {"held": held}

    def check(self, stage: Stage) -> list[Mistake]:
        return _link_mistakes(stage, self.hold, "hold")


class ReleaseLink(Action):
    """Let a held link drain."""

    key: ClassVar[str] = "release"
    release: str = Field(description="the link")
    rate: str | None = Field(None, description="wall time, like 5/s")
    order: Literal["kept", "shuffled", "newest_first"] = "kept"
    duplicate: float | str = Field(0.0, description="like 10%")

    def how(self) -> Release:
        """The same as a `release` of a hold. Raises Mistakes."""
        given = {"rate": self.rate, "order": self.order, "duplicate": self.duplicate}
        release: Release = validated(Release, given)
        return release

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Action:
        action: ReleaseLink = validated(cls, given)
        action.how()
        return action

    def perform(self, stage: Stage, origin: Origin) -> dict[str, Any]:
        return {"released": stage.backlog.release(self.release, self.how())}

    def check(self, stage: Stage) -> list[Mistake]:
        return _link_mistakes(stage, self.release, "release")


class Purge(Action):
    """Throw away what waits on a link; every message thrown away is journalled as such."""

    key: ClassVar[str] = "purge"
    purge: str

    def perform(self, stage: Stage, origin: Origin) -> dict[str, Any]:
        return {"purged": stage.backlog.purge(self.purge)}

    def check(self, stage: Stage) -> list[Mistake]:
        return _link_mistakes(stage, self.purge, "purge")


class SetSpeed(Action):
    """Change how fast plant time runs: plant seconds per wall second, or `max`."""

    key: ClassVar[str] = "speed"
    speed: float | Literal["max"]

    @field_validator("speed")
    @classmethod
    def _sane(cls, value: Any) -> Any:
        try:
            parse_speed(value)
        except Mistake as mistake:
            raise ValueError(str(mistake)) from None
        return value

    def perform(self, stage: Stage, origin: Origin) -> dict[str, Any]:
        stage.clock.set_speed(parse_speed(self.speed))
        stage.record("clock.speed", speed=self.speed, run=origin.run)
        return {"speed": self.speed}


class PauseClock(Action):
    """Stop plant time."""

    key: ClassVar[str] = "pause"
    pause: Literal[True]

    def perform(self, stage: Stage, origin: Origin) -> dict[str, Any]:
        stage.clock.pause()
        stage.record("clock.paused", run=origin.run)
        return {"paused": True}


class ResumeClock(Action):
    """Let plant time run on."""

    key: ClassVar[str] = "resume"
    resume: Literal[True]

    def perform(self, stage: Stage, origin: Origin) -> dict[str, Any]:
        stage.clock.resume()
        stage.record("clock.resumed", run=origin.run)
        return {"paused": False}


class StepClock(Action):
    """Move plant time forward by a span, at once, with all that is due on the way."""

    key: ClassVar[str] = "step"
    step: Duration = Field(description="plant time")

    def perform(self, stage: Stage, origin: Origin) -> dict[str, Any]:
        stage.clock.reach(stage.now + self.step)
        return {"stepping": self.step}


class Ask(Action):
    """Send an HTTP request of the scenario's own to the integration under test."""

    key: ClassVar[str] = "ask"
    ask: dict[str, str] = Field(description="{get: URL} or {post: URL} …", min_length=1)
    json_: Any = Field(None, alias="json")
    headers: dict[str, str] = Field(default_factory=dict)
    document: str | None = Field(None, description="how expectations call the message")
    keys: dict[str, Any] = Field(default_factory=dict, description="its business keys")

    @field_validator("ask")
    @classmethod
    def _one_verb(cls, value: dict[str, str]) -> dict[str, str]:
        verbs = ("get", "post", "put", "patch", "delete")
        for verb in value:
            if verb not in verbs:
                raise ValueError(f"unknown method {verb!r} ({nearest(verb, verbs)})")
        if len(value) != 1:
            raise ValueError("name one method and its URL, like {post: URL}")
        return value

    @field_validator("keys")
    @classmethod
    def _known(cls, value: dict[str, Any]) -> dict[str, Any]:
        for name in value:
            if name not in KEYS:
                raise ValueError(f"unknown key {name!r} ({nearest(name, KEYS)})")
        return value

    def perform(self, stage: Stage, origin: Origin) -> dict[str, Any]:
        given = self.model_dump(by_alias=True, exclude={"ask"})
        verb, url = next(iter(self.ask.items()))
        filled = render({**given, "url": url}, origin.names)
        return {"asked": stage.asks.put(verb.upper(), filled, origin.run)}

    def check(self, stage: Stage) -> list[Mistake]:
        try:
            stage.resolve(next(iter(self.ask.values())))
        except Mistake as mistake:
            return [_at(mistake, "ask")] if stage.network else []
        return []


class Note(Action):
    """Write a line into the journal."""

    key: ClassVar[str] = "note"
    note: str

    def perform(self, stage: Stage, origin: Origin) -> dict[str, Any]:
        text = str(render(self.note, origin.names))
        stage.record("note", note=text, run=origin.run)
        return {"note": text}


_MODELS: dict[str, type[Action]] = {
    model.key: model
    for model in (
        Do, ApplyFault, Clear, HoldLink, ReleaseLink, Purge, SetSpeed, PauseClock, ResumeClock,
        StepClock, Ask, Note,
    )
}  # fmt: skip


def action_models() -> dict[str, type[Action]]:
    """Every action by the key that names it."""
    return dict(_MODELS)


def action_key(given: Mapping[str, Any]) -> str:
    """The key that names the action in `given`. Raises Mistake for none, or two."""
    # `release` also is a key of `hold`; the action is then the hold
    named = [key for key in _MODELS if key in given]
    if "hold" in named and "release" in named:
        named.remove("release")
    if not named:
        stray = next(iter(given), "")
        cure = nearest(str(stray), _MODELS) if stray else "one of " + ", ".join(_MODELS)
        raise Mistake(f"no action here: {stray!r} is none" if stray else "no action", cure=cure)
    if len(named) > 1:
        raise Mistake(f"two actions at once: {' and '.join(named)}", cure="write two steps")
    return named[0]


def parse_action(given: Mapping[str, Any]) -> Action:
    """Read an action. Raises Mistake or Mistakes, whose `path` says which key is meant."""
    return _MODELS[action_key(given)].parse(given)


def validated(model: type[Any], given: Mapping[str, Any]) -> Any:
    """Validate, turning pydantic's findings into Mistakes with a `path`."""
    try:
        return adapter_of(model).validate_python(dict(given))
    except ValidationError as error:
        raise Mistakes(explain(error, model)) from None


def explain(error: ValidationError, model: Any, *above: str) -> list[Mistake]:
    """pydantic's findings as Mistakes, each with the path of the key that is wrong."""
    out = []
    for one in error.errors(include_url=False):
        loc = one["loc"]
        name = ".".join(str(step) for step in loc)
        if one["type"] == "extra_forbidden":
            mistake: Mistake = UnknownName("key", str(loc[-1]), keys_at(model, loc[:-1]))
        elif one["type"] == "missing":
            mistake = Mistake(f"the key {name!r} is missing")
        elif one["type"] == "value_error":
            mistake = Mistake(
                f"{name}: {one['ctx']['error']}" if name else str(one["ctx"]["error"])
            )
        else:
            mistake = Mistake(f"{name}: {one['msg']}, got {one['input']!r:.60}")
        out.append(_at(mistake, *above, *loc))
    return out


def _at(mistake: Mistake, *path: str | int) -> Mistake:
    mistake.path = path
    return mistake


def _link_mistakes(stage: Stage, name: str, key: str) -> list[Mistake]:
    try:
        stage.backlog.links(name)
    except Mistake as mistake:
        return [_at(mistake, key)]
    return []
