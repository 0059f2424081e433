"""Lines of orders, their answers and invoices: PO1, POC and IT1 begin alike.

A price is that of one unit: where it is said per hundred or per thousand (639), it is divided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from itertools import count

from simulator.contracts.x12.documents._read import (
    described,
    goods,
    number_of,
    numbers,
    quantity,
    text,
    unit,
)
from simulator.contracts.x12.mapping import Reading
from simulator.contracts.x12.segments import Segment, seg
from simulator.core.durations import Instant
from simulator.plant.trading.parts import Reference

_BASES = {"HP": Decimal(100), "TP": Decimal(1000)}
"""Element 639, as far as a price is not that of one unit."""
DUE = ("002", "106", "010", "074", "067", "069", "068", "017", "038", "063", "118", "037", "064")
"""Element 374: when something is wanted or promised, the plainest first."""


@dataclass(frozen=True, slots=True)
class Line:
    """What the first segment of a line says, and the texts below it."""

    line: str
    item: str
    supplier_item: str
    gtin: str
    description: str
    quantity: Decimal
    unit: str
    price: Decimal | None
    named: dict[str, str]  # all its numbers, by qualifier


def read_line(
    block: Sequence[Segment], place: int, how: Reading, *, amount: int, measure: int, price: int
) -> Line:
    """A line from its block. `amount`, `measure` and `price` are the elements that say quantity,
    unit and price; the basis of the price follows it, and then the pairs of numbers. `place`
    numbers a line that has no number of its own.
    """
    head = block[0]
    named = goods(head, price + 2)
    item, supplier_item, gtin = numbers(named)
    return Line(
        line=text(head, 1) or str(place), item=item or next(iter(named.values()), ""),
        supplier_item=supplier_item, gtin=gtin,
        description=described(one for one in block if one.tag == "PID") or named.get("PD", ""),
        quantity=quantity(how, head, amount), unit=unit(how, head, measure),
        price=_price(how, head, price), named=named,
    )  # fmt: skip


def _price(how: Reading, head: Segment, element: int) -> Decimal | None:
    said = number_of(how, head, element)
    basis = _BASES.get(text(head, element + 1))
    if said is None or basis is None:
        return said
    with localcontext(prec=100):  # so that nothing is rounded
        return said / basis


def numbered(blocks: Iterable[list[Segment]]) -> Iterator[tuple[list[Segment], int]]:
    """Blocks with their places, from 1."""
    return zip(blocks, count(1), strict=False)


def first_date(found: dict[str, Instant], qualifiers: Iterable[str] = DUE) -> Instant | None:
    """The date of the first of these qualifiers that is there."""
    return next((found[one] for one in qualifiers if one in found), None)


def currency(code: str, entity: str) -> list[Segment]:
    """CUR; `entity` is whose currency it is (98)."""
    return [seg("CUR", entity, code)] if code else []


def read_currency(segments: Iterable[Segment]) -> str:
    """The first currency that is named."""
    return next((text(one, 2) for one in segments if one.tag == "CUR" and one.has(2)), "")


def also(references: list[Reference], kind: str, value: str) -> list[Reference]:
    """References with one more that a first segment names, where they do not have it."""
    if not value or any(one.kind == kind for one in references):
        return references
    return [*references, Reference(kind=kind, value=value)]
