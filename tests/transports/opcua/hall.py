"""What the tests of OPC UA share: a plant behind a server, and what they do to it."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

from asyncua import Client, ua
from ruamel.yaml import YAML

from simulator.core.durations import parse_span
from simulator.core.match import Match
from simulator.stage.site import Site

PLANT = """
plant: hall
zone: UTC
items: {STEEL: {bin: RAW}, GEAR: {kind: make, bin: OUT}}
boms: {GEAR: {components: [{item: STEEL, quantity: 1}]}}
routings: {GEAR: {operations: [{no: 10, work_centre: TURNING, cycle: 10s}]}}
work_centres: {TURNING: {machines: [{id: TURN-1}, {id: TURN-2}]}}
warehouses: {MAIN: {bins: [RAW, OUT]}}
stock: [{item: STEEL, quantity: 1000, bin: RAW, lot: S-1}]
"""
TAGS: dict[str, Any] = {
    "Coolant/Temperature": {
        "signal": {"sine": {"mean": 20, "amplitude": 5, "period": "10s"}},
        "unit": "CEL", "low": 0, "high": 100, "history": True,
    },
    "Coolant/Setpoint": {
        "value": 21.5, "access": "write", "low": 0, "high": 100, "history": True
    },
    "Coolant/Name": {"value": "emulsion", "access": "write"},
    "Door": {"value": False, "access": "write"},
    "Vector": {"value": [1.0, 2.0, 3.0]},
    "Own": {"value": 7, "node": "ns=2;i=1023"},
}  # fmt: skip


class Hall:
    """One plant and its server."""

    def __init__(
        self,
        folder: Path,
        *,
        endpoint: dict[str, Any] | None = None,
        plc: dict[str, Any] | None = None,
        data: bool = False,
        files: tuple[Path, ...] = (),
    ) -> None:
        given: dict[str, Any] = YAML(typ="safe").load(PLANT)
        cell = {"machines": ["TURN-1", "TURN-2"], "scan": "100ms", "tags": TAGS, **(plc or {})}
        opcua = {"transport": "opcua", "contract": "opcua", "port": 0, **(endpoint or {})}
        given["systems"] = {
            "mes": {},
            "plc": {"settings": {"plcs": {"CELL": cell}}, "endpoints": {"opcua": opcua}},
        }
        (folder / "plants").mkdir(parents=True)
        for one in files:
            shutil.copy(one, folder)
        self.folder = folder
        self._file = folder / "plants" / "hall.yaml"
        self._file.write_text(json.dumps(given))  # YAML has JSON in it
        self.site = Site(port=0, payloads=folder, data=folder / "data" if data else None)
        self.stage: Any = None

    async def open(self) -> None:
        self.stage = self.site.add(self._file, seed=7)
        await self.site.start()
        self.act({"pause": True})

    async def close(self) -> None:
        await self.site.stop()

    @property
    def url(self) -> str:
        found: str = self.stage.transports["opcua"].urls()["plc.opcua"]
        return found

    @property
    def server(self) -> Any:
        return self.stage.transports["opcua"]._places["plc.opcua"].server

    def client(self, **given: Any) -> Client:
        return Client(self.url, **given)

    def node(self, client: Client, path: str) -> Any:
        return client.get_node(ua.NodeId(f"CELL/{path}" if path else "CELL", 2))

    def act(self, action: dict[str, Any]) -> Any:
        return self.stage.act(action)

    def do(self, operation: str, **given: Any) -> Any:
        return self.act({"do": f"plc.{operation}", "with": {"plc": "CELL", **given}})

    def fault(self, kind: str, on: str = "plc.opcua", **given: Any) -> Any:
        return self.act({"fault": kind, "on": on, **given})

    def clear(self) -> None:
        self.act({"clear": "all"})

    async def step(self, span: str) -> None:
        """Let so much plant time pass at once, and wait until the server shows it."""
        goal = self.stage.now + parse_span(span)
        self.act({"step": span})
        await self.stage.run_until(goal)
        await self.settled()

    async def settled(self) -> None:
        await self.stage.transports["opcua"].settled()

    async def show(self, tag: str, value: Any, status: str = "Good") -> None:
        """Let a tag show a value, and wait until the server does."""
        self.do("force", tag=tag, value=value, status=status)
        await self.settled()

    async def entry(self, **match: Any) -> dict[str, Any]:
        """The first entry of the journal that matches, once it is there."""
        found = await asyncio.wait_for(self.stage.journal.wait(Match(match), count=1), 5)
        return found[0]

    def entries(self, **match: Any) -> list[dict[str, Any]]:
        return [one for one in self.stage.journal.entries() if Match(match).hits(one)]


class Heard:
    """What a subscription of asyncua's was told."""

    def __init__(self) -> None:
        self.values: list[tuple[Any, Any]] = []
        self.data: list[ua.DataValue] = []
        self.events: list[Any] = []
        self.statuses: list[Any] = []
        self._news = asyncio.Condition()

    async def datachange_notification(self, node: Any, value: Any, data: Any) -> None:
        async with self._news:
            self.values.append((node.nodeid.Identifier, value))
            self.data.append(data.monitored_item.Value)
            self._news.notify_all()

    async def event_notification(self, event: Any) -> None:
        async with self._news:
            self.events.append(event)
            self._news.notify_all()

    async def status_change_notification(self, status: Any) -> None:
        async with self._news:
            self.statuses.append(status)
            self._news.notify_all()

    async def until(self, condition: Any) -> None:
        """Wait until what was heard fulfils a condition."""
        async with asyncio.timeout(10), self._news:
            await self._news.wait_for(condition)
