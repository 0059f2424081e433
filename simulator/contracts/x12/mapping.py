"""Between transaction sets and trading documents: what a file in `documents/` exports."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from simulator.contracts.x12.segments import Segment
from simulator.core.durations import Instant
from simulator.core.registry import plugged
from simulator.plant.trading.interchange import Finding, Level
from simulator.plant.trading.partners import PartnerProfile
from simulator.plant.trading.parts import Sender, TradingDocument
from simulator.plant.trading.rightness import RIGHT, code

Write = Callable[[Any, PartnerProfile], list[Segment]]
Read = Callable[[list[Segment], "Reading"], TradingDocument]
PLUGGED = "x12_documents"
"""The sub-package of a plug-in package that is walked as `documents/` is."""


@dataclass(slots=True)
class Reading:
    """What a transaction set is read with, and what was found wrong with its content.

    `partner` is the partner's name in the plant, `code` the set's (856), `version` its group's
    (004010), `at` the group's own date, for documents that do not say theirs.
    """

    profile: PartnerProfile
    partner: str
    sender: Sender
    code: str
    version: str
    at: Instant
    control: str = ""  # ST02
    group: str = ""  # GS06
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
        known = code(name, "x12", "AK")
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
                group=self.group,
                codes=[known] if known else [],
            )
        )


@dataclass(frozen=True, slots=True)
class Mapping:
    """How one kind of document is written as one transaction set, and read from it.

    Both leave ST and SE out. `group` is the functional identifier (GS01): SH, PO …; empty for TA1,
    which stands in no group. `read` never raises for what a partner may send: it says
    `how.found(...)` and goes on. Where one kind of document has several sets (855 and 865),
    `suits` says which documents are written with this one.
    """

    code: str
    group: str
    document: type[TradingDocument]
    write: Write
    read: Read
    suits: Callable[[Any], bool] | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """Every mapping there is, and where it is found."""

    all: tuple[Mapping, ...]
    by_code: dict[str, Mapping]
    by_document: dict[type[TradingDocument], list[Mapping]]


def mappings() -> tuple[Mapping, ...]:
    """Every mapping: those of `x12_documents` in packages of STAGEFLOOR_PLUGINS, then those of
    the files in `documents/`, in the order of their names. Of two for one code the first reads."""
    return _known(plugged(PLUGGED)).all


@cache
def _known(others: tuple[str, ...]) -> _Known:
    from simulator.contracts.x12 import documents

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


def reads(code: str) -> Mapping | None:
    """The mapping that reads this transaction set; None where there is none."""
    return _known(plugged(PLUGGED)).by_code.get(code)


def writes(document: TradingDocument, code: str = "") -> Mapping | None:
    """The mapping that writes this document, as `code` where that can be; None for none."""
    known = _known(plugged(PLUGGED)).by_document.get(type(document), [])
    return next((one for one in known if one.code == code), None) or next(
        (one for one in known if _suits(one, document)), None
    )


def _suits(mapping: Mapping, document: TradingDocument) -> bool:
    return mapping.suits is None or mapping.suits(document)
