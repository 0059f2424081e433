"""What can be said of bytes: a tree of what they are, what is wrong, and what is to be answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Node:
    """One level of the tree: `856 0001`, `pallet`, `ISA13 control number`."""

    label: str
    value: str = ""
    offset: int | None = None  # bytes from the start of the file
    line: int | None = None  # from 1
    children: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong, by name and place. `tolerated`: it was read past, and does no harm."""

    name: str
    what: str
    where: str = ""  # like `set 0001, segment 12 (LIN), element 3`
    offset: int | None = None
    line: int | None = None
    tolerated: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """What a right counterparty answers: in words, and as it goes over the wire."""

    document: str  # functional-acknowledgement …
    wire: str  # 997, TA1, CONTRL
    verdict: str
    codes: tuple[str, ...] = ()
    raw: str = ""


@dataclass(slots=True)
class Inspection:
    """Everything there is to say about some bytes."""

    kind: str  # the contract's: x12, edifact
    summary: str  # one line: what it is, from whom to whom
    tree: list[Node] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)
    answers: list[Answered] = field(default_factory=list)
    documents: list[dict[str, Any]] = field(default_factory=list)  # typed, as JSON-able data
    readable: bool = True

    @property
    def whole(self) -> bool:
        """Nothing is wrong that is not tolerated."""
        return self.readable and all(one.tolerated for one in self.flaws)
