"""What the gateway remembers: interchanges, conversations, and who still owes an answer.

All of it is plain data, and bounded: the oldest is forgotten first, and how much was is counted.
Look-ups are derived, and built anew after a restore.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from simulator.core.durations import Instant
from simulator.plant.trading import Interchange

Way = Literal["in", "out"]
Stand = Literal["", "waiting", "accepted", "accepted-with-errors", "partially-accepted", "rejected"]
MOST_KEYS = 2_000  # values of one business key that a conversation is found by
MOST_SAID = 1_000  # interchanges that a conversation names
THREADS = ("po", "shipment", "asn", "schedule", "invoice", "about")
"""The keys that hold a conversation together, the strongest first."""
FOUND_BY = (*THREADS, "sscc", "control", "acknowledges")


@dataclass
class Counters:
    """How far one partner's numbers have been counted."""

    interchange: int = 0
    group: int = 0
    document: int = 0


@dataclass
class Said:
    """One document of an interchange, and what was answered to it."""

    document: str
    number: str
    group: str = ""
    set_control: str = ""
    code: str = ""
    stand: Stand = ""  # what the acknowledgement said
    refused: bool = False  # it could not be read, and was not used
    advice: str = ""  # what the application said: accepted, rejected …
    reasons: list[str] = field(default_factory=list)
    conversation: str = ""


@dataclass
class Exchanged:
    """An interchange that crossed the border."""

    partner: str
    control: str
    way: Way
    at: Instant
    said: list[Said]
    awaits: list[str] = field(default_factory=list)  # documents that have to answer it
    overdue: bool = False
    ticket: int | None = None  # of the moment at which patience ends
    answers: list[str] = field(default_factory=list)  # "functional-acknowledgement accepted"
    findings: list[str] = field(default_factory=list)
    sent: int = 1  # times that it was sent or received

    @property
    def name(self) -> str:
        """Its place in the ledger."""
        return place(self.way, self.partner, self.control)


@dataclass
class Conversation:
    """What was said about one order, shipment or schedule, in both directions."""

    id: str
    partner: str
    began: Instant
    last: Instant
    keys: dict[str, list[str]] = field(default_factory=dict)
    exchanged: list[str] = field(default_factory=list)
    forgotten: int = 0


@dataclass
class State:
    """The gateway's own state."""

    counters: dict[str, Counters] = field(default_factory=dict)
    exchanged: dict[str, Exchanged] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)  # interchanges as JSON, for replays
    conversations: dict[str, Conversation] = field(default_factory=dict)
    used: dict[str, dict[str, str]] = field(default_factory=dict)  # partner: control: digest
    waiting: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # for one interchange
    conversed: int = 0
    forgotten: dict[str, int] = field(default_factory=dict)  # kind: how many


def place(way: Way, partner: str, control: str) -> str:
    """Where an interchange stands in the ledger; leading zeros do not count."""
    return f"{way}/{partner}/{control.lstrip('0') or '0'}"


