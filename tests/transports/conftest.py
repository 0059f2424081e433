"""A small stage for transports: one echo contract, links with faults, an in-memory journal."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import pytest

from simulator.core.chance import Chance
from simulator.core.errors import Mistake, Refusal, not_found
from simulator.core.journal import Journal, body_text
from simulator.core.link import ActiveFault, Link, Treatment
from simulator.core.match import Match
from simulator.core.message import Direction, Message, Reply, Request
from simulator.core.ports import Arrival, Call, Contract, Document, Fault
from simulator.core.registry import registry
from simulator.core.timer import monotonic
from simulator.transports.http import HttpServer, HttpTransport
from simulator.transports.http import Settings as HttpSettings


class Echo(Contract):
    """Answers a POST with its own body; knows one path besides."""

    kind = "echo"

    def decode(self, request: Request) -> Call:
        if request.method not in ("GET", "POST"):
            refusal = Refusal("not here", code="method-not-allowed", status=405)
            raise refusal
        if request.path == "/missing":
            raise not_found("thing", "missing")
        return Call("echo", None, {}, None, request)

    def encode(self, call: Call, result: Any) -> Reply:
        return Reply(200, {"content-type": "application/json"}, result)

    def refuse(self, request: Request, refusal: Exception) -> Reply:
        status = getattr(refusal, "status", 500)
        headers = {"allow": "GET, POST"} if status == 405 else {}
        return Reply(status, headers, str(refusal).encode())

    def render(self, document: Document) -> Request | None:
        return None

    def openapi(self) -> dict[str, Any] | None:
        return {"openapi": "3.1.0"}


class FakeSide:
    """The stage's side of the port, over a real journal."""

    def __init__(self, plant: str = "gearbox") -> None:
        self.plant = plant
        self.journal = Journal()
        self.links: dict[str, Link] = {}
        self.targets: dict[str, str] = {}
        self.performed: list[Request] = []
        self.on_perform: Callable[[Arrival], None] = lambda arrival: None
        self.objects: dict[str, Any] = {}
        self.durable = False
        self.commits = 0
        self.secures = 0
        self.files: TemporaryDirectory[str] | None = None
        self.memories: dict[str, dict[str, Any]] = {}
        self.chance = Chance(7, plant)
        self.contract = Echo("wms", {}, {}, None)
        self.faults = 0
        self.address = ("127.0.0.1", 8080)  # what a site would say; the tests use free ports

    # --- what tests do ---

    def link(self, endpoint: str, direction: Direction) -> Link:
        link = self.links[f"{endpoint}.{direction}"] = Link(endpoint, direction)
        return link

    def apply(self, link: Link, kind: str, **given: Any) -> ActiveFault:
        fault = registry("faults", Fault).get(kind).model_validate(given)
        self.faults += 1
        name = f"{kind}-{self.faults}"
        stream = self.chance.stream("fault", name)
        active = ActiveFault(name, fault, link.name, 0, None, monotonic(), stream)
        link.faults.append(active)
        link.changed()
        return active

    def clear(self, link: Link) -> None:
        link.faults.clear()
        link.changed()

    def say(self, link: Link, body: bytes, **headers: str) -> Message:
        """Put an outbound message on a link."""
        message = Message(link.endpoint, "out", Request("POST", "", "", headers, body))
        message.seq = self.journal.append({"kind": "message", **body_text(body)})
        link.put(message, 0)
        return message

    def outcomes(self) -> list[str]:
        return [str(entry.get("outcome")) for entry in self.journal.entries()]

    async def entry(self, count: int = 1, **match: Any) -> dict[str, Any]:
        """The last of `count` entries that match, once they are there."""
        found = await self.journal.wait(Match(match), count=count)
        assert len(found) == count, [*self.journal.entries()]
        return found[-1]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let the loop turn until the condition holds."""
        async with asyncio.timeout(5):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0)

    # --- the port ---

    def arrive(self, endpoint: str, request: Request) -> Arrival:
        link = self.links[f"{endpoint}.in"]
        message = Message(endpoint, "in", request)
        fields = {"method": request.method, "path": request.path, "endpoint": endpoint}
        message.seq = self.journal.append({**fields, **body_text(request.body)})
        treatment = link.treat(message, fields, 0, monotonic()) if link.faults else Treatment()
        return Arrival(message, link, treatment)

    def overhear(self, endpoint: str, request: Request) -> Arrival | None:
        link = self.links[f"{endpoint}.in"]
        message = Message(endpoint, "in", request, request.method)
        fields = {"method": request.method, "endpoint": endpoint}
        treatment = link.treat(message, fields, 0, monotonic())
        if treatment.untouched:
            return None
        message.seq = self.journal.append({**fields, "faults": treatment.faults})
        return Arrival(message, link, treatment)

    def perform(self, arrival: Arrival) -> Reply:
        request = arrival.message.request
        self.performed.append(request)
        self.on_perform(arrival)
        try:
            call = self.contract.decode(request)
            reply = self.contract.encode(call, request.body or b"{}")
        except Refusal as refusal:
            reply = self.contract.refuse(request, refusal)
        self.finish(arrival, "performed", reply)
        return reply

    def finish(self, arrival: Arrival, outcome: str, reply: Reply | None = None) -> None:
        entry: dict[str, Any] = {"outcome": outcome, "faults": arrival.treatment.faults}
        if reply is not None:
            entry["status"] = reply.status
        self.journal.complete(arrival.message.seq, entry)

    def copy_arrival(self, arrival: Arrival, copy: int) -> Arrival:
        message = replace(arrival.message, copy=copy)
        message.seq = self.journal.append({"copy": copy, "endpoint": message.endpoint})
        return Arrival(message, arrival.link, Treatment())

    async def committed(self) -> None:
        self.commits += 1
        await asyncio.sleep(0)

    async def secured(self) -> None:
        self.secures += 1
        await asyncio.sleep(0)

    def folder(self, name: str) -> Path:
        if self.files is None:
            self.files = TemporaryDirectory(prefix="stagefloor-test-")
        found = Path(self.files.name) / name
        found.mkdir(exist_ok=True)
        return found

    def memory(self, endpoint: str) -> dict[str, Any]:
        return self.memories.setdefault(endpoint, {})

    def note(self, message: Message, **fields: Any) -> None:
        self.journal.complete(message.seq, fields)

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
        entry = {"outcome": outcome, "status": status, "error": error, "attempts": message.attempts}
        self.journal.complete(message.seq, {**entry, "faults": faults or [], "event": str(final)})

    def copy_message(self, message: Message, copy: int) -> Message:
        again = replace(message, copy=copy, extra=dict(message.extra))
        again.seq = self.journal.append({"kind": "message", "copy": copy})
        return again

    def treat(self, link: Link, message: Message) -> Treatment:
        return link.treat(message, {"endpoint": link.endpoint}, 0, monotonic())

    def resolve(self, text: str) -> str:
        for name, value in self.targets.items():
            text = text.replace(f"${{{name}}}", value)
        if "${" in text:
            raise Mistake(f"nothing is called {text}")
        return text

    def shared(self, name: str, factory: Callable[[], Any]) -> Any:
        if name not in self.objects:
            self.objects[name] = factory()
        return self.objects[name]


@dataclass
class Answer:
    """What a raw HTTP client got: everything up to the end of the connection or of the reply."""

    status: int
    headers: dict[str, str]
    body: bytes


class Wire:
    """A raw HTTP/1.1 client on one connection, so that nothing is hidden by a library."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, raw: bytes) -> None:
        self.writer.write(raw)

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> None:
        lines = [f"{method} {path} HTTP/1.1", "host: test", f"content-length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    async def answer(self, *, head: bool = False) -> Answer:
        raw = await self.reader.readuntil(b"\r\n\r\n")
        first, *lines = raw.decode("latin-1").strip().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        length = 0 if head else int(headers.get("content-length", 0))
        return Answer(int(first.split()[1]), headers, await self.reader.readexactly(length))

    async def rest(self) -> bytes:
        """What still comes until the connection ends in good order."""
        return await self.reader.read()

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


class Partner:
    """A receiver of webhooks: answers what it is told to, and keeps what it got."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.paths: list[str] = []
        self.answers: list[tuple[int, dict[str, str]]] = []  # then 200
        self.gate: asyncio.Event | None = None  # answers wait for it
        self.connections = 0
        self.arrived = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    @property
    def bodies(self) -> list[bytes]:
        return [body for _, body in self.got]

    async def receives(self, count: int) -> None:
        async with asyncio.timeout(10), self.arrived:
            await self.arrived.wait_for(lambda: len(self.got) >= count)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                first, *lines = head.decode("latin-1").strip().split("\r\n")
                pairs = (line.split(": ", 1) for line in lines)
                headers = {name.lower(): value for name, value in pairs}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                async with self.arrived:
                    self.got.append((headers, body))
                    self.paths.append(first.split()[1])
                    self.arrived.notify_all()
                status, extra = self.answers.pop(0) if self.answers else (200, {})
                if self.gate is not None:
                    await self.gate.wait()
                said = "".join(f"{name}: {value}\r\n" for name, value in extra.items())
                writer.write(f"HTTP/1.1 {status} X\r\n{said}content-length: 2\r\n\r\nok".encode())
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@pytest.fixture
async def side() -> AsyncIterator[FakeSide]:
    side = FakeSide()
    side.shared("http", lambda: HttpServer(port=0))
    yield side
    for one in side.objects.values():
        if hasattr(one, "stop"):  # as a site does
            await one.stop()
    if side.files is not None:
        side.files.cleanup()


@pytest.fixture
async def partner() -> AsyncIterator[Partner]:
    partner = Partner()
    await partner.start()
    yield partner
    await partner.stop()


@pytest.fixture
async def dial() -> AsyncIterator[Callable[[str], Awaitable[Wire]]]:
    """Open a raw connection to a URL's host and port; closed when the test ends."""
    wires = []

    async def open_to(url: str) -> Wire:
        parts = urlsplit(url)
        wire = Wire(*await asyncio.open_connection(parts.hostname, parts.port))
        wires.append(wire)
        return wire

    yield open_to
    for wire in wires:
        await wire.close()


@pytest.fixture
async def http(side: FakeSide) -> AsyncIterator[HttpTransport]:
    """The transport with `wms.http` on a port of its own and `mes.http` on the shared one."""
    transport = HttpTransport(side)
    for endpoint, settings in (
        ("wms.http", HttpSettings(port=0, body_limit=1000)),
        ("mes.http", HttpSettings()),
    ):
        transport.attach(endpoint, settings, side.contract, {"in": side.link(endpoint, "in")})
    await transport.start()
    yield transport
    await transport.stop()
