"""What we write is read by pydifact, in an environment of its own (.ci/install-oracles)."""

from __future__ import annotations

import json
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from simulator.contracts.edifact.envelope import open_envelope, stretches
from simulator.plant.trading import (
    ApplicationAdvice,
    CallOff,
    Demand,
    Forecast,
    InventoryLine,
    InventoryReport,
    Invoice,
    InvoiceLine,
    PurchaseOrderResponse,
    ReceivedLine,
    ReceivingAdvice,
    ResponseLine,
    ScheduleLine,
    TradingDocument,
)
from tests.contracts.edifact.exchange import contract, notice, order, receive, written
from tests.contracts.trading import AT, interchange

READER = Path(__file__).resolve().parents[3] / ".oracles" / "readers" / "bin" / "python"
SCRIPT = """
import json, sys
from pydifact.segmentcollection import Interchange

out = []
for name in sys.argv[1:]:
    one = Interchange.from_str(open(name, encoding="latin-1", newline="").read())
    out.append({
        "header": [one.sender, one.recipient, one.control_reference, one.syntax_identifier],
        "messages": [
            [m.type, m.reference_number, [[s.tag, s.elements] for s in m.segments]]
            for m in one.get_messages()
        ],
    })
print(json.dumps(out))
"""
WHO: dict[str, Any] = {"partner": "DICHTRING", "sender": "partner", "at": AT}
LINE: dict[str, Any] = {"line": "1", "item": "SEAL", "quantity": Decimal("40.5")}
DOCUMENTS: list[TradingDocument] = [
    notice(cartons=40),
    order(),
    PurchaseOrderResponse(**WHO, number="AB-1", po="4711", lines=[ResponseLine(**LINE)]),
    Forecast(
        **WHO, number="F-1",
        lines=[ScheduleLine(item="SEAL", demands=[Demand(quantity=Decimal(5), start=AT)])],
    ),
    CallOff(
        **WHO, number="C-1",
        lines=[ScheduleLine(item="SEAL", demands=[Demand(quantity=Decimal(5), start=AT)])],
    ),
    ReceivingAdvice(**WHO, number="W-1", asn="LS-1", lines=[ReceivedLine(**LINE)]),
    ApplicationAdvice(
        **WHO, number="V-1", about="ship-notice", about_number="L'S+1", verdict="rejected"
    ),
    Invoice(
        **WHO, number="R-1", total=Decimal(81), lines=[InvoiceLine(**LINE, price=Decimal(2))]
    ),
    InventoryReport(**WHO, number="I-1", lines=[InventoryLine(**LINE)]),
]  # fmt: skip
MARKS: list[dict[str, Any]] = [
    {},
    {"delimiters": {"line_end": "\r\n"}},
    {"delimiters": {"element": "*", "component": "=", "segment": "~", "release": "\\"}},
]


def told(files: list[Path]) -> list[dict[str, Any]]:
    if not READER.is_file():
        pytest.skip(".oracles/readers is missing: run .ci/install-oracles")
    ran = subprocess.run(
        [READER, "-c", SCRIPT, *files], capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    found: list[dict[str, Any]] = json.loads(ran.stdout)
    return found


def plain(elements: Any) -> list[Any]:
    """An element as one text where it is no composite."""
    return [one[0] if len(one) == 1 else list(one) for one in elements]


def test_pydifact_reads_what_we_write(tmp_path: Path) -> None:
    files, bodies = [], []
    for number, document in enumerate(DOCUMENTS):
        for way, marks in enumerate(MARKS):
            by = contract(**marks)
            wrapped = interchange(document, document)
            bodies.append(written(wrapped, by))
            files.append(tmp_path / f"{number}-{way}.edi")
            files[-1].write_bytes(bodies[-1])
            received = receive(bodies[-1], by)
            assert [one.name for one in received.findings if not one.tolerated] == []
    for body, theirs in zip(bodies, told(files), strict=True):
        ours = open_envelope(body, next(stretches(body)))
        assert ours is not None
        sides = [["4012345000023", "14"], ["4012345000009", "14"]]
        assert theirs["header"][:2] in (sides, sides[::-1])
        assert theirs["header"][2:] == ["000000012", ["UNOC", 3]]
        assert [one[1] for one in theirs["messages"]] == ["1", "2"]
        for message, (kind, control, segments) in zip(
            ours.messages, theirs["messages"], strict=True
        ):
            assert (kind, control) == (message.code, message.control)
            assert segments == [[one.tag, plain(one.elements)] for one in message.segments]
