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
from simulator.core.registry import plugged
from simulator.plant.trading.interchange import Finding, Level
from simulator.plant.trading.partners import PartnerProfile
from simulator.plant.trading.parts import Sender, TradingDocument
from simulator.plant.trading.rightness import RIGHT, code

Write = Callable[[Any, PartnerProfile], list[Segment]]
Read = Callable[[list[Segment], "Reading"], TradingDocument]
PLUGGED = "edifact_documents"
"""The sub-package of a plug-in package that is walked as `documents/` is."""


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


@dataclass(frozen=True, slots=True)
class _Known:
    """Every mapping there is, and where it is found."""

    all: tuple[Mapping, ...]
    by_code: dict[str, Mapping]
    by_document: dict[type[TradingDocument], list[Mapping]]


def mappings() -> tuple[Mapping, ...]:
    """Every mapping: those of `edifact_documents` in packages of STAGEFLOOR_PLUGINS, then those of
    the files in `documents/`, in the order of their names. Of two for one code the first reads."""
    return _known(plugged(PLUGGED)).all


@cache
def _known(others: tuple[str, ...]) -> _Known:
    from simulator.contracts.edifact import documents

    names = [one.name for one in pkgutil.iter_modules(documents.__path__)]
    found: list[Mapping] = []
    for name in (*others, *(f"{documents.__name__}.{one}" for one in sorted(names))):
        found.extend(getattr(importlib.import_module(name), "MAPPINGS", ()))
    by_code: dict[str, Mapping] = {}
    by_document: dict[type[TradingDocument], list[Mapping]] = {}
    for mapping in found:
        by_code.setdefault(mapping.code, mapping)
        by_document.setdefault(mapping.document, []).append(mapping)
    return _Known(tuple(found), by_code, by_document)


def reads(message: str) -> Mapping | None:
    """The mapping that reads this type of message; None where there is none."""
    return _known(plugged(PLUGGED)).by_code.get(message)


def writes(document: type[TradingDocument], message: str = "") -> Mapping | None:
    """The mapping that writes this kind of document, as `message` where that is one of several."""
    known = _known(plugged(PLUGGED)).by_document.get(document, [])
    return next((one for one in known if one.code == message), known[0] if known else None)
