"""Interchanges as bytes and as documents, for one partner; and the numbers they carry."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from examples.bridge.store import Store
from simulator.core.errors import Refusal
from simulator.core.message import Request
from simulator.core.ports import Contract
from simulator.core.registry import registry
from simulator.plant.trading import (
    Enclosed,
    Interchange,
    PartnerProfile,
    Received,
    TradingDocument,
    load_partner,
)


class NotAnInterchange(ValueError):
    """Bytes that nobody can answer; the text says why."""


class UnknownPartner(ValueError):
    """Nobody by this name has a profile, or can be reached."""


class Wire:
    """One partner's translator."""

    def __init__(self, profile: PartnerProfile, payloads: Path) -> None:
        self.profile = profile
        self.partner = profile.partner
        kind = registry("contracts", Contract).get(profile.standard)
        settings = kind.Settings.model_validate({"partner": profile})
        self._contract = kind("edi", {}, {}, settings, payloads=payloads)

    def read(self, body: bytes) -> Received:
        """What was sent, what is wrong with it, and how it is acknowledged."""
        try:
            received = self._contract.decode(Request("POST", body=body)).input
        except Refusal as refusal:
            raise NotAnInterchange(str(refusal)) from None
        assert isinstance(received, Received)
        return received

    def write(self, store: Store, documents: Sequence[TradingDocument]) -> tuple[str, bytes, str]:
        """A new interchange: its control number, its bytes, and the name of a file for it.

        Call it in a transaction: the control number is used up with the message or not at all.
        """
        number = int(store.fact(f"control/{self.partner}") or "0") + 1
        store.set_fact(f"control/{self.partner}", str(number))
        grouped = self.profile.standard == "x12"
        interchange = Interchange(
            partner=self.partner,
            sender="plant",
            control=str(number),
            at=documents[0].at,
            test=self.profile.test,
            contents=[
                Enclosed(said=said, control=f"{place:04d}", group=str(number) if grouped else "")
                for place, said in enumerate(documents, 1)
            ],
        )
        request = self._contract.render(interchange)
        assert request is not None
        return str(number), request.body, request.path or f"{self.partner}-{number:09d}.edi"


def translators(payloads: Path, partners: Sequence[str]) -> dict[str, Wire]:
    """A translator for each of these partners, by its profile. Raises UnknownPartner."""
    profiles = [load_partner(one.stem, payloads) for one in (payloads / "partners").glob("*.yaml")]
    known = {one.partner: one for one in profiles}
    for name in partners:
        if name not in known:
            there = ", ".join(sorted(known)) or "nobody"
            raise UnknownPartner(f"{payloads}/partners has no {name!r}; it has {there}")
    return {name: Wire(known[name], payloads) for name in partners}


def now() -> int:
    """µs since 1970, at whole minutes: what every date on the wire can carry."""
    return int(time.time() // 60) * 60_000_000
