"""X12 ship notices: written and read back, and what real partners' trees say."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.core.durations import DAY, HOUR, MINUTE, SECOND, Instant
from simulator.core.gs1 import sscc
from simulator.plant.trading import HandlingUnit, PackedItem, ShipNotice
from tests.contracts import strategies
from tests.contracts.x12.sets import again, profile, refused, said, written

quick = settings(max_examples=40, deadline=None)
versions = st.sampled_from(["004010", "005010"])
MARCH_2: Instant = 1_772_409_600_000_000  # 2026-03-02


def by_order(notice: ShipNotice) -> ShipNotice:
    """Units and items in the order in which an 856 puts them: together with those of their order.

    A unit in which anything is of no order stands under none.
    """
    orders: dict[str, None] = {}
    held = []
    for unit in notice.units:
        named = [one.po for part in unit.walk() for one in part.items]
        held.append("" if "" in named else named[0])
    for po in (*held, *(one.po for one in notice.items)):
        orders.setdefault(po)
    places = list(orders)
    units = sorted(zip(held, notice.units, strict=True), key=lambda pair: places.index(pair[0]))
    items = sorted(notice.items, key=lambda one: places.index(one.po))
    return notice.model_copy(update={"units": [unit for _, unit in units], "items": items})


def packed(notice: ShipNotice) -> list[tuple[str, str]]:
    """Which label holds what, in no order."""
    held = [(unit.sscc, one) for unit in notice.walk() for one in unit.items]
    held += [("", one) for one in notice.items]
    return sorted((label, one.model_dump_json()) for label, one in held)


# --- written and read back, with nothing to say against it -------------------------------------


LABELLED_APART = strategies.ship_notices.filter(
    lambda one: len({unit.sscc for unit in one.walk()}) == len(list(one.walk()))
)
"""The same label twice is the same unit."""


@quick
@given(LABELLED_APART, versions)
def test_pallets_and_cartons_come_back(notice: ShipNotice, version: str) -> None:
    assert again(notice, profile(version, ship_notice="0001")) == (by_order(notice), [])


@quick
@given(LABELLED_APART, versions)
def test_packs_under_items_come_back(notice: ShipNotice, version: str) -> None:
    back, found = again(notice, profile(version, ship_notice="0002"))
    assert found == []
    assert packed(back) == packed(notice)


@quick
@given(strategies.ship_notices, versions)
def test_items_alone_come_back(notice: ShipNotice, version: str) -> None:
    back, found = again(notice, profile(version, ship_notice="0004"))
    assert found == []
    assert back.units == []
    wanted = [("", one.model_dump_json()) for one in notice.contents()]
    assert packed(back) == sorted(wanted)


# --- how it is written --------------------------------------------------------------------------


def notice() -> ShipNotice:
    """A pallet with two cartons of one item, in two lots."""
    cartons = [
        HandlingUnit(
            package="carton",
            sscc=sscc(2 + number),
            items=[
                PackedItem(line=str(number), item="BEARING", quantity=Decimal(40), po="4711",
                           cumulative=Decimal(40 + number * 40), lot=f"L-{number}")
            ],
        )
        for number in range(2)
    ]  # fmt: skip
    return ShipNotice(
        partner="BEARCO", sender="partner", number="SN-1", at=MARCH_2 + HOUR, shipped=MARCH_2,
        carrier="ABCD", trailer="T-9",
        units=[HandlingUnit(sscc=sscc(1), units=cartons, packaging="EURO",
                            gross_weight=Decimal("310.5"))],
    )  # fmt: skip


def test_a_ship_notice_as_it_is_written() -> None:
    _, segments = written(notice(), profile())
    assert ["*".join((one.tag, *one.elements)) for one in segments] == [
        "BSN*00*SN-1*20260302*0100*0001",
        "HL*1**S",
        "TD1*PLT*1",
        "TD5*B*2*ABCD*M",
        "TD3*TL**T-9",
        "DTM*011*20260302",
        "HL*2*1*O",
        "PRF*4711",
        "HL*3*2*T",
        "PKG*S**ZZ*EURO",
        "TD1*PLT*1****G*310.5*KG",
        f"MAN*GM*00{sscc(1)}",
        "HL*4*3*P",
        f"MAN*GM*00{sscc(2)}",
        "HL*5*4*I",
        "LIN*0*BP*BEARING",
        "SN1**40*EA*40",
        "REF*LT*L-0",
        "HL*6*3*P",
        f"MAN*GM*00{sscc(3)}",
        "HL*7*6*I",
        "LIN*1*BP*BEARING",
        "SN1**40*EA*80",
        "REF*LT*L-1",
        "CTT*7*80",
    ]


# --- as partners write it -----------------------------------------------------------------------

_HEAD = """
    BSN*00*SN-7*20260302*143000*{}
    HL*1**S
    TD1*CTN25*2****G*100*LB
    TD5**2*ABCD*M
    REF*BM*BOL-1
    DTM*011*20260302*1430*ET
    DTM*017*20260304
    N1*SF*A SUPPLIER*1*123456789
