"""A live plant: the truth, its systems, its links, and the one place where its state changes."""

from __future__ import annotations

import logging
import os
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from simulator.core.agenda import Agenda, Event
from simulator.core.chance import Chance
from simulator.core.clock import Clock
from simulator.core.durations import Instant, show_instant
from simulator.core.errors import JournalFull, Mistake, Mistakes, QueueFull, Refusal
from simulator.core.gs1 import sscc
from simulator.core.journal import Journal
from simulator.core.link import Link
from simulator.core.message import Message
from simulator.core.ports import Operation, System, Transport
from simulator.core.registry import registry
from simulator.core.routes import plain
from simulator.core.timer import wall_clock
from simulator.plant import Plant, PlantModel
from simulator.stage import describe, names, snapshot
from simulator.stage.actions import Origin, parse_action, validated
from simulator.stage.asks import Asks
from simulator.stage.backlog import Backlog, Release
from simulator.stage.conductor import Conductor
from simulator.stage.faultdesk import FaultDesk
from simulator.stage.gate import Gate
from simulator.stage.keeping import Keeping
from simulator.stage.lateness import Lateness
from simulator.stage.outbound import Outbound, SystemSide
from simulator.stage.steps import Step, Timeline
from simulator.stage.wiring import Endpoint, Wiring, fill, takes_input

T = TypeVar("T")
log = logging.getLogger("stagefloor")
SAME_INSTANT = 100_000  # events at one instant, beyond which steps trigger each other for ever


