"""The lines that the bridge listens to, and what it answers about them."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from examples.bridge.floor.counting import Counting
from examples.bridge.floor.incidents import Incidents
from examples.bridge.store import Store

log = logging.getLogger("bridge")

FIRST, FACTOR, LONGEST = 0.2, 1.5, 1.0  # seconds to wait before it is tried again


class UnknownWire(Exception):
    """A URL under which no PLC can be reached; the text says what can be."""


class Wire(Protocol):
    """One connection to PLCs."""

    wire: str
    breaks: tuple[type[Exception], ...]  # what breaks a connection; anything else is a mistake

    async def listen(self, connected: asyncio.Event) -> None:
        """Listen until the connection breaks. Raises whatever breaks it."""


class Line:
    """A wire that is connected anew whenever it breaks, and the books that it moves."""

    def __init__(self, wire: Wire, counting: Counting) -> None:
        self.name = wire.wire
        self.counting = counting
        self.connection = "not connected yet"
        self._wire = wire
        self._knocked = asyncio.Event()

    def knock(self) -> None:
        """Begin anew: the books were emptied."""
        self.counting.forget()
        self._knocked.set()

    async def run(self) -> None:
        """Listen, for ever."""
        wait = FIRST
        while True:
            self._knocked.clear()
            connected = asyncio.Event()
            listening = asyncio.create_task(self._wire.listen(connected))
            told = asyncio.create_task(self._tell(connected))
            knocked = asyncio.create_task(self._knocked.wait())
            try:
                await asyncio.wait({listening, knocked}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (listening, told, knocked):
                    task.cancel()
                found = await asyncio.gather(listening, told, knocked, return_exceptions=True)
            wait = FIRST if connected.is_set() or self._knocked.is_set() else wait * FACTOR
            self._lost(found[0])
            await asyncio.sleep(min(wait, LONGEST))

    async def _tell(self, connected: asyncio.Event) -> None:
        await connected.wait()
        log.info("%s: connected", self.name)
        self.connection = "connected"

    def _lost(self, why: Any) -> None:
        while isinstance(why, BaseExceptionGroup):
            why = why.exceptions[0]
        text = str(why) or type(why).__name__
        if isinstance(why, asyncio.CancelledError):
            text = "it begins anew"
        elif not isinstance(why, self._wire.breaks):
            log.error("%s: %s", self.name, text, exc_info=why)
        elif text != self.connection:
            log.info("%s: %s", self.name, text)
        self.connection = text


class Lines:
    """All lines, and the routes that tell of them."""

    def __init__(self, store: Store, urls: list[str], folder: Path) -> None:
        self.incidents = Incidents(store)
        self.every = [self._line(store, url, folder) for url in urls]
        twice = {one.name for one in self.every if sum(one.name == o.name for o in self.every) > 1}
        if twice:
            raise UnknownWire(f"one URL for each wire, and not two for {', '.join(twice)}")

    def _line(self, store: Store, url: str, folder: Path) -> Line:
        scheme = url.partition("://")[0]
        if scheme == "opc.tcp":
            from examples.bridge.floor.opcua import OpcuaLine  # takes a second to load

            counting = Counting(store, OpcuaLine.wire)
            trusting = "certificates" in store.flaws
            made = OpcuaLine(url, counting, self.incidents, folder, trusting=trusting)
            return Line(made, counting)
        if scheme == "mqtt":
            from examples.bridge.floor.sparkplug import SparkplugLine

            counting = Counting(store, SparkplugLine.wire)
            return Line(SparkplugLine(url, counting), counting)
        raise UnknownWire(f"{url!r} begins neither with opc.tcp:// nor with mqtt://")

    def knock(self) -> None:
        """Begin anew, all of them."""
        for one in self.every:
            one.knock()

    def routes(self) -> list[Route]:
        """What can be asked."""
        return [
            Route("/production", self.production, methods=["GET"]),
            Route("/production/{machine}", self.machine, methods=["GET"]),
            Route("/incidents", self.list_incidents, methods=["GET"]),
        ]

    def _asked(self, request: Request) -> Line | None:
        """The line that is asked about: `?wire=mqtt`, else the first."""
        wanted = request.query_params.get("wire", self.every[0].name)
        return next((one for one in self.every if one.name == wanted), None)

    async def production(self, request: Request) -> Response:
        line = self._asked(request)
        if line is None:
            return _unknown("no such wire")
        found = {
            "wire": line.name, "connection": line.connection, "machines": line.counting.machines()
        }  # fmt: skip
        return JSONResponse(found)

    async def machine(self, request: Request) -> Response:
        line, name = self._asked(request), request.path_params["machine"]
        found = line.counting.machine(name) if line is not None else None
        return JSONResponse(found) if found is not None else _unknown(f"no machine {name}")

    async def list_incidents(self, request: Request) -> Response:
        source = request.query_params.get("source")
        found = [one for one in self.incidents.every() if source in (None, one["source"])]
        return JSONResponse({"incidents": found, "count": len(found)})


def _unknown(detail: str) -> JSONResponse:
    """RFC 9457 problem details."""
    body = {"status": 404, "detail": detail}
    return JSONResponse(body, 404, media_type="application/problem+json")