"""


def test_pallets_above_orders() -> None:
    """Shipment, pallet, carton, order, item: each item belongs to what is nearest above it."""
    document, found = said(
        "856",
        f"""{_HEAD.format("0001")}
        HL*2*1*T
        MAN*GM*{sscc(1)}
        HL*3*2*P
        MAN*GM*(00){sscc(2)}
        HL*4*3*O
        PRF*4711***20260220
        HL*5*4*I
        LIN*1*VP*B-6204*UP*012345678905
        SN1*1*24*EA*124*30*EA
        PID*F****A BEARING
        MEA**G*7*KG
        CTT*5*24
        """,
    )
    assert found == []
    assert (document.number, document.carrier) == ("SN-7", "ABCD")
    assert document.shipped == MARCH_2 + 19 * HOUR + 30 * MINUTE  # Eastern time, in winter
    assert document.expected == MARCH_2 + 2 * DAY
    assert document.gross_weight == Decimal("45.359")
    (pallet,) = document.units
    (carton,) = pallet.units
    assert (pallet.sscc, carton.sscc, pallet.items) == (sscc(1), sscc(2), [])
    assert carton.items == [
        PackedItem(
            line="1", item="B-6204", supplier_item="B-6204", gtin="012345678905",
            description="A BEARING", quantity=Decimal(24), po="4711", cumulative=Decimal(124),
            ordered=Decimal(30),
        )
    ]  # fmt: skip


def test_packs_below_items_share_them_out() -> None:
    """As each says; evenly where they do not, or where it does not add up."""
    document, found = said(
        "856",
        f"""{_HEAD.format("0002")}
        HL*2*1*O
        PRF*4711
        HL*3*2*I
        LIN**BP*BEARING
        SN1**30*EA
        HL*4*3*P
        PO4*1*20*EA
        MAN*GM*00{sscc(1)}
        HL*5*3*P
        PO4*1*10*EA
        MAN*GM*00{sscc(2)}
        HL*6*2*I
        LIN**BP*SEAL
        SN1**7*EA
        HL*7*6*P
        MAN*GM*00{sscc(1)}
        HL*8*6*P
        MAN*GM*00{sscc(3)}
        CTT*8*37
        """,
    )
    assert found == []
    assert [(one.sscc, [(o.item, o.quantity) for o in one.items]) for one in document.units] == [
        (sscc(1), [("BEARING", 20), ("SEAL", 3)]),
        (sscc(2), [("BEARING", 10)]),
        (sscc(3), [("SEAL", 4)]),
    ]


def test_a_level_that_points_to_nowhere_is_put_where_it_may_belong() -> None:
    document, found = said(
        "856",
        f"{_HEAD.format('0004')}\nHL*2*1*O\nPRF*4711\nHL*3*9*I\nLIN**BP*X\nSN1**5*EA",
    )
    assert found == ["parent-unknown"]
    assert [(one.item, one.po) for one in document.items] == [("X", "4711")]


@pytest.mark.parametrize(
    ("purpose", "expected"),
    [("00", "original"), ("14", "original"), ("05", "replace"), ("01", "cancel"),
     ("03", "cancel")],
)  # fmt: skip
def test_what_a_ship_notice_is_for(purpose: str, expected: str) -> None:
    document, _ = said("856", f"BSN*{purpose}*SN-1*20260302*143005")
    assert document.purpose == expected
    assert document.at == MARCH_2 + 14 * HOUR + 30 * MINUTE + 5 * SECOND


# --- what is wrong ------------------------------------------------------------------------------


def _tree(**changes: Any) -> str:
    said_as = {"label": sscc(1), "unit": "EA", "count": "4", "hash": "5"} | changes
    return f"""{_HEAD.format("0001")}
        HL*2*1*O
        HL*3*2*P
        MAN*GM*00{said_as["label"]}
        HL*4*3*I
        LIN**BP*X
        SN1**5*{said_as["unit"]}
        CTT*{said_as["count"]}*{said_as["hash"]}"""


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"label": sscc(1)[:-1] + str((int(sscc(1)[-1]) + 1) % 10)}, "sscc-check-digit"),
        ({"unit": "TN"}, "unknown-unit"),
        ({"count": "3"}, "line-count-wrong"),
        ({"hash": "6"}, "hash-total-wrong"),
    ],
)
def test_what_is_wrong_with_the_content_is_named(changes: dict[str, str], name: str) -> None:
    assert said("856", _tree())[1] == []
    assert said("856", _tree(**changes))[1] == [name]


@pytest.mark.parametrize("version", ["004010", "005010"])
def test_what_a_guide_refuses_a_ship_notice_for(version: str) -> None:
    item = "HL*1**I\nLIN**BP*X\nSN1**5*EA"
    assert refused("856", item, version) == [("missing-segment", "BSN", None, "AK304=3")]
    assert refused("856", "BSN*00*SN-1*20260302*1430", version) == [
        ("missing-segment", "HL", None, "AK304=3")
    ]
    assert refused("856", f"BSN*00*S*20260229*2530\n{item}", version) == [
        ("element-too-short", "BSN", 2, "AK403=4"),
        ("invalid-date", "BSN", 3, "AK403=8"),
        ("invalid-time", "BSN", 4, "AK403=9"),
    ]
    assert refused("856", f"BSN*00*SN-1*20260302*1430\n{item}\nREF*LT", version) == []
    assert refused("856", "BSN*00*SN-1*20260302*1430\nHL*1**ITEM\nSN1**A*EA", version) == [
        ("element-too-long", "HL", 3, "AK403=5"),
        ("invalid-character", "SN1", 2, "AK403=6"),
    ]


def test_a_cumulative_quantity_may_be_longer_in_005010() -> None:
    shipped = "BSN*00*SN-1*20260302*1430\nHL*1**I\nLIN**BP*X\nSN1**5*EA*1234567890"
    assert refused("856", shipped) == [("element-too-long", "SN1", 4, "AK403=5")]
    assert refused("856", shipped, "005010") == []
