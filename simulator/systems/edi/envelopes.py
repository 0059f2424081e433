"""Envelopes: what goes out in one, what comes in, and which answers complete what was sent."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from simulator.core.errors import Refusal
from simulator.core.ports import Stageside
from simulator.plant import Plant
from simulator.plant.trading import (
    ACKNOWLEDGEMENTS,
    ANSWERS,
    ApplicationAdvice,
    Enclosed,
    FunctionalAcknowledgement,
    Interchange,
    InterchangeAcknowledgement,
    PartnerProfile,
    Received,
    ReceivingAdvice,
    TradingDocument,
)
from simulator.systems.edi.answers import DUPLICATE, Acknowledgement, awaited, delay, duplicate
from simulator.systems.edi.ledger import Counters, Exchanged, Ledger, State
from simulator.systems.edi.settings import Settings

LARGEST = 1_000_000_000  # an X12 control number has nine digits


class Envelopes:
    """The part of the gateway that opens and closes envelopes."""

    plant: Plant
    stage: Stageside
    settings: Settings
    state: State

    @cached_property
    def profiles(self) -> dict[str, PartnerProfile]:
        """The partners that speak EDI."""
        return {one.partner: one for one in self.settings.partners}

    @property
    def ledger(self) -> Ledger:
        """The ledger over the state; a restored state has a new one."""
        found: Ledger | None = self.__dict__.get("_ledger")
        if found is None or found.state is not self.state:
            given = self.settings
            found = Ledger(self.state, given.interchanges, given.replays, given.conversations)
            self.__dict__["_ledger"] = found
        return found

    # --- out ----------------------------------------------------------------------------------

    def _counters(self, partner: str) -> Counters:
        found = self.state.counters.get(partner)
        if found is None:
            begin = self.stage.occasion
            found = self.state.counters[partner] = Counters(begin, begin, begin)
        return found

    def _say(self, profile: PartnerProfile, document: TradingDocument) -> None:
        """Send a document; with what else is said at this moment, where the partner does so."""
        if profile.one_per_group:
            self._wrap(profile, [document])
            return
        waiting = self.state.waiting.setdefault(profile.partner, [])
        if not waiting:
            self.stage.after(0, "edi.flush", partner=profile.partner)
        waiting.append({"document": document.document, **document.model_dump(mode="json")})

    def _wrap(self, profile: PartnerProfile, documents: list[TradingDocument]) -> Exchanged:
        """Put documents into an interchange and send it."""
        counters = self._counters(profile.partner)
        counters.interchange = counters.interchange % (LARGEST - 1) + 1
        contents: list[Enclosed] = []
        grouped = profile.standard == "x12"
        kind = ""
        for number, document in enumerate(sorted(documents, key=lambda one: one.document), 1):
            if grouped and document.document != kind:
                kind = document.document
                counters.group = counters.group % (LARGEST - 1) + 1
            contents.append(
                Enclosed(
                    said=self._referring(document),
                    control=f"{number:04d}" if grouped else str(number),
                    group=str(counters.group) if grouped else "",
                )
            )
        answers_only = all(isinstance(one, ANSWERS) for one in documents)
        interchange = Interchange(
            partner=profile.partner, sender="partner", control=f"{counters.interchange:09d}",
            at=self.stage.now, contents=contents, test=profile.test,
            wants_acknowledgement=profile.wants_acknowledgement and not answers_only,
        )  # fmt: skip
        one = self.ledger.enter(interchange, "out", self.stage.now, [])
        self.ledger.keep(one.name, interchange.text)
        one.awaits = awaited(profile, interchange)
        if one.awaits:
            one.ticket = self.stage.after(profile.overdue, "edi.overdue", interchange=one.name)
        self._note_answers(interchange, "in")
        self._emit(interchange)
        return one

    def _emit(self, interchange: Interchange) -> None:
        if not self.stage.emit("edi", interchange):
            self.stage.record(
                "edi.no-endpoint", system="edi", keys=interchange.keys(),
                document=interchange.said_as,
                error=f"no endpoint of edi speaks for {interchange.partner}: it went nowhere",
            )  # fmt: skip

    def _referring(self, document: TradingDocument) -> TradingDocument:
        """An advice names the interchange, group and set of what it is about."""
        if not isinstance(document, ApplicationAdvice) or document.control:
            return document
        known = self.ledger.said("in", document.partner, document.about, document.about_number)
        if known is None:
            return document
        one, said = known
        given = {
            "control": one.control, "group": said.group, "set_control": said.set_control,
            "set_code": said.code,
        }  # fmt: skip
        return document.model_copy(update=given)

    # --- in -----------------------------------------------------------------------------------

    def _take(self, received: Received) -> dict[str, Any]:
        """One interchange that came in. Raises Refusal for a partner without a profile."""
        interchange = received.interchange
        profile = self.profiles.get(interchange.partner)
        if profile is None:
            detail = f"the gateway has no profile for partner {interchange.partner!r}"
            raise Refusal(detail, code="unknown-partner", status=422)
        again = self._seen(profile, received)
        answers: list[Acknowledgement] = []
        findings = [
            {"name": one.name, "level": one.level, "what": one.what} for one in received.findings
        ]
        if again:
            what = "this control number was used before"
            other = "" if again == received.digest else ", by another interchange"
            findings.append(
                {"name": DUPLICATE, "level": "interchange", "what": f"{what}{other}"}
            )  # fmt: skip
        if again and profile.duplicates != "process":
            one = self.ledger.find("in", profile.partner, interchange.control)
            if one is not None:
                one.sent += 1
                one.findings = list(dict.fromkeys([*one.findings, DUPLICATE]))
            if profile.duplicates == "refuse":
                answers = [duplicate(profile, interchange, self.stage.now)]
        else:
            self._book(received)
            answers = list(received.answers)
        if all(isinstance(one, ANSWERS) for one in interchange.documents()):
            # an answer is never acknowledged; that it could not be read is still said
            answers = [one for one in answers if interchange.contents == [] or _refuses(one)]
        for answer in answers:
            wait = delay(profile, answer)
            if wait is not None:
                said = {"document": answer.document, **answer.model_dump(mode="json")}
                self.stage.after(wait, "edi.answer", said=said)
        return {
            "control": interchange.control,
            "partner": interchange.partner,
            "documents": [one.document for one in interchange.documents()],
            "duplicate": bool(again),
            "findings": findings,
            "answers": [
                {"document": one.document, "verdict": one.verdict, "codes": list(one.codes)}
                for one in answers
            ],
        }

    def _seen(self, profile: PartnerProfile, received: Received) -> str:
        """The digest under which this control number was used before; empty where it was not.

        An envelope that was refused as a whole has used nothing: it is sent again, whole.
        """
        interchange = received.interchange
        used = self.state.used.setdefault(profile.partner, {})
        before = used.get(interchange.control, "")
        broken = any(
            one.level in ("bytes", "interchange") and not one.tolerated for one in received.findings
        )
        if not before and not broken and interchange.control:
            used[interchange.control] = received.digest or "-"
            while len(used) > self.settings.control_numbers:
                used.pop(next(iter(used)))
        return before

    def _book(self, received: Received) -> None:
        """Use what may be used: the plant's side of the border hears of it."""
        interchange = received.interchange
        names = list(dict.fromkeys(one.name for one in received.findings))
        one = self.ledger.enter(interchange, "in", self.stage.now, names)
        usable = []
        for enclosed, said in zip(interchange.contents, one.said, strict=True):
            refused = {enclosed.control, f"{enclosed.group}/{enclosed.control}"}
            said.refused = not refused.isdisjoint(received.refused_sets)
            if not said.refused and enclosed.said.sender == "plant":
                usable.append(enclosed.said)
        self._note_answers(interchange, "out", usable)
        for document in usable:
            if not isinstance(document, ACKNOWLEDGEMENTS):
                self.plant.tell(document)

    # --- answers ------------------------------------------------------------------------------

    def _note_answers(
        self,
        interchange: Interchange,
        about: Any,
        usable: list[TradingDocument] | None = None,
    ) -> None:
        """What an interchange answers is answered: ours by theirs (out), theirs by ours (in)."""
        for document in interchange.documents() if usable is None else usable:
            if isinstance(document, FunctionalAcknowledgement | InterchangeAcknowledgement):
                self._acknowledged(document, about)
            elif isinstance(document, ApplicationAdvice):
                found = self.ledger.said(
                    about, document.partner, document.about, document.about_number
                )
                if found is not None:
                    found[1].advice = document.verdict
                    found[1].reasons = [note.reason for note in document.notes]
            elif isinstance(document, ReceivingAdvice) and document.asn:
                found = self.ledger.said(about, document.partner, "ship-notice", document.asn)
                if found is not None:
                    found[1].advice = found[1].advice or "received"

    def _acknowledged(self, answer: Acknowledgement, about: Any) -> None:
        whole = isinstance(answer, InterchangeAcknowledgement)
        if whole:
            one = self.ledger.find(about, answer.partner, answer.acknowledges)
        else:
            one = self.ledger.answered(about, answer.partner, answer.acknowledges)
        if one is None:
            self.stage.record(
                "edi.unknown-acknowledgement", system="edi", document=answer.document,
                keys=answer.keys(), error="it answers nothing that was sent",
            )  # fmt: skip
            return
        one.answers.append(f"{answer.document} {answer.verdict}")
        del one.answers[:-20]
        settles = {answer.document}
        profile = self.profiles.get(answer.partner)
        if (whole and answer.verdict == "rejected") or (
            profile is not None and profile.standard == "edifact"
        ):
            settles = set(one.awaits)  # nothing else will come
        one.awaits = [name for name in one.awaits if name not in settles]
        if not one.awaits:
            one.overdue = False
            if one.ticket is not None:
                self.stage.cancel(one.ticket)
                one.ticket = None
        notes = (
            {}
            if isinstance(answer, InterchangeAcknowledgement)
            else {note.control.lstrip("0"): note.verdict for note in answer.sets}
        )
        group = "" if whole else answer.acknowledges.lstrip("0")
        for said in one.said:
            mine = not said.group or not group or said.group.lstrip("0") == group
            if mine and not (whole and answer.verdict != "rejected"):
                said.stand = notes.get(said.set_control.lstrip("0"), answer.verdict)


def _refuses(answer: Acknowledgement) -> bool:
    return isinstance(answer, InterchangeAcknowledgement) and answer.verdict == "rejected"
