"""A plant with its systems and contracts on a desk: no sockets, no loop, time moved by hand."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from pydantic import TypeAdapter

from simulator.core.agenda import Agenda
from simulator.core.chance import Chance, Stream
from simulator.core.durations import Instant, as_json, parse_span
from simulator.core.errors import Refusal
from simulator.core.fields import read_moment
from simulator.core.message import Reply, Request
from simulator.core.ports import Call, Contract, Document, System
from simulator.core.registry import registry
from simulator.plant import Plant, load_plant

HERE = Path(__file__).parent
PAYLOADS = HERE.parents[1] / "payloads"
START = read_moment("2026-03-02T06:00:00Z")


class Desk:
    """One plant, its systems, and what they emitted."""

    def __init__(
        self,
        plant: Path = HERE / "plant.yaml",
        settings: dict[str, dict[str, Any]] | None = None,
        kinds: Sequence[str] = ("mes", "wms"),
        endpoints: int = 1,
    ) -> None:
        self.agenda = Agenda()
        self.chances = Chance(7, "little")
        self.plant = Plant(load_plant(plant, HERE), self.chances, self.agenda)
        self.plant.now = START
        self.emitted: list[tuple[str, Document]] = []
        self.systems: dict[str, System[Any]] = {}
        self.recorded: list[dict[str, Any]] = []
        self.occasion = 0
        self.endpoints = endpoints
        for kind in kinds:
            found = registry("systems", System).get(kind)
            given = found.Settings.model_validate(
                (settings or {}).get(kind, {}), context={"payloads": PAYLOADS}
            )
            self.systems[kind] = found(self.plant, self, given)
        self.plant.observers.append(self._heard)
        self.plant.open()
        for system in self.systems.values():
            system.open()

    def _heard(self, document: Document) -> None:
        for system in self.systems.values():
            system.on(document)

    # --- what a system needs of a stage ----------------------------------------------------------

    @property
    def now(self) -> Instant:
        return self.plant.now

    def emit(self, system: str, document: Document) -> int:
        self.emitted.append((system, document))
        return self.endpoints

    def record(self, event: str, **details: Any) -> None:
        self.recorded.append({"event": event, **details})

    def after(self, span: int, kind: str, **args: Any) -> int:
        return self.agenda.put(self.now + span, kind, **args)

    def cancel(self, ticket: int) -> None:
        self.agenda.cancel(ticket)

    def chance(self, *names: str) -> Stream:
        return self.chances.stream(*names)

    # --- what a test does ------------------------------------------------------------------------

    def run(self, span: str) -> None:
        """Let plant time pass."""
        until = self.now + parse_span(span)
        while (event := self.agenda.pop(until)) is not None:
            self.plant.now = max(event.due, self.plant.now)
            owner, _, name = event.kind.partition(".")
            getattr(self.systems.get(owner, self.plant), "due_" + name)(**event.args)
        self.plant.now = until

    def saved(self) -> bytes:
        """The plant, its systems, what is to come and chance, as they would go into a file."""
        states = {
            kind: TypeAdapter(type(one.state)).dump_python(one.state, mode="json")
            for kind, one in self.systems.items()
        }
        whole = [self.plant.save(), states, self.agenda.save(), self.chances.save()]
        return orjson.dumps(whole, default=as_json)

    def restore(self, raw: bytes) -> None:
        """Become what was saved; what is derived is built anew."""
        state, states, agenda, chance = orjson.loads(raw)
        self.agenda.become(Agenda.restore(agenda))
        self.chances.restore(chance)
        self.plant.restore(state)
        for kind, one in states.items():
            system = self.systems[kind]
            system.state = TypeAdapter(type(system.state)).validate_python(one)

    def do(self, system: str, operation: str, **given: Any) -> Any:
        """Do an operation as a scenario would. Raises Refusal."""
        found = type(self.systems[system]).operations()[operation]
        method = getattr(self.systems[system], operation)
        model = found.adapter.validate_python(given)
        return method(model) if type(model).model_fields else method()

    def contract(self, kind: str, system: str, base: str = "", **settings: Any) -> Wire:
        """An endpoint of a system under a contract."""
        found = registry("contracts", Contract).get(kind)
        made = found(
            system,
            type(self.systems[system]).operations(),
            {one.document: one for one in self.systems[system].says},
            found.Settings.model_validate(settings),
            base or f"/little/{system}",
            PAYLOADS,
        )
        return Wire(self, system, made)


class Answer:
    """A reply with its body read."""

    def __init__(self, reply: Reply, call: Call | None) -> None:
        self.status = reply.status
        self.headers = reply.headers
        self.raw = reply.body
        self.json: Any = orjson.loads(reply.body) if reply.body else None
        self.keys = call.keys if call else {}
        self.operation = call.operation if call else None


class Wire:
    """An endpoint without a transport: bytes in, bytes out."""

    def __init__(self, desk: Desk, system: str, contract: Contract) -> None:
        self.desk = desk
        self.system = system
        self.contract = contract

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request, decoded, done, encoded; refusals as the contract writes them."""
        path, _, query = path.partition("?")
        raw = body if isinstance(body, bytes) else orjson.dumps(body) if body is not None else b""
        sent = {"content-type": "application/json"} if raw else {}
        request = Request(method, path, query, {**sent, **(headers or {})}, raw)
        before = copy.copy(request)
        call = None
        try:
            call = self.contract.decode(request)
            method_ = getattr(self.desk.systems[self.system], call.operation)
            takes = call.input is not None and type(call.input).model_fields
            reply = self.contract.encode(call, method_(call.input) if takes else method_())
        except Refusal as refusal:
            reply = self.contract.refuse(request, refusal)
        assert request == before, "a contract leaves the request as it is"
        return Answer(reply, call)

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, None, headers)

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        return self.send("POST", path, body, headers)
