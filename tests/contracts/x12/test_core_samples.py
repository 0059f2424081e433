"""Real files that nobody here wrote: what they are, what is wrong with them, what they are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simulator.contracts.x12 import X12
from simulator.contracts.x12.scan import pieces
from simulator.core.inspection import Inspection


def inspected(samples: Path, name: str) -> Inspection:
    return X12.inspect((samples / "edi" / f"x12-{name}.edi").read_bytes())


def said(one: Inspection) -> dict[str, Any]:
    (document,) = one.documents
    return document


def test_every_byte_comes_back(samples: Path) -> None:
    files = sorted((samples / "edi").glob("x12-*"))
    assert len(files) >= 7
    for file in files:
        raw = file.read_bytes()
        assert X12.recognises(raw)
        assert X12.inspect(raw).readable
        assert b"".join(one.raw for one in pieces(raw)) == raw


WHOLE = {
    "214": ("000001644 from CPC to 00602679321: 19 × 214 004010", ["newline-terminator"]),
    "810-and-850": (
        "000000020 from SENDERISA to RECEIVERISA: 2 × 810 004010, 850 003010", ["carriage-returns"]
    ),
    "824-005010": ("000095071 from 9254110060 to 123456789: 824 005010", ["carriage-returns"]),
    "856-004060": (
        "000003438 from ABCDEFGHIJKLMNO to 123456789012345: 856 004060", ["newline-terminator"]
    ),
    "862": ("000000001 from SENDER to RECEIVER: 862 004010", ["carriage-returns"]),
    "943": ("000000001 from SENDER to RECEIVER: 943 004010", ["carriage-returns"]),
    "944": ("000000001 from SENDER to RECEIVER: 944 004010", ["carriage-returns"]),
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE)
def test_each_is_what_it_is_and_is_accepted(samples: Path, name: str) -> None:
    summary, odd = WHOLE[name]
    one = inspected(samples, name)
    assert one.summary == f"X12 interchange {summary}"
    assert [flaw.what for flaw in one.flaws if not flaw.tolerated] == []
    assert {flaw.name for flaw in one.flaws} >= set(odd)
    assert {answer.verdict for answer in one.answers} == {"accepted"}
    assert all(answer.raw for answer in one.answers)


def test_shipment_statuses_that_count_with_zeros(samples: Path) -> None:
    one = inspected(samples, "214")
    (answer,) = one.answers
    assert answer.wire == "997"
    assert answer.raw.splitlines()[1].startswith("GS*FA*00602679321*CPC*")
    assert "AK1*QM*000001644\n" in answer.raw
    assert "AK9*A*19*19*19\n" in answer.raw
    assert len(one.documents) == 19
    assert one.documents[0]["document"] == "shipment-status"
    assert one.documents[0]["events"][0]["status"] == "XB"


def test_two_groups_are_answered_one_by_one(samples: Path) -> None:
    one = inspected(samples, "810-and-850")
    assert [answer.wire for answer in one.answers] == ["997", "997"]
    assert "~\nAK1*IN*1~\nAK2*810*000000001~\nAK5*A~\nAK2*810*000000002~" in one.answers[0].raw
    assert "~\nAK1*PO*" in one.answers[1].raw
    assert [said["document"] for said in one.documents] == [
        "invoice", "invoice", "purchase-order",
    ]  # fmt: skip


def test_the_lines_of_an_order_are_shown(samples: Path) -> None:
    root = inspected(samples, "810-and-850").tree[0]
    order = next(one for one in root.children if one.label == "group PO").children[-1]
    shown = [(one.label, one.value) for one in order.children]
    first = shown.index(("line", "1"))
    assert shown[first + 1 : first + 3] == [("item IN", "02006"), ("quantity EA", "150")]


def test_an_application_advice(samples: Path) -> None:
    advice = said(inspected(samples, "824-005010"))
    assert (advice["document"], advice["verdict"]) == ("application-advice", "accepted")
    assert advice["set_code"] == "834"


def test_a_ship_notice_whose_envelope_names_two_versions(samples: Path) -> None:
    one = inspected(samples, "856-004060")
    notice = said(one)
    assert (notice["document"], notice["number"]) == ("ship-notice", "829716")
    assert [item["quantity"] for item in notice["items"]] == ["24", "6"]
    (answer,) = one.answers
    assert answer.raw.splitlines()[1].endswith("*X*004060")


def test_a_call_off_that_wants_an_interchange_acknowledgement(samples: Path) -> None:
    one = inspected(samples, "862")
    assert [(answer.wire, answer.verdict) for answer in one.answers] == [
        ("TA1", "accepted"), ("997", "accepted"),
    ]  # fmt: skip
    assert "TA1*000000001*231014*1200*A*000~" in one.answers[0].raw
    call = said(one)
    assert call["document"] == "call-off"
    assert [demand["quantity"] for demand in call["lines"][0]["demands"]] == ["13", "77", "68"]


@pytest.mark.parametrize(
    ("name", "document"),
    [("943", "warehouse-transfer-advice"), ("944", "warehouse-receipt-advice")],
)
def test_a_warehouse(samples: Path, name: str, document: str) -> None:
    found = said(inspected(samples, name))
    assert found["document"] == document
    assert [line["quantity"] for line in found["lines"]] == ["100"]
