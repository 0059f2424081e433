"""Between a standard's segments and trading documents, and how what maps them is found.

A standard says which segments these are, and which of its codes speak of content: it makes a
`Reading` and a `Mapping` of its own of these.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from simulator.core.durations import Instant
from simulator.core.registry import plugged
from simulator.plant.trading.interchange import Finding, Level, Standard
from simulator.plant.trading.partners import PartnerProfile
from simulator.plant.trading.parts import Sender, TradingDocument
from simulator.plant.trading.rightness import RIGHT, code


class Placed(Protocol):
    """What a finding asks of a segment: where it stands."""

    tag: str
    offset: int
    line: int
    index: int


@dataclass(slots=True)
class Reading:
    """What a transaction set or message is read with, and what was found wrong with its content.

    `partner` is the partner's name in the plant, `code` what is read (856, DESADV), `version` the
    group's version or the message's directory (004010, D96A), `at` the group's or interchange's own
    date, for documents that do not say theirs.
    """

    standard: ClassVar[Standard]
    element: ClassVar[str]
    """How the codes begin by which content is refused."""

    profile: PartnerProfile
    partner: str
    sender: Sender
    code: str
    version: str
    at: Instant
    control: str = ""  # ST02, UNH 0062
    group: str = ""  # GS06
    findings: list[Finding] = field(default_factory=list)

    def found(
        self,
        name: str,
        what: str,
        segment: Placed | None = None,
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
        known = code(name, self.standard, self.element)
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


S = TypeVar("S")
R = TypeVar("R", bound=Reading)


@dataclass(frozen=True, slots=True)
class Mapping(Generic[S, R]):
    """How one kind of document is written as one transaction set or message, and read from it.

    Both leave ST and SE, UNH and UNT out. `group` is the functional identifier (GS01): SH, PO …;
    empty where there is none. `read` never raises for what a partner may send: it says
    `how.found(...)` and goes on. Where one kind of document has several sets (855 and 865),
    `suits` says which documents are written with this one.
    """

    code: str
    group: str
    document: type[TradingDocument]
    write: Callable[[Any, PartnerProfile], list[S]]
    read: Callable[[list[S], R], TradingDocument]
    suits: Callable[[Any], bool] | None = None

    def writes(self, document: TradingDocument) -> bool:
        """Is it for this one, of those that are of its kind?"""
        return self.suits is None or self.suits(document)


M = TypeVar("M", bound=Mapping[Any, Any])


@dataclass(slots=True)
class _Known(Generic[M]):
    """Every mapping there is, and where it is found."""

    all: list[M] = field(default_factory=list)
    by_code: dict[str, M] = field(default_factory=dict)
    by_document: dict[type[TradingDocument], list[M]] = field(default_factory=dict)

    def add(self, mappings: Iterable[M]) -> None:
        """Take these in, behind those that are known."""
        for mapping in mappings:
            self.all.append(mapping)
            self.by_code.setdefault(mapping.code, mapping)
            self.by_document.setdefault(mapping.document, []).append(mapping)


class Mappings(Generic[M]):
    """The mappings of one standard, found by walking: nobody names them.

    Each file in the package `documents` may export some as `MAPPINGS`, and so may each file of the
    sub-package `plugged` of a package in STAGEFLOOR_PLUGINS. Plug-ins go before what is built in,
    files by their names; of two for one code the first reads.
    """

    def __init__(self, documents: str, *, plugged: str) -> None:
        self._documents = documents
        self._plugged = plugged
        self._known: dict[tuple[str, ...], _Known[M]] = {}  # by the modules of plug-ins

    def all(self) -> tuple[M, ...]:
        """Every mapping there is. From here on, their documents are known by name."""
        return tuple(self._find().all)

    def reads(self, code: str) -> M | None:
        """The mapping that reads this transaction set or message; None where there is none."""
        return self._find().by_code.get(code)

    def writes(self, document: TradingDocument, code: str = "") -> M | None:
        """The mapping that writes this document, as `code` where that can be; None for none."""
        known = self._find().by_document.get(type(document), [])
        return next((one for one in known if one.code == code), None) or next(
            (one for one in known if one.writes(document)), None
        )

    def _find(self) -> _Known[M]:
        others = plugged(self._plugged)
        if others not in self._known:
            package = importlib.import_module(self._documents)
            names = sorted(one.name for one in pkgutil.iter_modules(package.__path__))
            known: _Known[M] = _Known()
            for name in (*others, *(f"{self._documents}.{one}" for one in names)):
                known.add(getattr(importlib.import_module(name), "MAPPINGS", ()))
            self._known[others] = known
        return self._known[others]