class Ledger:
    """Writes and finds what the state holds."""

    def __init__(self, state: State, exchanged: int, texts: int, conversations: int) -> None:
        self.state = state
        self._most = {"interchanges": exchanged, "texts": texts, "conversations": conversations}
        self._threads: dict[tuple[str, str, str], str] = {}
        self._groups: dict[tuple[str, str], str] = {}
        self._numbers: dict[tuple[Way, str, str, str], tuple[str, int]] = {}
        for conversation in state.conversations.values():
            for key in THREADS:
                for value in conversation.keys.get(key, ()):
                    self._threads.setdefault((conversation.partner, key, value), conversation.id)
        for one in state.exchanged.values():
            self._note(one)

    def _note(self, one: Exchanged) -> None:
        for index, said in enumerate(one.said):
            if one.way == "out" and said.group:
                self._groups[one.partner, said.group] = one.name
            self._numbers[one.way, one.partner, said.document, said.number] = one.name, index

    # --- writing ------------------------------------------------------------------------------

    def enter(
        self, interchange: Interchange, way: Way, now: Instant, codes: list[str]
    ) -> Exchanged:
        """Put an interchange down, each of its documents into a conversation."""
        one = Exchanged(interchange.partner, interchange.control, way, now, [])
        for enclosed in interchange.contents:
            document = enclosed.said
            said = Said(
                document.document, document.number, enclosed.group, enclosed.control, enclosed.code
            )
            keys = {**document.keys(), "control": [interchange.control]}
            said.conversation = self._converse(one, keys, now)
            one.said.append(said)
        one.findings = codes
        self.state.exchanged.pop(one.name, None)
        self.state.exchanged[one.name] = one
        self._note(one)
        self._forget("interchanges", self.state.exchanged)
        return one

    def keep(self, name: str, text: str) -> None:
        """Keep an interchange whole, so that it can be sent again."""
        self.state.texts[name] = text
        self._forget("texts", self.state.texts)

    def _forget(self, kind: str, entries: dict[str, Any]) -> None:
        while len(entries) > self._most[kind]:
            gone = entries.pop(next(iter(entries)))
            self.state.forgotten[kind] = self.state.forgotten.get(kind, 0) + 1
            if isinstance(gone, Exchanged):
                self._unnote(gone)
            elif isinstance(gone, Conversation):
                for key in THREADS:
                    for value in gone.keys.get(key, ()):
                        if self._threads.get((gone.partner, key, value)) == gone.id:
                            del self._threads[gone.partner, key, value]

    def _unnote(self, gone: Exchanged) -> None:
        for said in gone.said:
            if self._groups.get((gone.partner, said.group)) == gone.name:
                del self._groups[gone.partner, said.group]
            number = (gone.way, gone.partner, said.document, said.number)
            if self._numbers.get(number, ("", 0))[0] == gone.name:
                del self._numbers[number]

    def _converse(self, one: Exchanged, keys: dict[str, list[str]], now: Instant) -> str:
        """The conversation that a document belongs to, or a new one; it learns the keys."""
        named = [(key, value) for key in THREADS for value in keys.get(key, ())]
        known = (self._threads.get((one.partner, key, value)) for key, value in named)
        found = next(filter(None, known), None)
        if found is None:
            found = self._answered(one, keys)
        if found is None:
            self.state.conversed += 1
            found = f"C{self.state.conversed:07d}"
            self.state.conversations[found] = Conversation(found, one.partner, now, now)
            self._forget("conversations", self.state.conversations)
        conversation = self.state.conversations[found]
        for key in FOUND_BY:
            have = conversation.keys.setdefault(key, []) if keys.get(key) else []
            for value in keys.get(key, ()):
                if value not in have and len(have) < MOST_KEYS:
                    have.append(value)
                    if key in THREADS:
                        self._threads.setdefault((one.partner, key, value), found)
        conversation.last = now
        if one.name not in conversation.exchanged:
            conversation.exchanged.append(one.name)
        while len(conversation.exchanged) > MOST_SAID:
            conversation.exchanged.pop(0)
            conversation.forgotten += 1
        return found

    def _answered(self, one: Exchanged, keys: dict[str, list[str]]) -> str | None:
        """An acknowledgement belongs to the conversation of what it answers."""
        way: Way = "in" if one.way == "out" else "out"
        for control in keys.get("acknowledges", ()):
            answered = self.answered(way, one.partner, control)
            if answered is not None and answered.said:
                name = answered.said[0].conversation
                return name if name in self.state.conversations else None
        return None

    # --- finding ------------------------------------------------------------------------------

    def find(self, way: Way, partner: str, control: str) -> Exchanged | None:
        """An interchange by its control number."""
        return self.state.exchanged.get(place(way, partner, control))

    def answered(self, way: Way, partner: str, acknowledges: str) -> Exchanged | None:
        """What an acknowledgement answers: by group (X12), else by interchange control number."""
        group = acknowledges.lstrip("0") or "0"
        if way == "out" and (name := self._groups.get((partner, group))) is not None:
            return self.state.exchanged.get(name)
        if way == "in":
            for one in reversed(self.state.exchanged.values()):
                if one.way == "in" and one.partner == partner:
                    groups = {said.group.lstrip("0") for said in one.said if said.group}
                    if group in groups:
                        return one
        whole = self.find(way, partner, acknowledges)
        return None if whole is None or any(said.group for said in whole.said) else whole

    def said(
        self, way: Way, partner: str, document: str, number: str
    ) -> tuple[Exchanged, Said] | None:
        """The interchange and the document of this number, the newest that is known."""
        name, index = self._numbers.get((way, partner, document, number), ("", 0))
        one = self.state.exchanged.get(name)
        return None if one is None else (one, one.said[index])
