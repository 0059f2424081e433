"""X12 that others read and write: ansi-x12 and mock-edi, each in an environment of its own.

They run as processes of their own (.ci/install-oracles makes the environments), read files and
answer in JSON.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from simulator.contracts.x12 import X12
from simulator.contracts.x12.scan import scan
from simulator.core.durations import DAY, HOUR, Instant
from simulator.core.gs1 import sscc
from simulator.core.message import Request
from simulator.plant.trading import (
    CallOff,
    Enclosed,
    Forecast,
    HandlingUnit,
    Interchange,
    Invoice,
    PackedItem,
    PurchaseOrder,
    PurchaseOrderChange,
    PurchaseOrderResponse,
    Received,
    ShipNotice,
    TradingDocument,
)
from simulator.plant.trading.answers import FunctionalAcknowledgement, SetNote
from tests.contracts.x12.sets import profile

ORACLES = Path(__file__).resolve().parents[3] / ".oracles"
MARCH_2: Instant = 1_772_409_600_000_000  # 2026-03-02
WHO: dict[str, Any] = {"partner": "BEARCO", "sender": "partner", "at": MARCH_2}
LINE: dict[str, Any] = {
    "line": "1", "item": "BEARING", "supplier_item": "GEAR-100", "quantity": 40, "price": "8.90",
}  # fmt: skip
CARTONS = 40


def run(environment: str, script: str, *arguments: str | Path) -> Any:
    """What a script prints as JSON, in an environment of its own."""
    python = ORACLES / environment / "bin" / "python"
    if not python.is_file():
        pytest.skip(f".oracles/{environment} is missing: run .ci/install-oracles")
    ran = subprocess.run(
        [python, "-c", script, *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def contract(version: str = "004010", **changes: Any) -> X12:
    """An endpoint of the partner's."""
    return X12("edi", {}, {}, X12.Settings(partner=profile(version, **changes)))


def wire(by: X12, *said: TradingDocument) -> bytes:
    """Documents in an interchange, as they go over the wire."""
    one = Interchange(
        partner="BEARCO", sender=said[0].sender, control="7", at=MARCH_2,
        contents=[Enclosed(said=document) for document in said],
    )  # fmt: skip
    request = by.render(one)
    assert request is not None
    return request.body


def received(by: X12, body: bytes) -> Received:
    """What a gateway gets of it."""
    found = by.decode(Request(body=body)).input
    assert isinstance(found, Received)
    return found


def notice(**changes: Any) -> ShipNotice:
    """A pallet with cartons, each with its label."""
    cartons = [
        HandlingUnit(
            package="carton",
            sscc=sscc(2 + number),
            items=[
                PackedItem(line="1", item="BEARING", supplier_item="GEAR-100", po="4711",
                           quantity=Decimal(1), cumulative=Decimal(number + 1), lot="L-1")
            ],
        )
        for number in range(CARTONS)
    ]  # fmt: skip
    given: dict[str, Any] = WHO | {
        "number": "SN-1", "shipment": "S-1", "carrier": "ABCD", "shipped": MARCH_2,
        "expected": MARCH_2 + DAY, "units": [HandlingUnit(sscc=sscc(1), units=cartons)],
    }  # fmt: skip
    return ShipNotice(**given | changes)


def schedule(kind: type[Any], number: str) -> TradingDocument:
    """A forecast or a call-off."""
    line = {
        "item": "BEARING", "received": 100, "counted_from": MARCH_2 - 60 * DAY,
        "last_quantity": 10, "last_receipt": "S-0",
        "demands": [
            {"quantity": 40, "start": MARCH_2 + 6 * HOUR, "reference": "K-1"},
            {"quantity": 60, "start": MARCH_2 + 7 * DAY, "commitment": "production"},
        ],
    }  # fmt: skip
    made: TradingDocument = kind.model_validate(WHO | {"number": number, "lines": [line]})
    return made