class Stage:
    """One plant, live. Build it with `Stage.build`."""

    def __init__(
        self,
        model: PlantModel,
        *,
        payloads: Path,
        seed: int,
        start: Instant,
        speed: float,
        network: bool,
        journal: Journal | None,
        variables: Mapping[str, str],
        shared: Callable[[str, Callable[[], Any]], Any] | None,
        address: tuple[str, int],
        occasion: int = 0,
    ) -> None:
        self.address = address
        self.occasion = occasion
        self.name = model.name
        self.model = model
        self.seed = seed
        self.network = network
        self.start_at = start
        self.variables = {**os.environ, **variables}
        self.journal = Journal() if journal is None else journal
        self.clock = Clock(start, speed)
        self.agenda = Agenda()
        self.chance = Chance(seed, model.name)
        self.plant = Plant(model, self.chance, self.agenda)
        self.plant.now = start
        self.lateness = Lateness()
        self.failures: list[str] = []
        self.overflow = 0
        self.run: str | None = None
        self.ready = False
        self.keeping = Keeping(model.name)
        self._shared = shared
        self._own: dict[str, Any] = {}
        self.desk = FaultDesk(self)
        self.backlog = Backlog(self)
        self.outbound = Outbound(self)
        self.timeline = Timeline(self)
        self.asks = Asks(self)
        self.gate = Gate(self)
        self.conductor = Conductor(self)
        self.systems: dict[str, System[Any]] = {}
        self.endpoints: dict[str, Endpoint] = {}
        self.links: dict[str, Link] = {}
        self.transports: dict[str, Transport] = {}
        self._wire(Wiring(model, payloads, self.variables))
        self.plant.observers.append(self.outbound.heard)

    @classmethod
    def build(
        cls,
        model: PlantModel,
        *,
        payloads: Path,
        seed: int = 0,
        start: Instant = 0,
        speed: float = 1.0,
        network: bool = True,
        journal: Journal | None = None,
        variables: Mapping[str, str] | None = None,
        shared: Callable[[str, Callable[[], Any]], Any] | None = None,
        address: tuple[str, int] = ("127.0.0.1", 0),
        occasion: int = 0,
        saved: bytes | None = None,
    ) -> Stage:
        """Wire a plant up and open it, or let it become what was `saved`.

        `occasion` is where numbers that partners remember begin (`Stageside.occasion`).

        Raises Mistakes for a plant file that cannot work.
        """
        stage = cls(
            model, payloads=payloads, seed=seed, start=start, speed=speed, network=network,
            journal=journal, variables=variables or {}, shared=shared, address=address,
            occasion=occasion,
        )  # fmt: skip
        if saved is None:
            stage.plant.open()
            for system in stage.systems.values():
                system.open()
        else:
            stage.restore(saved)
        return stage

    def _wire(self, wiring: Wiring) -> None:
        for kind, spec in self.model.systems.items():
            found = wiring.system_class(kind)
            if found is None:
                continue
            path = ("systems", kind, "settings")
            settings = wiring.settings(found.Settings, dict(spec.settings), *path)
            if settings is None:
                continue
            try:
                system = self.systems[kind] = found(self.plant, SystemSide(self), settings)
            except Mistake as mistake:
                wiring.mistakes.append(mistake.at(wiring.place(*path)))
                continue
            for name, raw in spec.endpoints.items():
                endpoint = wiring.endpoint(kind, system, name, raw)
                if endpoint is not None:
                    self._add(endpoint, wiring)
        if wiring.mistakes:
            raise Mistakes(wiring.mistakes)

    def _add(self, endpoint: Endpoint, wiring: Wiring) -> None:
        self.endpoints[endpoint.name] = endpoint
        for link in endpoint.links.values():
            self.links[link.name] = link
        if "out" in endpoint.links:
            self.outbound.connect(endpoint)
        kind = endpoint.transport_kind
        if kind not in self.transports:
            self.transports[kind] = registry("transports", Transport).get(kind)(self.gate)
        if endpoint.missing is None:
            try:
                self.transports[kind].attach(
                    endpoint.name, endpoint.settings, endpoint.contract, endpoint.links
                )
            except Mistake as mistake:
                system, _, name = endpoint.name.partition(".")
                wiring.mistakes.append(
                    mistake.at(wiring.place("systems", system, "endpoints", name))
                )

    # --- time ----------------------------------------------------------------------------------

    @property
    def now(self) -> Instant:
        """Plant time."""
        return self.plant.now

    def advance(self, until: Instant, most: int | None = None) -> bool:
        """Do everything due by `until`. False where more than `most` events were due."""
        done = same = 0
        while (event := self.agenda.pop(until)) is not None:
            same = same + 1 if event.due == self.plant.now else 0
            if same > SAME_INSTANT:
                raise Mistake(f"{same} events at one instant: do steps trigger each other?")
            if event.due > self.plant.now:
                self.plant.now = event.due
            if self.network:
                self.lateness.add(self.clock.lateness(event.due))
            self._happen(event)
            done += 1
            if most is not None and done >= most:
                return False
        self.plant.now = max(self.plant.now, until)
        return True

    def catch_up(self) -> None:
        """Do everything that is due by now, before something else happens."""
        if self.network:
            self.advance(self.clock.now())

    def due_changed(self) -> None:
        """Let the conductor look again, if something is due sooner than it thinks."""
        self.conductor.sooner(self.agenda.next_due())

    def _happen(self, event: Event) -> None:
        owner, _, name = event.kind.partition(".")
        if owner == "stage":
            target: Any = self
        elif owner == "plant":
            target = self.plant
        else:
            target = self.systems[owner]
        try:
            getattr(target, f"due_{name}")(**event.args)
        except (Mistake, Refusal, JournalFull, QueueFull) as error:
            self._failed(event, error)
        except Exception as error:
            if not self.network:
                raise  # a plan must show a defect, not plan around it
            log.error("%s failed: %s", event.kind, traceback.format_exc())
            self._failed(event, error)

    def _failed(self, event: Event, error: Exception) -> None:
        text = f"{event.kind} at {show_instant(event.due)}: {error}"
        self.failures.append(text)
        self.record("event.failed", of=event.kind, error=str(error))

    def due_fire(self, **firing: Any) -> None:
        """A step's time has come."""
        self.timeline.fire(**firing)

    def due_clear(self, fault: str, order: int) -> None:
        """A fault's time is over."""
        self.desk.expire(fault, order)

    def due_release(self, link: str, how: dict[str, Any]) -> None:
        """A hold's time is over."""
        if self.links[link].hold is not None:
            self.backlog.release(link, Release.model_validate(how))

    def due_follow(self, **what: Any) -> None:
        """A message that a fault added is to be sent."""
        self.outbound.follow(**what)

    def due_drain(self, link: str) -> None:
        """A draining link may send its next message."""
        self.backlog.drain(self.links[link])

    # --- the journal ---------------------------------------------------------------------------

    def record(self, event: str, **details: Any) -> None:
        """Write an event into the journal; where it is full, count what was lost."""
        self.outbound.record(event, **details)

    def outcome(self, message: Message, done: dict[str, Any]) -> None:
        """Complete a message's entry, where it has one."""
        if not message.seq:
            self.due_changed()
            return
        if self.network:
            done.setdefault("wall_done", wall_clock())
        self.journal.complete(message.seq, done)
        self.due_changed()

    # --- names ---------------------------------------------------------------------------------

    def find_links(self, name: str) -> list[Link]:
        """The links that a name in a scenario means. Raises UnknownName."""
        return names.links(self, name)

    def find_operation(self, name: str) -> tuple[System[Any], Operation]:
        """`system.operation` to both. Raises UnknownName."""
        return names.operation(self, name)

    def operations(self) -> dict[str, dict[str, Operation]]:
        """Every operation of every system."""
        return {kind: system.operations() for kind, system in self.systems.items()}

    def resolve(self, text: str) -> str:
        """Fill `${NAME}` from the targets and the environment. Raises Mistake."""
        return fill(text, self.variables)

    def template_names(self, **more: Any) -> dict[str, Any]:
        """What a step's templates may use."""
        given = {"n": 1, "seed": self.seed, "plant": self.name, "occasion": self.occasion}
        given["now"] = show_instant(self.now)
        chance = self.chance.stream("template", str(more.get("label", "")))
        return {**given, **more, "pick": chance.choice, "between": chance.whole, "sscc": sscc}

    def site_shared(self, name: str, factory: Callable[[], T]) -> T:
        """An object that all plants of the process share; the stage's own without a site."""
        if self._shared is not None:
            return self._shared(name, factory)  # type: ignore[no-any-return]
        if name not in self._own:
            self._own[name] = factory()
        found: T = self._own[name]
        return found

    # --- actions -------------------------------------------------------------------------------

    def act(
        self, given: Mapping[str, Any], *, source: str = "control", run: str | None = None
    ) -> dict[str, Any]:
        """Perform an action. Raises Mistake for bad input, Refusal where a system says no."""
        action = parse_action(given)
        self.catch_up()
        done = action.perform(self, Origin(source, run, self.template_names()))
        self.conductor.nudge()
        return done

    def check_action(self, given: Mapping[str, Any]) -> list[Mistake]:
        """What would be wrong with an action; each mistake's `path` is the key that is meant."""
        try:
            return parse_action(given).check(self)
        except Mistakes as many:
            return list(many.mistakes)
        except Mistake as mistake:
            return [mistake]

    def operate(self, name: str, given: Mapping[str, Any], origin: Origin) -> Any:
        """Call an operation with plain data and get plain data back, journalled as an event."""
        system, operation = self.find_operation(name)
        model = validated(operation.input, given)
        method = getattr(system, operation.name)
        result = method(model) if takes_input(method) else method()
        if not operation.reads:
            self.record(
                "operation", system=system.kind, operation=operation.name, source=origin.source,
                run=origin.run, input=plain(model),
            )  # fmt: skip
        return plain(result)

    def schedule(self, steps: list[Step], *, run: str, origin: Instant) -> None:
        """Put a run's steps on the agenda."""
        self.timeline.schedule(steps, run=run, origin=origin)
        self.due_changed()

    def end_run(self, run: str) -> None:
        """Leave nothing behind of a run: no fault, hold, trigger or step."""
        self.timeline.undo(run)
        self.desk.undo(run)
        self.backlog.undo(run)
        if self.run == run:
            self.run = None
        self.record("run.ended", run=run)

    # --- life ----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Open the network and let plant time run. Raises CouldNotStart."""
        if self.network:
            self.asks.start()  # a request that comes in brings about what is due by now
            for system in self.systems.values():
                system.introduce()
            for transport in self.transports.values():
                await transport.start()
            self.clock.resume()
            self.conductor.start()
        self.ready = True

    async def stop(self) -> None:
        """Close the network; what was not delivered stays on its link."""
        self.ready = False
        if self.network:
            await self.conductor.stop()
            self.clock.pause()
            for transport in self.transports.values():
                await transport.stop()
            await self.asks.stop()
        for shared in self._own.values():
            stop = getattr(shared, "stop", None)
            if stop is not None:
                await stop()
        self._own.clear()
        self.keeping.close()
        self.journal.store.flush()

    async def run_until(self, instant: Instant) -> None:
        """Return once plant time has reached `instant` (without a network: at once)."""
        if self.network:
            await self.conductor.reached(instant)
        else:
            self.advance(instant)

    async def settled(self, *, retries: bool = True) -> None:
        """Return once no delivery and no ask is under way (nor waits for a retry)."""
        for transport in self.transports.values():
            await transport.settled(retries=retries)
        await self.asks.settled()

    def save(self) -> bytes:
        """Everything that this stage is, but its journal."""
        return snapshot.save(self)

    def restore(self, raw: bytes) -> None:
        """Become what was saved from a stage of the same plant file. Raises Mistake."""
        snapshot.restore(self, raw)

    # --- for people ----------------------------------------------------------------------------

    def urls(self) -> dict[str, dict[str, Any]]:
        """Every endpoint, and the URL at which it is reached or which it delivers to."""
        return describe.endpoints(self)

    def describe_links(self) -> list[dict[str, Any]]:
        """Every link as people see it."""
        return [describe.link(self, link) for link in self.links.values()]

    def describe_faults(self) -> list[dict[str, Any]]:
        """Every fault in force as people see it."""
        return [self.desk.describe(name) for name in self.desk.faults]

    def describe_clock(self) -> dict[str, Any]:
        """Plant time as people see it."""
        return describe.clock(self)
