"""What `stagefloor inspect` says of every standard in one way: by whose terms, what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from simulator.contracts._trading.terms import Terms
from simulator.core.errors import Mistake
from simulator.core.inspection import Flaw
from simulator.plant.trading.answers import FunctionalAcknowledgement, InterchangeAcknowledgement
from simulator.plant.trading.interchange import Enclosed, Finding, Interchange, Standard
from simulator.plant.trading.partners import FOLDER, PartnerProfile, load_partner

Answer = FunctionalAcknowledgement | InterchangeAcknowledgement
MOST_SHOWN = 5
"""Interchanges of one file that its summary tells."""


class Partners:
    """The partners by whose terms a file may be read: the one that is named, or all of a folder.

    Raises Mistake or Mistakes where the one that is named cannot be had; of the others, those whose
    profiles are wrong are left out, for nobody asked for them.
    """

    def __init__(
        self,
        standard: Standard,
        payloads: Path | None,
        named: str | None,
        agreed: Callable[[PartnerProfile, Path | None], Terms],
    ) -> None:
        self._standard = standard
        self._named = named
        self._agreed = agreed
        self._known = list(self._find(payloads)) if payloads is not None else []

    def between(self, sender: str, receiver: str) -> Terms | None:
        """The terms of the partner that was named, else of one whose profile names both sides."""
        for terms in self._known:
            ids = terms.profile.identifiers
            if self._named or {sender, receiver} == {ids.partner.id, ids.plant.id}:
                return terms
        return None

    def _find(self, payloads: Path) -> Iterator[Terms]:
        if self._named:
            yield self._load(self._named, payloads)
            return
        for file in sorted((payloads / FOLDER).glob("*.yaml")):
            try:
                yield self._load(file.stem, payloads)
            except (Mistake, OSError):
                continue

    def _load(self, name: str, payloads: Path) -> Terms:
        profile = load_partner(name, payloads)
        if profile.standard != self._standard:
            raise Mistake(f"{name} speaks {profile.standard}, and this is {self._standard}")
        return self._agreed(profile, payloads)


def flaw(one: Finding, unit: str, joint: str) -> Flaw:
    """A finding as it is shown; `unit` is what segments stand in, `joint` is before a component."""
    where = []
    if one.group:
        where.append(f"group {one.group}")
    if one.set_control:
        where.append(f"{unit} {one.set_control}")
    if one.tag:
        where.append(f"segment {one.segment} ({one.tag})" if one.segment else one.tag)
    if one.element is not None:
        where.append(
            f"element {one.element}" + (f"{joint}{one.component}" if one.component else "")
        )
    return Flaw(one.name, one.what, ", ".join(where), one.offset, one.line, one.tolerated)


def documents(interchange: Interchange) -> Iterator[dict[str, Any]]:
    """The documents of an interchange as JSON-able data."""
    for one in interchange.documents():
        yield {"document": one.document, **one.model_dump(mode="json")}


def enclosing(answer: Answer, control: str) -> Interchange:
    """An interchange that holds nothing but an answer."""
    return Interchange(
        partner=answer.partner, sender=answer.sender, control=control, at=answer.at,
        contents=[Enclosed(said=answer)],
    )  # fmt: skip


def summary(kind: str, control: str, sender: str, receiver: str, inside: Iterable[str]) -> str:
    """One interchange in a line. `inside` names each thing that is in it, alike ones alike."""
    counted = Counter(inside).items()
    what = ", ".join(name if n == 1 else f"{n} × {name}" for name, n in counted)
    sides = f"from {sender or '?'} to {receiver or '?'}"
    return f"{kind} interchange {control or '?'} {sides}: {what}"


def summed_up(summaries: list[str]) -> str:
    """The first few interchanges of a file in a line."""
    more = " …" if len(summaries) > MOST_SHOWN else ""
    return "; ".join(summaries[:MOST_SHOWN]) + more
