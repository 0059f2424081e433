"""Orders, invoices, schedules and ship notices that nobody here wrote; and what nobody would."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.contracts._trading import Terms
from simulator.contracts.x12.guide import find_guide
from simulator.contracts.x12.mapping import mappings
from simulator.contracts.x12.reading import read
from simulator.contracts.x12.segments import Segment
from simulator.plant.trading import Received, TradingDocument
from simulator.plant.trading.rightness import RIGHT
from tests.contracts.x12 import sets
from tests.contracts.x12.sets import profile


def received(file: Path) -> Received:
    """What is read of a file by somebody who agreed on nothing with its sender but units."""
    terms = Terms(profile(units={"pcs": "EA", "case": "CA"}), guessed=True)
    (one,) = read(file.read_bytes(), lambda _: terms)
    assert one.received.refused_sets == []
    assert {answer.verdict for answer in one.received.answers} == {"accepted"}
    return one.received


def found(one: Received) -> list[str]:
    """What was found in the sets themselves, tolerated or not."""
    return [finding.name for finding in one.findings if finding.set_control]


def test_invoices_and_an_order(samples: Path) -> None:
    """004010 and 003010 in one file; the order's dates have six digits."""
    one = received(samples / "edi" / "x12-810-and-850.edi")
    assert found(one) == []
    first, second, order = one.interchange.documents()
    lines: list[Any] = first.model_dump()["lines"]
    assert len(lines) == 7
    assert {line["unit"] for line in lines} == {"case"}
    total = sum(line["quantity"] * line["price"] for line in lines)
    assert first.model_dump()["total"] == total == Decimal("2554.38")
    assert second.keys()["po"] == ["A99999-04"]
    assert order.keys() == {
        "po": ["S115921858"], "partner": ["BEARCO"], "item": ["02006", "02008", "01019", "01220"],
    }  # fmt: skip
    assert order.at == 1_079_481_600_000_000  # 2004-03-17


def test_a_call_off(samples: Path) -> None:
    """Its hash total is wrong: that is the one thing to say against it, and no reason to refuse."""
    one = received(samples / "edi" / "x12-862.edi")
    assert found(one) == ["hash-total-wrong"]
    (call,) = one.interchange.documents()
    assert call.keys() == {
        "schedule": ["12345"], "partner": ["BEARCO"], "po": ["ORDER1"], "item": ["MATERIAL1"],
    }  # fmt: skip
    (line,) = call.model_dump()["lines"]
    assert [(one["quantity"], one["reference"]) for one in line["demands"]] == [
        (13, "12345-1"), (77, "12345-2"), (68, "12345-3"),
    ]  # fmt: skip
    assert (line["received"], line["last_quantity"], line["last_receipt"]) == (8557, 927, "Q5880")


def test_a_ship_notice(samples: Path) -> None:
    """004060, for which there is no guide: it is read by the one before, lengths aside."""
    one = received(samples / "edi" / "x12-856-004060.edi")
    assert found(one) == []
    (notice,) = one.interchange.documents()
    assert notice.keys()["po"] == ["99999817"]
    assert notice.reference("pro-number") == "5787970539"
    assert [(item["supplier_item"], item["quantity"]) for item in notice.model_dump()["items"]] == [
        ("87787D", 24),
        ("99887D", 6),
    ]


CODES = [one.code for one in mappings() if one.group]
TAGS = sorted(
    {tag for code in CODES if (known := find_guide(code, "004010")) for tag in known.tags}
)
VALUES = [
    "", "0", "1", "-5", ".5", "1e5", "9" * 40, "20260302", "20260230", "29991231", "260302", "0830",
    "2460", "EA", "TN", "BP", "PO", "01", "02", "C", "D", "FI", "002", "051", "097", "EA\x1f9",
    "\x1e", "ä", "X" * 300,
]  # fmt: skip
SEGMENTS = st.builds(
    lambda tag, elements: Segment(tag, tuple(elements)),
    st.sampled_from(TAGS),
    st.lists(st.sampled_from(VALUES), max_size=12),
)


@pytest.mark.parametrize("code", CODES)
@settings(max_examples=25, deadline=None)
@given(given_=st.lists(SEGMENTS, max_size=12))
def test_whatever_comes_is_read(code: str, given_: list[Segment]) -> None:
    """Segments of any kind in any order: a document comes of it, and findings, and no error."""
    document, names = sets.read(code, given_, profile())
    assert isinstance(document, TradingDocument)
    assert {*names, *(one.name for one in sets.checked(code, given_))} <= set(RIGHT)
