"""The way out: documents to messages, messages onto links, and all of it into the journal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

from simulator.core.chance import Stream
from simulator.core.document import revive
from simulator.core.durations import Instant
from simulator.core.errors import JournalFull, QueueFull
from simulator.core.journal import body_text
from simulator.core.link import Link
from simulator.core.message import Message, Request
from simulator.core.ports import Document
from simulator.core.timer import wall_clock
from simulator.stage.wiring import Endpoint

if TYPE_CHECKING:
    from simulator.stage.stage import Stage


class Outbound:
    """What a stage says: journalled, then queued on a link, then the transport's."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._hearers: dict[str, list[Endpoint]] = {}

    def connect(self, endpoint: Endpoint) -> None:
        """From now on, an endpoint says what its system says."""
        self._hearers.setdefault(endpoint.system, []).append(endpoint)

    def heard(self, document: Document) -> None:
        """Tell every system what happened in the plant."""
        for system in self._stage.systems.values():
            system.on(document)

    def emit(self, system: str, document: Document) -> int:
        """Send a document out of every endpoint of `system` that says it; how many did."""
        stage = self._stage
        said = 0
        for endpoint in self._hearers.get(system, ()):
            if document.document not in endpoint.says:
                continue
            request = endpoint.contract.render(document)
            if request is None:
                continue  # it has no shape for it: another partner's, for instance
            unconnected = endpoint.missing is not None and stage.network
            written = Request() if unconnected else request
            message = Message(
                endpoint.name, "out", written, None, document.said_as, document.keys()
            )
            if endpoint.alterable:
                message.said = document
            said += 1
            if unconnected:
                if not document.telemetry:
                    self.enter(message, transport=endpoint.transport_kind, outcome="not-connected")
            elif document.telemetry or self.enter(
                message, transport=endpoint.transport_kind, outcome="queued"
            ):
                self._queue(endpoint.links["out"], message)
        return said

    def _queue(self, link: Link, message: Message) -> None:
        stage = self._stage
        try:
            link.put(message, stage.now)
        except QueueFull as full:
            stage.overflow += 1
            self.ensure_entry(message)
            stage.outcome(message, {"outcome": "refused", "error": str(full)})
            return
        self.carry(link)

    def ensure_entry(self, message: Message) -> None:
        """Journal a message that has no entry yet, because something befell it."""
        if not message.seq:
            transport = self._stage.endpoints[message.endpoint].transport_kind
            self.enter(message, transport=transport, outcome="queued")

    def copy(self, message: Message, number: int) -> Message:
        """A duplicate of an outbound message, with an entry of its own."""
        twin = Message.restore(message.save())
        twin.copy = number
        transport = self._stage.endpoints[message.endpoint].transport_kind
        self.enter(twin, transport=transport, outcome="queued")
        return twin

    def follow_up(self, message: Message) -> None:
        """Put on the agenda what faults want to be sent after a message."""
        stage = self._stage
        made_by = message.extra.get("made_by", [])
        for name, text, owes, at, by in message.extra.pop("also", ()):
            stage.agenda.put(
                max(at or 0, stage.now), "stage.follow", endpoint=message.endpoint,
                document=[name, text], owes=owes, made_by=[*made_by, by], follows=message.seq,
            )  # fmt: skip

    def follow(
        self, endpoint: str, document: list[str], owes: list[str], made_by: list[str], follows: int
    ) -> None:
        """Send what a fault added, name and text: `follows` is the entry that gave rise to it."""
        place = self._stage.endpoints[endpoint]
        said = revive(document[0], orjson.loads(document[1]))
        request = place.contract.render(said)
        if request is None:
            return
        message = Message(endpoint, "out", request, None, said.said_as, said.keys(), said=said)
        message.extra = {
            "made_by": made_by, "born_owing": owes, "owes": owes, "faults": made_by[-1:]
        }  # fmt: skip
        more = {"faults": made_by[-1:], "follows": follows}
        if self.enter(message, transport=place.transport_kind, outcome="queued", more=more):
            self._queue(place.links["out"], message)

    def carry(self, link: Link) -> None:
        """Tell the transport that something is ready; without a network, take it as sent."""
        stage = self._stage
        if stage.network:
            link.changed()
            return
        while link.ready:
            message = link.ready.popleft()
            link.crossed += 1
            stage.outcome(message, {"outcome": "planned", "done_at": stage.now})

    def record(self, event: str, **details: Any) -> None:
        """Write an event into the journal."""
        entry: dict[str, Any] = {
            "kind": "event", "event": event, "at": self._stage.now, "plant": self._stage.name,
        }  # fmt: skip
        if self._stage.network:
            entry["wall"] = wall_clock()
        entry.update({key: value for key, value in details.items() if value is not None})
        if self._stage.run is not None:
            entry.setdefault("run", self._stage.run)
        try:
            self._stage.journal.append(entry)
        except JournalFull:
            self._stage.overflow += 1

    def fields(self, message: Message) -> dict[str, Any]:
        """A message's fields as an entry of the journal has them."""
        system, _, _ = message.endpoint.partition(".")
        request = message.request
        fields: dict[str, Any] = {
            "kind": "message",
            "at": self._stage.now,
            "plant": self._stage.name,
            "system": system,
            "endpoint": message.endpoint,
            "direction": message.direction,
            "operation": message.operation,
            "document": message.document,
            "keys": message.keys,
            "method": request.method,
            "path": request.path,
            "headers": dict(request.headers),
            **body_text(request.body),
        }
        if message.copy:
            fields["copy"] = message.copy
        run = message.extra.get("run") or self._stage.run
        if run is not None:
            fields["run"] = run
        return {key: value for key, value in fields.items() if value is not None}

    def enter(
        self,
        message: Message,
        *,
        transport: str,
        outcome: str,
        more: Mapping[str, Any] | None = None,
    ) -> bool:
        """Journal an outbound message. False, and counted, where the journal is full."""
        entry = {**self.fields(message), "transport": transport, "outcome": outcome, **(more or {})}
        if self._stage.network:
            entry["wall"] = wall_clock()
        try:
            message.seq = self._stage.journal.append(entry)
        except JournalFull:
            self._stage.overflow += 1
            return False
        return True


class SystemSide:
    """What the stage gives a system (`core.ports.Stageside`)."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    @property
    def now(self) -> Instant:
        return self._stage.plant.now

    @property
    def occasion(self) -> int:
        return self._stage.occasion

    def emit(self, system: str, document: Document) -> int:
        return self._stage.outbound.emit(system, document)

    def record(self, event: str, **details: Any) -> None:
        self._stage.record(event, **details)

    def after(self, span: int, kind: str, **args: Any) -> int:
        return self._stage.agenda.put(self._stage.plant.now + span, kind, **args)

    def cancel(self, ticket: int) -> None:
        self._stage.agenda.cancel(ticket)

    def chance(self, *names: str) -> Stream:
        return self._stage.chance.stream(*names)
