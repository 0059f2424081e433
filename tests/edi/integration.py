"""The integration's side of the border: interchanges that it sends, and answers that it reads."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import urllib.request
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import asyncssh

from simulator.core.message import Request
from simulator.core.ports import Contract
from simulator.core.registry import registry
from simulator.plant.trading import (
    Enclosed,
    Interchange,
    PartnerProfile,
    PurchaseOrder,
    Standard,
    TradingDocument,
)
from simulator.plant.trading.orders import OrderLine

ROOT = Path(__file__).resolve().parents[2]
AT = 1_772_434_800_000_000  # 2026-03-02T07:00Z
PLANT = """\
plant: border
zone: UTC
items:
  SEAL: {supplier: DICHTRING, bin: A-01}
  BEARING: {supplier: BEARCO, bin: A-01}
suppliers: {DICHTRING: {}, BEARCO: {}}
warehouses: {MAIN: {bins: [A-01, {id: REC, kind: receiving}]}}
systems:
  edi:
    settings: {partners: [%s]}
    endpoints:
"""
PARTNER = """\
partner: %s
standard: %s
version: "%s"
identifiers:
  partner: {id: %s, qualifier: "14"}
  plant: {id: BORDER, qualifier: "14"}
acknowledge: {interchange: null, group: 1s, application: null, receipt: null}
"""
VERSIONS: dict[str, str] = {"x12": "004010", "edifact": "D96A"}


def make(folder: Path, standard: Standard, partner: str, endpoint: str) -> Path:
    """A folder of payloads with a plant that has one partner; where the plant file is."""
    for name in ("plants", "partners"):
        (folder / name).mkdir(parents=True)
    text = PARTNER % (partner, standard, VERSIONS[standard], partner)
    (folder / "partners" / f"{partner.lower()}.yaml").write_text(text)
    plant = folder / "plants" / "border.yaml"
    plant.write_text(PLANT % partner.lower() + f"      {partner.lower()}: {endpoint}\n")
    return plant


@cache
def contract(standard: Standard, partner: str) -> Contract:
    """The contract as the integration would have it: the same envelope, the other way round."""
    ids = {
        "partner": {"id": partner, "qualifier": "14"},
        "plant": {"id": "BORDER", "qualifier": "14"},
    }
    profile = PartnerProfile.model_validate(
        {"partner": partner, "standard": standard, "version": VERSIONS[standard],
         "identifiers": ids}
    )  # fmt: skip
    model = registry("contracts", Contract).get(standard)
    made: Contract = model("edi", {}, {}, model.Settings.model_construct(partner=profile))
    return made


def order(partner: str, number: str, item: str = "SEAL") -> PurchaseOrder:
    """An order of the plant's."""
    lines = [OrderLine(line="1", item=item, quantity=Decimal(40))]
    return PurchaseOrder(partner=partner, sender="plant", number=number, at=AT, lines=lines)


def interchange(standard: Standard, partner: str, control: int, *said: TradingDocument) -> bytes:
    """The bytes of an interchange that the integration sends."""
    contents = [
        Enclosed(said=one, control=f"{n:04d}", group=str(control) if standard == "x12" else "")
        for n, one in enumerate(said, 1)
    ]
    whole = Interchange(
        partner=partner, sender="plant", control=f"{control:09d}", at=AT, contents=contents
    )
    request = contract(standard, partner).render(whole)
    assert request is not None
    return request.body


def answers(standard: Standard, partner: str, body: bytes) -> tuple[str, list[Any]]:
    """The control number of an interchange that the partner sent, and what it says."""
    call = contract(standard, partner).decode(Request("POST", body=body))
    received: Any = call.input
    return received.interchange.control, list(received.interchange.documents())


class Served:
    """`stagefloor serve` in a process of its own."""

    process: asyncio.subprocess.Process
    said: str

    @classmethod
    async def begin(cls, folder: Path) -> Served:
        """Serve the plant of a folder, and keep it in the folder's `data`."""
        served = cls()
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("STAGEFLOOR_", "COV_"))}
        served.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "simulator", "serve", "border", "--port", "0", "--speed", "60",
            "--data", "data", cwd=folder, env={**kept, "PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        assert served.process.stdout is not None
        served.said = ""
        while "\nready in" not in served.said:
            line = await asyncio.wait_for(served.process.stdout.readline(), 30)
            assert line, served.said
            served.said += line.decode()
        return served

    def url(self, endpoint: str) -> SplitResult:
        """Where an endpoint is."""
        found = re.search(rf" {re.escape(endpoint)} .* (\S+://\S+)", self.said)
        assert found is not None, self.said
        return urlsplit(found[1])

    def ask(self, operation: str, **given: Any) -> Any:
        """Call an operation of the gateway, by the control plane."""
        found = re.search(r"control plane: (\S+)", self.said)
        assert found is not None, self.said
        request = urllib.request.Request(
            f"{found[1]}/plants/border/systems/edi/operations/{operation}",
            json.dumps(given).encode(), {"content-type": "application/json"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.loads(reply.read())["result"]

    def used_once(self, partner: str, control: int) -> bool:
        """Was the order `PO-{control}` of this interchange used, and once?"""
        there = self.ask("get_interchange", partner=partner, control=str(control), way="in")
        said = [(one["document"], one["number"], one["used"]) for one in there["documents"]]
        (talk,) = self.ask("list_conversations", po=f"PO-{control}")["items"]
        orders = [one["document"] for one in talk["said"]].count("purchase-order")
        return said == [("purchase-order", f"PO-{control}", True)] and orders == 1

    async def kill(self) -> None:
        """SIGKILL, as a machine that loses its power."""
        self.process.kill()
        await self.process.communicate()

    async def end(self) -> None:
        """Make sure that it is gone."""
        if self.process.returncode is None:
            await self.kill()


async def sftp(served: Served, partner: str) -> tuple[Any, asyncssh.SFTPClient]:
    """A session with a partner of a plant that is served."""
    url = served.url(f"edi.{partner.lower()}")
    connection = await asyncssh.connect(
        url.hostname or "", url.port or 0, username=partner.lower(), password="open",
        known_hosts=None, config=None, client_keys=None,
    )  # fmt: skip
    return connection, await connection.start_sftp_client()
