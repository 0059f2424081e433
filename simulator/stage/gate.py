"""The way in and out for transports: journal, faults, contract, operation, and back.

Nothing is acknowledged that is not in the journal, and nothing raises into a transport.
"""

from __future__ import annotations

import hashlib
import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from simulator.core.errors import JournalFull, Refusal
from simulator.core.journal import MemoryStore, body_text
from simulator.core.link import Link, Treatment
from simulator.core.message import Message, Reply, Request
from simulator.core.ports import Arrival, Call
from simulator.core.timer import monotonic, wall_clock
from simulator.stage.wiring import Endpoint

if TYPE_CHECKING:
    from simulator.stage.stage import Stage

T = TypeVar("T")
log = logging.getLogger("stagefloor")
SECRET = ("authorization", "cookie", "proxy-authorization", "x-api-key")
MOST_REMEMBERED = 100_000  # idempotency keys of one plant


class Gate:
    """What the stage gives its transports (`core.ports.Side`)."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        # (endpoint, key) -> fingerprint, status, headers, body as text; plain data, saved
        self.remembered: dict[str, list[Any]] = {}
        self.memories: dict[str, dict[str, Any]] = {}  # the transports' own, by endpoint; saved

    @property
    def plant(self) -> str:
        """The plant's name."""
        return self._stage.name

    @property
    def address(self) -> tuple[str, int]:
        """Host and main port of the process."""
        return self._stage.address

    @property
    def durable(self) -> bool:
        """Must a reply wait for `committed`? Not where the journal is in memory."""
        return not isinstance(self._stage.journal.store, MemoryStore)

    def shared(self, name: str, factory: Callable[[], T]) -> T:
        """An object that all plants of the process share."""
        return self._stage.site_shared(name, factory)

    def resolve(self, text: str) -> str:
        """Fill `${NAME}`. Raises Mistake."""
        filled: str = self._stage.resolve(text)
        return filled

    async def committed(self) -> None:
        """Return once what was journalled is durable."""
        await self._stage.journal.committed()

    async def secured(self) -> None:
        """Return once journal and plant are durable."""
        await self._stage.journal.committed()
        await self._stage.keeping.secured()

    def folder(self, name: str) -> Path:
        """A folder of this plant's own for a transport's files."""
        return self._stage.keeping.folder(name)

    def memory(self, endpoint: str) -> dict[str, Any]:
        """What a transport remembers of an endpoint's partner."""
        return self.memories.setdefault(endpoint, {})

    def note(self, message: Message, **fields: Any) -> None:
        """Add to a message's entry what only its transport knows."""
        self._stage.journal.complete(message.seq, fields)

    def arrive(self, endpoint: str, request: Request) -> Arrival:
        """Journal an inbound request and let the link's faults decide. Raises JournalFull."""
        stage = self._stage
        stage.catch_up()
        place = stage.endpoints[endpoint]
        link = place.links["in"]
        message = Message(endpoint, "in", request, place.contract.peek(request))
        if place.contract.glances:
            glance = place.contract.glance(request)
            message.document, message.keys = glance.document, glance.keys
        entry: dict[str, Any] = {
            "kind": "message",
            "at": stage.plant.now,
            "wall": wall_clock(),
            "plant": stage.name,
            "system": place.system,
            "endpoint": endpoint,
            "transport": place.transport_kind,
            "direction": "in",
            "operation": message.operation,
            "method": request.method,
            "path": request.path,
            "headers": _plain(request.headers),
            **body_text(request.body),
        }
        if request.query:
            entry["query"] = request.query
        if message.document is not None:
            entry["document"] = message.document
        if message.keys:
            entry["keys"] = message.keys
        if stage.run is not None:
            entry["run"] = stage.run
        link.crossed += 1
        if link.faults:
            treatment = link.treat(message, entry, stage.plant.now, monotonic())
            if treatment.faults:
                entry["faults"] = treatment.faults
            if treatment.owes:
                entry["owes"] = treatment.owes
        else:
            treatment = Treatment()
        try:
            message.seq = stage.journal.append(entry)
        except JournalFull:
            stage.overflow += 1
            raise
        return Arrival(message, link, treatment)

    def overhear(self, endpoint: str, request: Request) -> Arrival | None:
        """Let an inbound link's faults decide about a request that asks no operation."""
        stage = self._stage
        stage.catch_up()
        place = stage.endpoints[endpoint]
        link = place.links["in"]
        message = Message(endpoint, "in", request, request.method)
        fields = stage.outbound.fields(message)
        treatment = link.treat(message, fields, stage.plant.now, monotonic())
        if treatment.untouched:
            return None
        link.crossed += 1
        entry = {**fields, "transport": place.transport_kind, "faults": treatment.faults}
        try:
            message.seq = stage.journal.append({**entry, "wall": wall_clock()})
        except JournalFull:
            stage.overflow += 1
            raise
        return Arrival(message, link, treatment)

    def copy_arrival(self, arrival: Arrival, copy: int) -> Arrival:
        """Journal one more copy of an arrival. Raises JournalFull."""
        message = arrival.message
        twin = Message(message.endpoint, "in", message.request, message.operation, copy=copy)
        entry = self._stage.journal.get(message.seq)
        for name in ("outcome", "status", "done_at", "wall_done", "keys", "error"):
            entry.pop(name, None)
        twin.seq = self._stage.journal.append({**entry, "copy": copy})
        return Arrival(twin, arrival.link, arrival.treatment)

    def copy_message(self, message: Message, copy: int) -> Message:
        """Journal one more copy of an outbound message."""
        return self._stage.outbound.copy(message, copy)

    def perform(self, arrival: Arrival) -> Reply:
        """Decode, do the operation, encode; completes the journal entry. Never raises."""
        stage = self._stage
        stage.catch_up()
        message = arrival.message
        place = stage.endpoints[message.endpoint]
        outcome: dict[str, Any] = {"outcome": "answered"}
        try:
            call = place.contract.decode(message.request)
            message.operation, message.keys = call.operation, call.keys
            message.document = call.document or message.document
            reply, replayed = self._once(place, message, call)
            if replayed:
                outcome["outcome"] = "replayed"  # answered as before; nothing was done again
        except Refusal as refusal:
            reply = place.contract.refuse(message.request, refusal)
            outcome["error"] = refusal.code
        except Exception as error:  # noqa: BLE001 - a defect of a stand-in must not end the server
            log.error("%s failed: %s", message.endpoint, traceback.format_exc())
            failed = Refusal("the stand-in failed; see its log", code="internal", status=500)
            reply = place.contract.refuse(message.request, failed)
            outcome["error"] = f"{type(error).__name__}: {error}"
            stage.failures.append(f"{message.endpoint} {message.operation}: {error}")
        outcome["operation"] = message.operation
        if message.extra.pop("unread", False):
            outcome.update(body_text(message.request.body))  # it came after the entry was written
        if message.document is not None:
            outcome["document"] = message.document
        if message.keys:
            outcome["keys"] = message.keys
        outcome["status"] = reply.status
        outcome["done_at"] = stage.plant.now
        for name, value in body_text(reply.body).items():
            outcome[f"reply_{name}"] = value
        stage.journal.complete(message.seq, outcome)
        stage.due_changed()
        return reply

    def _once(self, place: Endpoint, message: Message, call: Call) -> tuple[Reply, bool]:
        """Do an operation, at most once for an idempotency key; True: it was done before."""
        if call.idempotency is None:
            result = place.perform(call)
            return place.contract.encode(call, result), False
        name = f"{message.endpoint}\x1f{call.idempotency}"
        request = message.request
        what = b"\x00".join((request.method.encode(), request.path.encode(), request.body))
        print_ = hashlib.blake2b(what, digest_size=12).hexdigest()
        message.keys["idempotency"] = [call.idempotency]
        before = self.remembered.get(name)
        if before is not None:
            if before[0] != print_:
                detail = "this Idempotency-Key was used for another request"
                raise Refusal(detail, code="idempotency-key-reused", status=422)
            _, status, headers, body, keys = before
            message.keys.update(keys)
            return Reply(status, {**headers, "idempotency-replayed": "true"}, body.encode()), True
        result = place.perform(call)
        reply = place.contract.encode(call, result)
        if len(self.remembered) >= MOST_REMEMBERED:
            self.remembered.pop(next(iter(self.remembered)))
        kept = [print_, reply.status, reply.headers, reply.body.decode(), dict(call.keys)]
        self.remembered[name] = kept
        return reply, False

    def finish(self, arrival: Arrival, outcome: str, reply: Reply | None = None) -> None:
        """Complete the entry of an arrival that was not performed."""
        done: dict[str, Any] = {"outcome": outcome, "done_at": self._stage.now}
        if reply is not None:
            done["status"] = reply.status
        self._stage.outcome(arrival.message, done)

    def treat(self, link: Link, message: Message) -> Treatment:
        """Let an outbound link's faults decide about one delivery attempt."""
        stage = self._stage
        extra = message.extra
        extra.pop("also", None)
        if not link.faults and not extra.get("altered") and not extra.get("owes"):
            return Treatment()
        fields = stage.outbound.fields(message)
        treatment = link.treat(message, fields, stage.plant.now, monotonic())
        if treatment.faults:
            stage.outbound.ensure_entry(message)
        extra["owes"] = list(dict.fromkeys([*extra.get("born_owing", ()), *treatment.owes]))
        if treatment.also:
            extra["also"] = [
                [one.document.document, one.document.text, one.owes, one.at, one.by]
                for one in treatment.also
            ]
        self._write_anew(message, treatment)
        return treatment

    def _write_anew(self, message: Message, treatment: Treatment) -> None:
        """Write the wire message as the faults of this attempt have it; honestly without any."""
        altered = treatment.document is not None
        document = treatment.document or message.said
        if document is None or not (altered or message.extra.get("altered")):
            return
        request = self._stage.endpoints[message.endpoint].contract.render(document)
        if request is not None:
            message.request = request
            message.extra["altered"] = altered
            message.extra["sent_keys"] = document.keys() if altered else {}

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
        """Record a delivery attempt."""
        stage = self._stage
        stage.catch_up()
        if outcome != "delivered":
            stage.outbound.ensure_entry(message)
        done: dict[str, Any] = {"outcome": outcome, "attempts": message.attempts}
        if status is not None:
            done["status"] = status
        if error:
            done["error"] = error
        if faults:
            already = message.extra.setdefault("faults", [])
            already.extend(name for name in faults if name not in already)
            done["faults"] = already
        if "owes" in message.extra and (message.extra["owes"] or message.attempts > 1):
            done["owes"] = message.extra["owes"]
        if message.extra.get("sent_keys", message.keys) != message.keys:
            done["sent_keys"] = message.extra["sent_keys"] or None
        if "altered" in message.extra:
            done.update(body_text(message.request.body))  # what was sent, not what was meant
        if final:
            if outcome in ("delivered", "dropped"):
                stage.outbound.follow_up(message)
            done["done_at"] = stage.plant.now
            stage.links[f"{message.endpoint}.out"].crossed += 1
        stage.outcome(message, done)


def _plain(headers: Any) -> dict[str, str]:
    """Headers for the journal: credentials are not written down."""
    return {name: "***" if name in SECRET else value for name, value in headers.items()}
