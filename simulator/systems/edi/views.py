"""What the gateway shows: snapshots, as they were at the answer. Moments are Instants."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from simulator.core.durations import Instant
from simulator.systems.edi.ledger import Conversation, Exchanged, State


@dataclass(slots=True)
class SaidView:
    """One document of an interchange."""

    document: str
    number: str
    control: str
    way: str
    at: Instant
    group: str
    set_control: str
    code: str
    acknowledged: str
    used: bool
    advice: str
    reasons: list[str]


@dataclass(slots=True)
class InterchangeView:
    """An interchange, what answered it, and what it still waits for."""

    partner: str
    control: str
    way: str
    at: Instant
    documents: list[SaidView]
    awaits: list[str]
    overdue: bool
    answers: list[str]
    findings: list[str]
    sent: int
    interchange: dict[str, Any] | None = field(default=None)  # whole, where it is kept


@dataclass(slots=True)
class ConversationView:
    """What was said about one order, shipment or schedule, in order."""

    id: str
    partner: str
    state: str
    began: Instant
    last: Instant
    po: list[str]
    shipment: list[str]
    asn: list[str]
    schedule: list[str]
    sscc: list[str]
    control: list[str]
    said: list[SaidView]
    forgotten: int


@dataclass(slots=True)
class Conversations:
    """A page of conversations. `kept` is the bound; `forgotten` are those beyond it."""

    items: list[ConversationView]
    next: str | None
    kept: int
    forgotten: int


@dataclass(slots=True)
class OverdueView:
    """An answer that does not come."""

    partner: str
    control: str
    group: str
    awaits: list[str]
    documents: list[str]
    about: list[str]
    sent: Instant


def said_views(one: Exchanged) -> list[SaidView]:
    """The documents of an interchange."""
    return [
        SaidView(
            said.document, said.number, one.control, one.way, one.at, said.group,
            said.set_control, said.code, said.stand, not said.refused, said.advice,
            list(said.reasons),
        )
        for said in one.said
    ]  # fmt: skip


def interchange_view(one: Exchanged, whole: dict[str, Any] | None = None) -> InterchangeView:
    """The view of an interchange."""
    return InterchangeView(
        one.partner, one.control, one.way, one.at, said_views(one), list(one.awaits), one.overdue,
        list(one.answers), list(one.findings), one.sent, whole,
    )  # fmt: skip


def overdue_view(one: Exchanged) -> OverdueView:
    """The view of an interchange that waits in vain."""
    return OverdueView(
        one.partner, one.control, one.said[0].group if one.said else "", list(one.awaits),
        [said.document for said in one.said], [said.number for said in one.said], one.at,
    )  # fmt: skip


def standing(state: State, conversation: Conversation) -> str:
    """`overdue`, `rejected`, `open` (something waits for its answer) or `settled`."""
    named = [state.exchanged[name] for name in conversation.exchanged if name in state.exchanged]
    mine = [said for one in named for said in one.said if said.conversation == conversation.id]
    if any(one.overdue for one in named):
        return "overdue"
    if any("rejected" in (said.stand, said.advice) or said.refused for said in mine):
        return "rejected"
    return "open" if any(one.awaits for one in named) else "settled"


def conversation_view(state: State, one: Conversation) -> ConversationView:
    """The view of a conversation."""
    named = [state.exchanged[name] for name in one.exchanged if name in state.exchanged]
    said = [
        view
        for exchanged in named
        for view, fact in zip(said_views(exchanged), exchanged.said, strict=True)
        if fact.conversation == one.id
    ]
    keys = {name: list(one.keys.get(name, ())) for name in _SHOWN}
    gone = len(one.exchanged) - len(named) + one.forgotten
    return ConversationView(
        one.id, one.partner, standing(state, one), one.began, one.last, **keys, said=said,
        forgotten=gone,
    )  # fmt: skip


_SHOWN = ("po", "shipment", "asn", "schedule", "sscc", "control")
