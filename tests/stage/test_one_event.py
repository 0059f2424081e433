"""A good unit is one event seen three times: over OPC UA, over Sparkplug, and by the MES.

Random runs of a small plant, on real servers and at any speed: at the moment of each confirmation,
the counters on both wires show what was confirmed. Moments are those of the source, so that nothing
has to be waited for.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import aiomqtt
from asyncua import Client, ua
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from simulator.contracts.sparkplug.payload import read
from simulator.core.durations import parse_span
from simulator.core.errors import Refusal
from simulator.plant.documents import Confirmation
from simulator.stage.site import Site

PLANT = """
plant: twice
zone: UTC
items: {STEEL: {bin: RAW}, GEAR: {kind: make, bin: OUT}, PIN: {kind: make, bin: OUT}}
boms:
  GEAR: {components: [{item: STEEL, quantity: 1}]}
  PIN: {components: [{item: STEEL, quantity: 0.1}]}
routings:
  GEAR:
    operations:
      - no: 10
        work_centre: TURN
        setup: 3m
        cycle: {lognormal: {shift: 40s, median: 6s, sigma: 0.6}}
        scrap: 6%
        rework: 8%
        confirm_every: 5
      - {no: 20, work_centre: WASH, cycle: 8s, confirm_every: 7}
  PIN: {operations: [{no: 10, work_centre: TURN, cycle: 9s, scrap: 2%, confirm_every: 20}]}
work_centres:
  TURN:
    machines: [{id: T1}, {id: T2, pace: 1.2}]
    breakdowns:
      up: {gamma: {mean: 30m, variation: 0.7}}
      repair: {lognormal: {median: 4m, sigma: 0.5}}
  WASH: {machines: [{id: W1}]}
warehouses: {MAIN: {bins: [RAW, OUT]}}
stock: [{item: STEEL, quantity: 5000, bin: RAW, lot: S-1}]
systems:
  mes: {}
  plc:
    settings: {plcs: {CELL: {machines: [T1, T2, W1], scan: 1m, tags: {Mark: 0}}}}
    endpoints:
      opcua: {transport: opcua, contract: opcua, port: 0}
      mqtt: {transport: mqtt, contract: sparkplug, port: 0}
"""
MACHINES = ("T1", "T2", "W1")
COUNTERS = ("Admin/ProdGoodCount", "Admin/ProdDefectiveCount")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Course = dict[tuple[str, str], list[tuple[int, int]]]  # (machine, counter) -> (µs, value)

STEPS = st.one_of(
    st.tuples(st.sampled_from(["GEAR", "PIN"]), st.integers(1, 60)),
    st.tuples(st.just("run"), st.integers(1, 40)),
    st.tuples(st.just("down"), st.integers(1, 15)),
    st.tuples(st.sampled_from(["hold", "unhold", "stop", "reset", "start"]), st.integers(0, 2)),
    st.tuples(st.sampled_from(["Pause", "Resume", "Cancel"]), st.integers(0, 3)),
)


class Twice:
    """The plant, started; what both wires said, and what was confirmed."""

    def __init__(self, site: Site, stage: Any, heard: Course) -> None:
        self.site, self.stage, self.heard = site, stage, heard
        self.confirmed: list[tuple[int, str, int, int]] = []  # when, where, good and bad so far
        self.orders: list[str] = []
        self._sums: dict[str, list[int]] = {name: [0, 0] for name in MACHINES}
        stage.plant.observers.append(self._confirm)

    def _confirm(self, document: Any) -> None:
        if isinstance(document, Confirmation):
            sums = self._sums[document.machine]
            sums[0] += int(document.yield_quantity)
            sums[1] += int(document.scrap + document.rework)
            self.confirmed.append((document.at, document.machine, *sums))  # type: ignore[arg-type]

    async def do(self, what: str, amount: int) -> None:
        """One random step; what the plant does not take as things stand is left out."""
        act = self.stage.act
        with contextlib.suppress(Refusal, IndexError):
            if what == "run":
                await self.pass_time(f"{amount}m")
            elif what in ("GEAR", "PIN"):
                given = {"item": what, "quantity": amount, "release": True}
                name = f"O{len(self.orders)}"
                act({"do": "mes.create_order", "with": {**given, "id": name}})
                self.orders.append(name)
            elif what == "down":
                given = {"machine": "T1", "span": f"{amount}m"}
                act({"do": "mes.report_downtime", "with": given})
            elif what in ("Pause", "Resume", "Cancel"):
                act({"do": "plc.job", "with": {"command": what, "order": self.orders[amount]}})
            else:
                given = {"machine": MACHINES[amount], "command": what}
                act({"do": "plc.command", "with": given})

    async def pass_time(self, span: str) -> None:
        """Let plant time pass at once, and everything be said."""
        goal = self.stage.now + parse_span(span)
        self.stage.act({"step": span})
        await self.stage.run_until(goal)
        await self.stage.settled()

    async def history(self) -> Course:
        """What OPC UA's history has of every counter."""
        found: Course = {}
        async with Client(self.stage.urls()["plc.opcua"]["url"]) as client:
            index = await client.get_namespace_index("urn:stagefloor:twice:plc")
            for machine in MACHINES:
                for counter in COUNTERS:
                    node = client.get_node(ua.NodeId(f"CELL/{machine}/{counter}", index))
                    values = await node.read_raw_history(EPOCH + timedelta(days=1), _END)
                    found[machine, counter] = [
                        (micros(one.SourceTimestamp), one.Value.Value) for one in values
                    ]
        return found