ORDER = PurchaseOrder.model_validate(
    WHO | {"number": "4711", "currency": "USD", "due": MARCH_2 + 7 * DAY, "lines": [LINE],
           "parties": [{"role": "ship-to", "id": "P1", "scheme": "buyer", "name": "GEARBOX",
                        "street": "1 MAIN STREET", "city": "ATLANTA", "region": "GA",
                        "postcode": "30309", "country": "US"}]}
)  # fmt: skip
CHANGE = PurchaseOrderChange.model_validate(
    WHO | {"number": "4711", "change_number": "1", "currency": "USD",
           "lines": [LINE | {"change": "price"}]}
)  # fmt: skip
ANSWER = PurchaseOrderResponse.model_validate(
    WHO | {"number": "A-1", "po": "4711", "currency": "USD",
           "lines": [LINE | {"due": MARCH_2 + 7 * DAY}]}
)  # fmt: skip
INVOICE = Invoice.model_validate(
    WHO | {"number": "R-1", "po": "4711", "shipment": "S-1", "currency": "USD", "lines": [LINE],
           "tax": "24.92", "total": "380.92"}
)  # fmt: skip
FORECAST, CALL = schedule(Forecast, "F-1"), schedule(CallOff, "R-1")
RECEIPT = FunctionalAcknowledgement.model_validate(
    WHO | {"number": "9", "acknowledges": "9", "group": "SH", "verdict": "accepted",
           "sets": [SetNote(code="856", control="0001", verdict="accepted")],
           "included": 1, "received": 1, "accepted": 1}
)  # fmt: skip
DOCUMENTS: list[TradingDocument] = [
    notice(), ORDER, CHANGE, ANSWER, ANSWER.model_copy(update={"of_change": True}), INVOICE,
    FORECAST, CALL, RECEIPT,
]  # fmt: skip
WAYS: list[dict[str, Any]] = [
    {},
    {"version": "005010"},
    {"ship_notice": "0002", "one_per_group": False},
    {"ship_notice": "0004", "delimiters": {"line_end": "\r\n"}},
    {"delimiters": {"element": "+", "component": ":", "segment": "'"}},
]

# --- ansi-x12 -----------------------------------------------------------------------------------

ANSI = """
import json, sys
from x12 import parse_x12_interchange, tokenize_x12

out = []
for name in sys.argv[1:]:
    one = parse_x12_interchange(tokenize_x12(open(name, "rb").read()))
    out.append([
        [group.header.element(1).decode(), group.header.element(8).decode(), [
            [[part.tag, [element.decode() for element in part.elements]]
             for part in (said.header, *said.segments, said.trailer)]
            for said in group.transactions
        ]]
        for group in one.groups
    ])
print(json.dumps(out))
"""


def test_ansi_x12_reads_what_we_write(tmp_path: Path) -> None:
    """Every segment and element as we write it, every count and control number right."""
    files: list[Path] = []
    bodies: list[bytes] = []
    for number, document in enumerate(DOCUMENTS):
        for way, changes in enumerate(WAYS):
            by = contract(**changes)
            bodies.append(wire(by, document, document))
            files.append(tmp_path / f"{number}-{way}.edi")
            files[-1].write_bytes(bodies[-1])
            assert [one.name for one in received(by, bodies[-1]).findings] == (
                ["carriage-returns"] if way == 3 else []
            )
    for body, groups in zip(bodies, run("readers", ANSI, *files), strict=True):
        (ours,) = scan(body)
        mark = ours.header.delimiters.component
        theirs: list[tuple[str, list[str]]] = [
            (tag, elements)
            for _, _, sets in groups
            for segments in sets
            for tag, elements in segments
        ]
        inside = [one for one in ours.segments if one.tag not in ("GS", "GE", "IEA")]
        assert theirs == [
            (one.tag, [element.replace("\x1f", mark) for element in one.elements]) for one in inside
        ]


# --- mock-edi -----------------------------------------------------------------------------------

READS = """
import dataclasses, json, sys
from mockedi import transactions, validate, x12

READERS = {
    "850": transactions.read_order, "860": transactions.read_change,
    "855": transactions.read_response, "865": transactions.read_change_response,
    "856": transactions.read_despatch, "810": transactions.read_invoice,
}
out = []
for name in sys.argv[1:]:
    one = x12.parse(open(name, encoding="latin-1", newline="").read())
    report = validate.validate(one)
    sets = []
    for said, group in zip(report.messages, [m for g in one.groups for m in g.messages]):
        reader = READERS.get(said.code)
        model = dataclasses.asdict(reader(group, "X12")) if reader else {}
        sets.append([said.code, said.known, said.accepted, said.summary(), model])
    out.append([
        [str(one) for one in report.envelope_errors], report.group_errors,
        [one.note for one in report.interchange_findings], sets,
    ])
print(json.dumps(out, default=str))
"""


def told(tmp_path: Path, bodies: Iterable[bytes]) -> list[Any]:
    """What mock-edi makes of each."""
    files = []
    for number, body in enumerate(bodies):
        files.append(tmp_path / f"{number}.edi")
        files[-1].write_bytes(body)
    found: list[Any] = run("mock-edi", READS, *files)
    return found


def test_mock_edi_accepts_what_we_write(tmp_path: Path) -> None:
    """It knows neither 830 nor 862; of what it knows it says that it accepts it.

    Its dictionary lacks segments that X12 has (MAN, PKG, SLN …); it names those, and reads on.
    """
    known = [one for one in DOCUMENTS if one not in (FORECAST, CALL)]
    cases = [(one, changes) for one in known for changes in WAYS[:4]]
    answers = told(tmp_path, (wire(contract(**changes), one) for one, changes in cases))
    for (document, changes), (envelope, groups, interchange, sets) in zip(
        cases, answers, strict=True
    ):
        assert (envelope, groups, interchange) == ([], {}, [])
        ((code, is_known, accepted, summary, _),) = sets
        assert (is_known, accepted) == (True, True), (code, changes, summary)
        if not isinstance(document, ShipNotice):
            assert summary == "accepted", (code, changes)


