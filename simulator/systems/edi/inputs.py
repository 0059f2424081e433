"""What the gateway can be asked: one strict model an operation."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from simulator.core.fields import Id, Text
from simulator.core.ports import Strict
from simulator.plant.trading import AdviceNote, Received, Verdict
from simulator.systems._pages import Paged

Standing = Literal["open", "settled", "rejected", "overdue"]


class Receive(Received):
    """An interchange that a contract has read."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class ListConversations(Paged):
    """Which conversations: any mix of filters."""

    partner: Id | None = None
    po: Id | None = None
    shipment: Id | None = None
    asn: Id | None = None
    sscc: Id | None = None
    control: Id | None = Field(None, description="an interchange control number")
    state: Standing | None = None


class ListOverdue(Paged):
    """Whose answers are overdue."""

    partner: Id | None = None


class OneInterchange(Strict):
    """An interchange by its control number; leading zeros do not count."""

    partner: Id
    control: Id
    way: Literal["out", "in"] = Field("out", description="out: sent by the partner's stand-in")


class Replay(Strict):
    """An interchange that is sent once more, byte for byte."""

    partner: Id
    control: Id


class Send(Strict):
    """A document that a partner sends now."""

    partner: Id
    document: Id = Field(description="ship-notice, purchase-order, forecast …")
    content: dict[str, Any] = Field(
        default_factory=dict,
        description="its fields; number, date, sender and partner are filled in where absent",
    )


class SendAdvice(Strict):
    """A partner's application advice (824, APERAK) about a document that it received."""

    partner: Id
    about: Id = Field(description="the kind of document: ship-notice, purchase-order …")
    number: Id = Field(description="its number")
    verdict: Literal["accepted", "accepted-with-errors", "rejected"] = "rejected"
    notes: list[AdviceNote] = Field(default_factory=list)
    po: Id | None = None
    shipment: Id | None = None


class Reject(Strict):
    """A document that a partner refuses after it acknowledged it."""

    partner: Id
    number: Id = Field(description="the document's number, or its interchange control number")
    reason: Id = Field("unknown-order", description="a finding by name")
    text: Text = ""


class Acknowledge(Strict):
    """A partner acknowledges an interchange by hand (997, CONTRL)."""

    partner: Id
    control: Id
    verdict: Verdict = "accepted"
    codes: list[Id] = Field(default_factory=list, description="element=code: AK502=4, 0085=29")
