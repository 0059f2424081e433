"""Faults of trading documents, written by each standard's contract and read by its counterparty.

What the contract alone can find it answers as `RIGHT` says; what only an application can know
reads back as it was altered, and is acknowledged, so that an advice may follow.
"""

from __future__ import annotations

from typing import Any

import pytest

from simulator.core.errors import Mistake
from simulator.core.link import Treatment
from simulator.core.message import Request
from simulator.core.ports import Contract, Fault
from simulator.core.registry import registry
from simulator.faults._edi import EdiFault
from simulator.plant.trading import (
    ACKNOWLEDGEMENTS,
    Enclosed,
    Interchange,
    PartnerProfile,
    Received,
    Standard,
    TradingDocument,
)
from simulator.plant.trading.rightness import RIGHT, Expected
from tests.faults.interchanges import EVERYTHING, Wire, interchange, notice

VERSIONS: dict[Standard, str] = {"x12": "004010", "edifact": "D96A"}
FAULTS = registry("faults", Fault)
EDI = [kind for kind in FAULTS.kinds() if issubclass(FAULTS.get(kind), EdiFault)]
OF_ACKNOWLEDGEMENTS = ("functional-acknowledgement", "interchange-acknowledgement")


def contract(standard: Standard) -> Contract:
    """MILL's contract, in which nobody is anybody else's stranger."""
    profile = PartnerProfile.model_validate(
        {
            "partner": "MILL", "standard": standard, "version": VERSIONS[standard],
            "identifiers": {"partner": {"id": "MILL"}, "plant": {"id": "GEARBOX"}},
            "units": {"xx": "XX"} if standard == "x12" else {},
        }
    )  # fmt: skip
    kind = registry("contracts", Contract).get(standard)
    return kind("edi", {}, {}, kind.Settings.model_validate({"partner": profile}))


CONTRACTS: dict[Standard, Contract] = {standard: contract(standard) for standard in VERSIONS}


def carried(by: Contract, one: Interchange) -> Received | None:
    """Written and read back. None: there is nothing in it that could be altered like this."""
    try:
        request = by.render(one)
    except Mistake as mistake:
        assert "nothing that could be spoilt" in mistake.what  # noqa: PT017
        return None
    assert request is not None
    received = by.decode(Request(body=request.body)).input
    assert isinstance(received, Received)
    return received


def sent(kind: str, document: TradingDocument) -> list[tuple[Interchange, list[str]]]:
    """Every interchange that a fault alters or adds, and what is owed for it."""
    wire = Wire(kind)
    if kind == "sscc-reused":  # it takes the label of the notice before
        wire.treat(interchange(notice("A-0", 500), control="000000011"))
    treatment: Treatment = wire.treat(interchange(document))
    altered = treatment.document
    found = [(altered, list(treatment.owes))] if isinstance(altered, Interchange) else []
    found += [
        (one.document, list(one.owes))
        for one in treatment.also
        if isinstance(one.document, Interchange)
    ]
    return found


def given(received: Received) -> set[tuple[str, str, str]]:
    """What the contract answers, by document, verdict and code."""
    return {
        (one.document, one.verdict, code) for one in received.answers for code in ("", *one.codes)
    }  # fmt: skip


def wanted(answers: tuple[Expected, ...]) -> set[tuple[str, str, str]]:
    return {(one.document, one.verdict, one.code) for one in answers}


def owed(standard: Standard, kind: str) -> bool:
    """Can this contract write what the fault asks for?"""
    return Wire(kind).actives[0].fault.writes <= CONTRACTS[standard].oddities


CASES: list[tuple[Standard, str]] = [
    (standard, kind) for standard in VERSIONS for kind in EDI if owed(standard, kind)
]


@pytest.mark.parametrize(("standard", "kind"), CASES)
def test_what_is_owed_is_found_by_the_counterparty(standard: Standard, kind: str) -> None:
    by = CONTRACTS[standard]
    seen = 0
    for document in EVERYTHING:
        for one, owes in sent(kind, document):
            received = carried(by, one)
            if received is None:
                continue
            seen += 1
            for name in owes:
                answers = RIGHT[name].answers[standard]
                found = {finding.name for finding in received.findings}
                if RIGHT[name].level != "content" and name != "duplicate-interchange":
                    assert given(received) & wanted(answers), (document.document, found)
                elif name in found:  # an advice says it, or the acknowledgement does already
                    assert _advised(answers) or given(received) & wanted(answers)
                else:
                    assert _accepted(received), received.findings
    assert seen or kind in _DROPS


_DROPS = ("asn-never", "no-acknowledgement")
"""Faults that send nothing at all."""


def _advised(answers: tuple[Expected, ...]) -> bool:
    return any(one.document not in OF_ACKNOWLEDGEMENTS for one in answers)


def _accepted(received: Received) -> bool:
    return not received.refused_sets and all(one.verdict == "accepted" for one in received.answers)


@pytest.mark.parametrize("standard", VERSIONS)
def test_honest_interchanges_are_accepted(standard: Standard) -> None:
    for document in EVERYTHING:
        received = carried(CONTRACTS[standard], interchange(document))
        assert received is not None
        assert [one.name for one in received.findings] == [], document.document
        assert _accepted(received)
        acknowledges = isinstance(document, ACKNOWLEDGEMENTS)
        assert bool(received.answers) != acknowledges


@pytest.mark.parametrize(("standard", "kind"), CASES)
def test_what_was_altered_reads_back_altered(standard: Standard, kind: str) -> None:
    """Content faults survive the wire: what arrives is what the fault made of the document."""
    by = CONTRACTS[standard]
    fault = FAULTS.get(kind)
    if fault.layer != "content" or Wire(kind).actives[0].fault.writes:
        return
    for document in EVERYTHING:
        for one, owes in sent(kind, document):
            honest = carried(by, interchange(document))
            altered = carried(by, one)
            assert _said(altered) != _said(honest), (document.document, owes)


def _said(received: Received | None) -> list[dict[str, Any]]:
    assert received is not None
    contents: list[Enclosed] = received.interchange.contents
    return [one.said.model_dump() for one in contents]
