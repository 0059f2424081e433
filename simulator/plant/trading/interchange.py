"""An interchange: the envelope in which documents cross the border, and what was found in one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, field_serializer, field_validator

from simulator.core.document import revive
from simulator.core.durations import Instant
from simulator.core.ports import Document
from simulator.plant.trading.answers import (
    ApplicationAdvice,
    FunctionalAcknowledgement,
    InterchangeAcknowledgement,
)
from simulator.plant.trading.parts import Part, Sender, TradingDocument, distinct

Standard = Literal["x12", "edifact"]
ACKNOWLEDGEMENTS = (FunctionalAcknowledgement, InterchangeAcknowledgement)
ANSWERS = (*ACKNOWLEDGEMENTS, ApplicationAdvice)
"""What nobody acknowledges."""


class Enclosed(Part):
    """A document in its inner envelope: ST/SE in GS/GE, or UNH/UNT."""

    said: TradingDocument
    control: str = ""  # ST02, UNH 0062; the contract's own counting where empty
    group: str = ""  # GS06; documents of one group stand side by side. Empty for EDIFACT
    code: str = ""  # 856, DESADV: as read; the contract's choice where empty

    @field_validator("said", mode="before")
    @classmethod
    def _revive(cls, value: Any) -> Any:
        return revive(value["document"], value) if isinstance(value, dict) else value

    @field_serializer("said")
    def _with_name(self, said: TradingDocument) -> dict[str, Any]:
        return {"document": said.document, **said.model_dump(mode="json")}


class Interchange(Document):
    """One interchange, ISA to IEA or UNB to UNZ.

    `control` is ISA13 or UNB 0020. `oddities` are the deliberate breaches with which a contract is
    to write it (`Contract.oddities`), each with its parameters; none for an honest one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    document: ClassVar[str] = "interchange"

    partner: str
    sender: Sender
    control: str
    at: Instant
    contents: list[Enclosed] = Field(default_factory=list)
    test: bool = False
    wants_acknowledgement: bool = False  # ISA14, UNB 0031: an interchange acknowledgement
    oddities: dict[str, dict[str, Any]] = Field(default_factory=dict)

    @property
    def said_as(self) -> str:
        """The name of what it carries, where that is of one kind, else `interchange`."""
        names = {one.said.document for one in self.contents}
        return next(iter(names)) if len(names) == 1 else self.document

    @classmethod
    def names(cls) -> set[str]:
        """Its own, and that of whatever it may carry."""
        return {cls.document} | _named(TradingDocument)

    def documents(self) -> Iterator[TradingDocument]:
        """What it carries, in order."""
        for one in self.contents:
            yield one.said

    def keys(self) -> dict[str, list[str]]:
        keys = distinct(
            control=self.control, group=[one.group for one in self.contents], partner=self.partner
        )
        for said in self.documents():
            for name, values in said.keys().items():
                have = keys.setdefault(name, [])
                have.extend(one for one in values if one not in have)
        return keys


def _named(kind: type[TradingDocument]) -> set[str]:
    own = kind.__dict__.get("document")
    below = [_named(one) for one in kind.__subclasses__()]
    return set().union({own} if own else (), *below)


Level = Literal["bytes", "interchange", "group", "set", "segment", "element", "content"]


class Finding(Part):
    """Something that is not as it should be, by name and place.

    `offset` counts bytes from the start of the file, `line` lines from 1, `segment` segments of the
    transaction set or message from 1 (ST, UNH). `codes` are what an acknowledgement says of it, as
    `element=code`. A tolerated finding was read past, because the partner's profile says so or
    because it does no harm.
    """

    name: str
    level: Level
    what: str
    tolerated: bool = False
    offset: int | None = None
    line: int | None = None
    tag: str = ""
    segment: int | None = None
    element: int | None = None
    component: int | None = None
    set_control: str = ""
    group: str = ""
    codes: list[str] = Field(default_factory=list)


class Received(BaseModel):
    """An interchange as a contract understood it: the input of a gateway's `receive`.

    `answers` are the acknowledgements that a right counterparty gives by the partner's profile;
    when they are sent, and whether what was read is used, is the gateway's to decide.
    `refused_sets` are the control numbers of the sets or messages that may not be used; one that
    stands in several groups has its group's before it: `12/0001`.
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    interchange: Interchange
    findings: list[Finding] = Field(default_factory=list)
    answers: list[FunctionalAcknowledgement | InterchangeAcknowledgement] = Field(
        default_factory=list
    )
    refused_sets: list[str] = Field(default_factory=list)
    digest: str = ""  # of the bytes: the same interchange again, or another under its number
    more: list[Received] = Field(default_factory=list)  # that followed in the same file


__all__ = [
    "ACKNOWLEDGEMENTS", "ANSWERS", "ApplicationAdvice", "Enclosed", "Finding", "Interchange",
    "Level", "Received", "Standard",
]  # fmt: skip