def test_mock_edi_understands_what_we_write(tmp_path: Path) -> None:
    plain = [ORDER, CHANGE, ANSWER, INVOICE, notice()]
    answers = told(tmp_path, (wire(contract(), one) for one in plain))
    order, change, answer, invoice, shipped = (sets[0][4] for *_, sets in answers)
    assert (order["po_number"], order["currency"]) == ("4711", "USD")
    assert order["requested_on"] == "2026-03-09"
    assert order["parties"]["ST"]["city"] == "ATLANTA"
    assert [(one["sku"], one["quantity"], one["price"]) for one in order["lines"]] == [
        ("GEAR-100", "40", "8.9")
    ]
    assert (change["po_number"], change["sequence"]) == ("4711", "1")
    assert [one["action"] for one in change["lines"]] == ["PC"]
    assert (answer["po_number"], answer["verdict"], answer["seller_order"]) == ("4711", "AD", "A-1")
    assert [(one["status"], one["confirmed"]) for one in answer["lines"]] == [("IA", "40")]
    assert answer["lines"][0]["scheduled_on"] == "2026-03-09"
    assert (invoice["invoice_number"], invoice["po_number"]) == ("R-1", "4711")
    assert (invoice["total"], invoice["tax"], invoice["shipment_id"]) == (
        "380.92", "24.92", "S-1",
    )  # fmt: skip
    assert (shipped["shipment_id"], shipped["po_number"], shipped["scac"]) == (
        "SN-1", "4711", "ABCD",
    )  # fmt: skip
    assert len(shipped["items"]) == CARTONS
    assert {(one["sku"], one["quantity"]) for one in shipped["items"]} == {("GEAR-100", "1")}


def test_mock_edi_finds_what_we_break(tmp_path: Path) -> None:
    """So that its acceptance above says something: the same order, not quite right."""
    sound = wire(contract(), ORDER)
    broken = [
        sound.replace(b"BEG*00*SA*4711**20260302~", b""),
        sound.replace(b"SE*", b"SE*9"),
        sound.replace(b"IEA*1*", b"IEA*2*"),
    ]
    for envelope, groups, interchange, sets in told(tmp_path, broken):
        assert envelope or groups or interchange or not sets[0][2]


WRITES = """
import json, sys
from mockedi.testing import Mock

with Mock.start() as mock:
    answer = mock.send(open(sys.argv[1], encoding="latin-1", newline="").read())
    mock.advance(everything=True)
    said = [[row["code"], row["payload"]] for row in mock.mailbox(leave=True)]
print(json.dumps([answer["accepted"], said]))
"""


def test_what_mock_edi_writes_is_read(tmp_path: Path) -> None:
    """It sells to us: it acknowledges an order, answers it, ships, and sends its invoice.

    It puts PID and REF behind ACK, where a 855 has no place for them: that is named, and read past.
    """
    buyer = contract(
        identifiers={"partner": {"id": "MOCKEDI"}, "plant": {"id": "ACME"}},
        tolerates=["carriage-returns"],
    )
    order = ORDER.model_copy(update={"sender": "plant"})
    (tmp_path / "order.edi").write_bytes(wire(buyer, order))
    accepted, payloads = run("mock-edi", WRITES, tmp_path / "order.edi")
    assert accepted
    said: dict[str, Any] = {}
    for code, payload in payloads:
        found = received(buyer, payload.encode("latin-1"))
        assert found.refused_sets == []
        assert [one.name for one in found.findings if not one.tolerated] == [], code
        odd = {one.tag for one in found.findings if one.name == "unknown-segment"}
        assert odd <= ({"PID", "REF"} if code == "855" else set()), code
        (said[code],) = found.interchange.documents()
    assert set(said) == {"997", "855", "856", "810"}
    assert said["997"].verdict == "accepted"
    assert (said["855"].po, said["855"].answer) == ("4711", "accepted")
    assert [(one.item, one.answer, one.quantity) for one in said["855"].lines] == [
        ("GEAR-100", "accepted", 40)
    ]
    (shipped,) = said["856"].contents()
    assert (shipped.item, shipped.quantity, shipped.po, shipped.ordered) == (
        "GEAR-100", 40, "4711", 40,
    )  # fmt: skip
    assert said["856"].number == said["810"].shipment != ""
    assert (said["810"].po, said["810"].currency) == ("4711", "USD")
    assert said["810"].lines[0].price == Decimal("8.90")
    total = sum(one.quantity * one.price for one in said["810"].lines) + said["810"].tax
    assert said["810"].total == total
