"""What the stand-ins of trading partners share: their profiles, and the advice that they give."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator

from simulator.core.durations import Instant
from simulator.plant.trading import AdviceNote, ApplicationAdvice, Partner, TradingDocument


def _once(value: list[Partner]) -> list[Partner]:
    names = [one.partner for one in value]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"two profiles speak for {min(twice)}")
    return value


Profiles = Annotated[list[Partner], AfterValidator(_once)]
"""In settings: profiles by the names of their files in partners/, one for each partner."""


def advice(
    about: TradingDocument,
    notes: Sequence[AdviceNote],
    number: str,
    now: Instant,
    lenient: Collection[str] = (),
) -> ApplicationAdvice:
    """What a partner says of a document's content (824, APERAK): accepted where there are no notes.

    Notes whose reasons are `lenient` are remarked on, and refuse nothing.
    """
    verdict: Literal["accepted", "accepted-with-errors", "rejected"] = "accepted"
    if notes:
        mild = all(one.reason in lenient for one in notes)
        verdict = "accepted-with-errors" if mild else "rejected"
    keys = about.keys()
    return ApplicationAdvice(
        partner=about.partner, sender="partner", number=number, at=now, about=about.document,
        about_number=about.number, verdict=verdict, notes=list(notes),
        po=next(iter(keys.get("po", ())), ""), shipment=next(iter(keys.get("shipment", ())), ""),
    )  # fmt: skip
