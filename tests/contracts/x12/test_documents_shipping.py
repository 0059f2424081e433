"""X12 documents of shipping: written and read back, and what real partners' trees say."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.contracts.x12.mapping import Reading, reads, writes
from simulator.contracts.x12.segments import Segment, seg
from simulator.plant.trading import (
    HandlingUnit,
    PackedItem,
    PartnerProfile,
    ShipNotice,
    TradingDocument,
)
from tests.contracts import strategies


def profile(**more: Any) -> PartnerProfile:
    """A partner who speaks X12."""
    return PartnerProfile.model_validate(
        {
            "partner": "BEARCO",
            "standard": "x12",
            "version": "004010",
            "identifiers": {"partner": {"id": "BEARCO"}, "plant": {"id": "GEARBOX"}},
        }
        | more
    )


def written(document: TradingDocument, partner: PartnerProfile) -> list[Segment]:
    """The segments of a document."""
    mapping = writes(document)
    assert mapping is not None
    return mapping.write(document, partner)


def read(
    segments: list[Segment], code: str, partner: PartnerProfile, sender: str = "partner"
) -> tuple[Any, list[str]]:
    """The document in these segments, and the names of what was found wrong."""
    mapping = reads(code)
    assert mapping is not None
    how = Reading(partner, "BEARCO", sender, code, "004010", 0)  # type: ignore[arg-type]
    document = mapping.read(segments, how)
    return document, [one.name for one in how.findings]


def by_order(notice: ShipNotice) -> ShipNotice:
    """Units and items in the order in which an 856 puts them."""
    orders: dict[str, int] = {}
    held = [
        next((one.po for part in unit.walk() for one in part.items), "") for unit in notice.units
    ]
    for po in (*held, *(one.po for one in notice.items)):
        orders.setdefault(po, len(orders))
    units = [
        unit
        for _, unit in sorted(
            zip(held, notice.units, strict=True), key=lambda pair: orders[pair[0]]
        )
    ]
    items = sorted(notice.items, key=lambda one: orders[one.po])
    return notice.model_copy(update={"units": units, "items": items})


def packed(notice: ShipNotice) -> list[tuple[str, str]]:
    """Which label holds what, in no order."""
    held = [(unit.sscc, one) for unit in notice.walk() for one in unit.items]
    held += [("", one) for one in notice.items]
    return sorted((label, one.model_dump_json()) for label, one in held)


@given(strategies.ship_notices)
def test_pallets_and_cartons_come_back(notice: ShipNotice) -> None:
    partner = profile(ship_notice="0001")
    back, found = read(written(notice, partner), "856", partner, notice.sender)
    assert found == []
    assert back == by_order(notice)


@given(strategies.ship_notices)
def test_packs_under_items_come_back(notice: ShipNotice) -> None:
    labels = [unit.sscc for unit in notice.walk()]
    if len(set(labels)) < len(labels):
        return
    partner = profile(ship_notice="0002")
    segments = written(notice, partner)
    assert segments[0].get(5) == "0002"
    back, found = read(segments, "856", partner, notice.sender)
    assert found == []
    assert packed(back) == packed(notice)


@given(strategies.ship_notices)
def test_items_alone_come_back(notice: ShipNotice) -> None:
    partner = profile(ship_notice="0004")
    back, found = read(written(notice, partner), "856", partner, notice.sender)
    assert found == []
    assert back.units == []
    wanted = [("", one.model_dump_json()) for one in notice.contents()]
    assert packed(back) == sorted(wanted)
