"""The EDI gateway: interchanges out and in, acknowledgements, conversations and replays.

Documents that a partner's stand-in tells go out in the partner's envelope; what the plant's
integration sends comes in, is acknowledged by the partner's profile, and told to whom it concerns.
"""

from __future__ import annotations

from typing import Any, ClassVar

import orjson
from pydantic import BaseModel, ValidationError

from simulator.core.document import revive
from simulator.core.durations import Span
from simulator.core.errors import Refusal, UnknownName, not_found
from simulator.core.ports import Document, System, operation
from simulator.core.routes import violations
from simulator.plant import Plant
from simulator.plant.documents import OverdueAcknowledgement
from simulator.plant.trading import (
    ApplicationAdvice,
    Interchange,
    PartnerProfile,
    ReceivingAdvice,
    TradingDocument,
)
from simulator.systems._pages import Page, page_in_order
from simulator.systems.edi import inputs as ask
from simulator.systems.edi import views
from simulator.systems.edi.answers import by_hand
from simulator.systems.edi.envelopes import Envelopes
from simulator.systems.edi.ledger import State
from simulator.systems.edi.settings import Settings


class Edi(Envelopes, System[Plant]):
    """Stands in for the trading partners' EDI gateways."""

    kind: ClassVar[str] = "edi"
    summary: ClassVar[str] = "EDI gateway: envelopes, acknowledgements, conversations, replays"
    State: ClassVar[Any] = State
    Settings: ClassVar[type[BaseModel]] = Settings
    says: ClassVar[tuple[type[Document], ...]] = (Interchange, OverdueAcknowledgement)

    def on(self, document: Document) -> None:
        if isinstance(document, OverdueAcknowledgement):
            self.stage.emit(self.kind, document)
        if not isinstance(document, TradingDocument) or document.sender != "partner":
            return
        profile = self.profiles.get(document.partner)
        if profile is None:
            return  # a partner without EDI: what it says reaches the plant by other ways
        wait = _patience(profile, document)
        if wait == 0:
            self._say(profile, document)
        elif wait is not None:
            self._later(wait, document)

    # --- in -----------------------------------------------------------------------------------

    @operation
    def receive(self, asked: ask.Receive) -> dict[str, Any]:
        """Take an interchange that the plant sends to a partner, and answer it."""
        result = self._take(asked)
        if asked.more:
            result["more"] = [self._take(one) for one in asked.more]
        return result

    # --- out ----------------------------------------------------------------------------------

    @operation
    def send(self, asked: ask.Send) -> views.InterchangeView:
        """Let a partner send any trading document, as it stands."""
        profile = self._profile(asked.partner)
        given = {
            "number": self._number(asked.partner), "at": self.stage.now, **asked.content,
            "partner": asked.partner, "sender": "partner",
        }  # fmt: skip
        return self._sent(profile, _typed(asked.document, given))

    @operation
    def send_advice(self, asked: ask.SendAdvice) -> views.InterchangeView:
        """Let a partner say whether it can use a document (824, APERAK), at once."""
        advice = ApplicationAdvice(
            partner=asked.partner, sender="partner", number=self._number(asked.partner),
            at=self.stage.now, about=asked.about, about_number=asked.number,
            verdict=asked.verdict, notes=asked.notes, po=asked.po or "",
            shipment=asked.shipment or "",
        )  # fmt: skip
        return self._sent(self._profile(asked.partner), advice)

    @operation
    def reject(self, asked: ask.Reject) -> views.InterchangeView:
        """Let a partner refuse the content of a document that it received."""
        profile = self._profile(asked.partner)
        for one in reversed(self.state.exchanged.values()):
            if one.way != "in" or one.partner != asked.partner:
                continue
            for said in one.said:
                if asked.number in (said.number, one.control, one.control.lstrip("0")):
                    notes = [{"reason": asked.reason, "text": asked.text}]
                    advice = ApplicationAdvice.model_validate(
                        {
                            "partner": asked.partner, "sender": "partner", "notes": notes,
                            "number": self._number(asked.partner), "at": self.stage.now,
                            "about": said.document, "about_number": said.number,
                            "verdict": "rejected",
                        }
                    )  # fmt: skip
                    return self._sent(profile, advice)
        raise not_found("received document", asked.number)

    @operation
    def acknowledge(self, asked: ask.Acknowledge) -> views.InterchangeView:
        """Let a partner acknowledge a received interchange by hand (997, CONTRL)."""
        profile = self._profile(asked.partner)
        one = self.ledger.find("in", asked.partner, asked.control)
        if one is None:
            raise not_found("received interchange", asked.control)
        answer = by_hand(one, asked.verdict, list(asked.codes), self.stage.now)
        return self._sent(profile, answer)

    @operation
    def replay(self, asked: ask.Replay) -> views.InterchangeView:
        """Send an interchange once more, byte for byte as it was."""
        one = self.ledger.find("out", asked.partner, asked.control)
        text = self.state.texts.get(one.name) if one is not None else None
        if one is None or text is None:
            raise not_found("interchange to be sent again", asked.control)
        one.sent += 1
        self._emit(Interchange.model_validate_json(text))
        return views.interchange_view(one)

    # --- what there is ------------------------------------------------------------------------

    @operation(reads=True)
    def get_interchange(self, asked: ask.OneInterchange) -> views.InterchangeView:
        """One interchange: what it carried, and what answered it."""
        one = self.ledger.find(asked.way, asked.partner, asked.control)
        if one is None:
            raise not_found("interchange", asked.control)
        text = self.state.texts.get(one.name)
        whole: dict[str, Any] | None = None if text is None else orjson.loads(text)
        return views.interchange_view(one, whole)

    @operation(reads=True)
    def list_conversations(self, asked: ask.ListConversations) -> views.Conversations:
        """Conversations by order, shipment, notice, label or control number, oldest first."""
        state = self.state
        wanted = {
            name: getattr(asked, name)
            for name in ("po", "shipment", "asn", "sscc", "control")
            if getattr(asked, name) is not None
        }

        def fits(one: Any) -> bool:
            return (
                asked.partner in (None, one.partner)
                and all(_has(one.keys.get(name, ()), value) for name, value in wanted.items())
                and (asked.state is None or views.standing(state, one) == asked.state)
            )

        page = page_in_order(
            list(state.conversations.values()), asked, lambda one: one.id,
            lambda one: views.conversation_view(state, one), fits,
        )  # fmt: skip
        gone = state.forgotten.get("conversations", 0)
        return views.Conversations(page.items, page.next, self.settings.conversations, gone)

    @operation(reads=True)
    def list_overdue(self, asked: ask.ListOverdue) -> Page[views.OverdueView]:
        """Interchanges whose acknowledgements are overdue, oldest first."""
        return page_in_order(
            list(self.state.exchanged.values()), asked, lambda one: one.name,
            views.overdue_view,
            lambda one: one.overdue and asked.partner in (None, one.partner),
        )  # fmt: skip

    # --- on the agenda ------------------------------------------------------------------------

    def due_answer(self, said: dict[str, Any]) -> None:
        """An answer's time has come."""
        document = revive(said["document"], said)
        assert isinstance(document, TradingDocument)
        profile = self.profiles.get(document.partner)
        if profile is not None:
            self._say(profile, document.model_copy(update={"at": self.stage.now}))

    def due_flush(self, partner: str) -> None:
        """What a partner said at one moment leaves in one interchange."""
        waiting = [revive(one["document"], one) for one in self.state.waiting.pop(partner, [])]
        if waiting and partner in self.profiles:
            self._wrap(self.profiles[partner], [_trading(one) for one in waiting])

    def due_overdue(self, interchange: str) -> None:
        """A partner's patience is at its end."""
        one = self.state.exchanged.get(interchange)
        if one is None or not one.awaits:
            return
        one.overdue, one.ticket = True, None
        for awaited in one.awaits:
            late = OverdueAcknowledgement(
                partner=one.partner, control=one.control,
                group=one.said[0].group if one.said else "", awaited=awaited,
                documents=[said.document for said in one.said],
                about=[said.number for said in one.said], sent=one.at, at=self.stage.now,
            )  # fmt: skip
            self.stage.record("edi.overdue", keys=late.keys(), document=awaited, system=self.kind)
            self.plant.tell(late)

    def _later(self, wait: Span, document: TradingDocument) -> None:
        said = {"document": document.document, **document.model_dump(mode="json")}
        self.stage.after(wait, "edi.answer", said=said)

    def _sent(self, profile: PartnerProfile, document: TradingDocument) -> views.InterchangeView:
        return views.interchange_view(self._wrap(profile, [document]))

    def _profile(self, partner: str) -> PartnerProfile:
        found = self.profiles.get(partner)
        if found is None:
            raise not_found("partner profile for", partner)
        return found

    def _number(self, partner: str) -> str:
        counters = self._counters(partner)
        counters.document += 1
        return str(counters.document)


def _patience(profile: PartnerProfile, document: TradingDocument) -> Span | None:
    """How long a partner takes before it says something; None where it never says it."""
    times = profile.acknowledge
    if isinstance(document, ApplicationAdvice):
        good = document.verdict == "accepted"
        return None if good and not times.accepted_content else times.application
    return times.receipt if isinstance(document, ReceivingAdvice) else 0


def _has(values: Any, wanted: str) -> bool:
    return wanted in values or wanted.lstrip("0") in {one.lstrip("0") for one in values}


def _typed(name: str, given: dict[str, Any]) -> TradingDocument:
    """A trading document from plain data. Raises Refusal."""
    try:
        return _trading(revive(name, given))
    except ValidationError as error:
        raise violations(error) from None
    except UnknownName as error:
        raise Refusal(str(error)) from None


def _trading(document: Document) -> TradingDocument:
    if not isinstance(document, TradingDocument):
        raise Refusal(f"{document.document} is no trading document")
    return document
