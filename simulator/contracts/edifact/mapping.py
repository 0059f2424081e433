"""Between messages and trading documents: what a file in `documents/` exports, found by walking."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from simulator.contracts.edifact.segments import Segment
from simulator.core.durations import Instant
from simulator.plant.trading.interchange import Finding, Level
from simulator.plant.trading.partners import PartnerProfile
from simulator.plant.trading.parts import Sender, TradingDocument
from simulator.plant.trading.rightness import RIGHT, code

Write = Callable[[Any, PartnerProfile], list[Segment]]
Read = Callable[[list[Segment], "Reading"], TradingDocument]


@dataclass(slots=True)
class Reading:
    """What a message is read with, and what was found wrong with its content.

    `partner` is the partner's name in the plant, `code` the message's type (DESADV), `version` its
    directory (D96A), `at` the interchange's own date, for documents that do not say theirs.
    """

    profile: PartnerProfile
    partner: str
    sender: Sender
    code: str
    version: str
    at: Instant
    control: str = ""  # UNH 0062
    findings: list[Finding] = field(default_factory=list)

    def found(
        self,
        name: str,
        what: str,
        segment: Segment | None = None,
        element: int | None = None,
        component: int | None = None,
        *,
        tolerated: bool | None = None,
    ) -> None:
        """Say that something is wrong with the content (a name of `RIGHT`), and read on.

        Whether it is tolerated is the profile's to say, unless `tolerated` does.
        """
        right = RIGHT.get(name)
        level: Level = right.level if right is not None else "content"
        known = code(name, "edifact", "0085")
        self.findings.append(
            Finding(
                name=name,
                level=level,
                what=what,
                tolerated=name in self.profile.tolerates if tolerated is None else tolerated,
                offset=segment.offset if segment is not None else None,
                line=segment.line if segment is not None else None,
                tag=segment.tag if segment is not None else "",
                segment=(segment.index or None) if segment is not None else None,
                element=element,
                component=component,
                set_control=self.control,
                codes=[known] if known else [],
            )
        )


@dataclass(frozen=True, slots=True)
class Mapping:
    """How one kind of document is written as one type of message, and read from it.

    Both leave UNH and UNT out. `group` is the functional group's identifier, empty for EDIFACT.
    `read` never raises for what a partner may send: it says `how.found(...)` and goes on.
    """

    code: str
    group: str
    document: type[TradingDocument]
    write: Write
    read: Read


@cache
def mappings() -> tuple[Mapping, ...]:
    """Every mapping of every file in `documents/`, in the order of their names."""
    from simulator.contracts.edifact import documents

    found: list[Mapping] = []
    for member in sorted(pkgutil.iter_modules(documents.__path__), key=lambda one: one.name):
        module = importlib.import_module(f"{documents.__name__}.{member.name}")
        found.extend(getattr(module, "MAPPINGS", ()))
    return tuple(found)


@cache
def _by_code() -> dict[str, Mapping]:
    found: dict[str, Mapping] = {}
    for one in mappings():
        found.setdefault(one.code, one)
    return found


@cache
def _by_document() -> dict[type[TradingDocument], list[Mapping]]:
    found: dict[type[TradingDocument], list[Mapping]] = {}
    for one in mappings():
        found.setdefault(one.document, []).append(one)
    return found


def reads(message: str) -> Mapping | None:
    """The mapping that reads this type of message; None where there is none."""
    return _by_code().get(message)


def writes(document: type[TradingDocument], message: str = "") -> Mapping | None:
    """The mapping that writes this kind of document, as `message` where that is one of several."""
    known = _by_document().get(document, [])
    return next((one for one in known if one.code == message), known[0] if known else None)