_END = datetime(9000, 1, 1, tzinfo=UTC)


def micros(moment: datetime) -> int:
    return (moment.replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)


@contextlib.asynccontextmanager
async def twice(seed: int) -> AsyncIterator[Twice]:
    """The plant on its servers, with somebody who listens at the broker."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "plants" / "twice.yaml"
        file.parent.mkdir()
        file.write_text(json.dumps(YAML(typ="safe").load(PLANT)))
        site = Site(port=0, payloads=Path(folder))
        stage = site.add(file, seed=seed)
        await site.start()
        try:
            stage.act({"pause": True})
            broker = urlsplit(stage.urls()["plc.mqtt"]["url"])
            async with aiomqtt.Client(str(broker.hostname), broker.port or 0) as client:
                await client.subscribe("spBv1.0/#")
                made = Twice(site, stage, defaultdict(list))
                yield made
                await heard_to_the_end(made, client)
        finally:
            await site.stop()


async def heard_to_the_end(plant: Twice, client: aiomqtt.Client) -> None:
    """Set a mark, and hear everything up to it."""
    plant.stage.act({"do": "plc.force", "with": {"plc": "CELL", "tag": "Mark", "value": 1}})
    async with asyncio.timeout(20):
        async for message in client.messages:
            device = str(message.topic).rpartition("/")[2]
            for one in read(bytes(message.payload)).metrics:
                if one.name in COUNTERS:
                    plant.heard[device, one.name].append(((one.at or 0) * 1000, one.value))
                elif (one.name, one.value) == ("Mark", 1):
                    return


def shown(course: list[tuple[int, int]], at: int) -> int:
    """What a counter showed at a moment."""
    return next((value for when, value in reversed(course) if when <= at), 0)


async def play(steps: list[tuple[str, int]], seed: int) -> None:
    async with twice(seed) as plant:
        for what, amount in [("GEAR", 30), *steps, ("run", 60)]:
            await plant.do(what, amount)
        history = await plant.history()
    assume(plant.confirmed)  # in a short run, nothing may be finished
    for at, machine, *sums in plant.confirmed:
        for counter, wanted in zip(COUNTERS, sums, strict=True):
            assert shown(history[machine, counter], at) == wanted, "over OPC UA"
            assert shown(plant.heard[machine, counter], at) == wanted, "over Sparkplug"


# each example starts two servers, so a failing one is shown as it was found
@settings(max_examples=12, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.lists(STEPS, max_size=12), st.integers(0, 99))
def test_counters_on_both_wires_agree_with_every_confirmation(
    steps: list[tuple[str, int]], seed: int
) -> None:
    asyncio.run(play(steps, seed))
