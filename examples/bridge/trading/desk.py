"""What an interchange leads to: acknowledged, checked, answered, and the goods brought in.

No sockets; every effect is a row. The public methods but `read` are called inside a transaction.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from examples.bridge.flow import Flow
from examples.bridge.store import Store, number
from examples.bridge.trading import checks
from examples.bridge.trading.dock import Dock
from examples.bridge.trading.sales import Sales
from examples.bridge.trading.wire import NotAnInterchange, UnknownPartner, Wire, now
from simulator.plant.trading import (
    ANSWERS,
    AdviceNote,
    ApplicationAdvice,
    CallOff,
    Enclosed,
    Forecast,
    FunctionalAcknowledgement,
    Interchange,
    InterchangeAcknowledgement,
    OrderLine,
    PurchaseOrder,
    PurchaseOrderChange,
    PurchaseOrderResponse,
    Received,
    ReceivingAdvice,
    ShipNotice,
    TradingDocument,
)
from simulator.plant.trading.rightness import code

log = logging.getLogger("bridge")
OPINIONS = (ApplicationAdvice, ReceivingAdvice)


class Desk:
    """The trading desk: purchase orders out, answers and ship notices in."""

    def __init__(self, store: Store, flow: Flow, wires: dict[str, Wire]) -> None:
        self._store = store
        self._wires = wires
        self.dock = Dock(store, flow, self.say)
        self.sales = Sales(store, flow, self.say)
        flow.others["edi"] = self.read
        flow.others["dock"] = self.dock.truck

    def wire(self, partner: str) -> Wire:
        """A partner's translator. Raises UnknownPartner."""
        if partner not in self._wires:
            raise UnknownPartner(f"there is no partner {partner!r}")
        return self._wires[partner]

    # --- out -------------------------------------------------------------------------------------

    def order(self, asked: Mapping[str, Any]) -> bool:
        """Keep a purchase order and send it to its supplier. False if it is known already."""
        po, supplier = str(asked["po"]), str(asked["supplier"])
        self.wire(supplier)
        if self._store.row("SELECT po FROM purchases WHERE po = ?", po) is not None:
            return False
        self._store.run(
            "INSERT INTO purchases (po, supplier, status, document) VALUES (?, ?, 'ordered', ?)",
            po, supplier, json.dumps(asked),
        )  # fmt: skip
        lines = []
        for place, line in enumerate(asked["lines"], 1):
            name, quantity = str(line["item"]), Decimal(str(line["quantity"]))
            unit = str(line.get("unit") or "pcs")
            self._store.run(
                "INSERT INTO bought (po, item, quantity, unit) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (po, item) DO UPDATE SET quantity = quantity + excluded.quantity",
                po, name, str(quantity), unit,
            )  # fmt: skip
            lines.append(
                OrderLine(
                    line=str(line.get("line") or 10 * place), item=name, quantity=quantity,
                    unit=unit,
                )
            )  # fmt: skip
        document = PurchaseOrder(
            partner=supplier, sender="plant", number=po, at=now(), lines=lines,
            currency=str(asked.get("currency") or "EUR"),
        )  # fmt: skip
        self.say(document)
        return True

    def say(self, *documents: TradingDocument) -> None:
        """Put documents for one partner into the outbox, as one interchange each."""
        for document in documents:
            wire = self._wires.get(document.partner)
            if wire is None:
                log.info("%s has no EDI: nothing is said of %s", document.partner, document.number)
                continue
            if "answers" in self._store.flaws and isinstance(document, OPINIONS):
                continue
            control, body, name = wire.write(self._store, [document])
            self._store.post(
                f"edi:{document.partner}", document.document, document.number, name, body
            )
            self._store.run(
                "INSERT INTO said (partner, control, document, number, status)"
                " VALUES (?, ?, ?, ?, 'sent')",
                document.partner, control, document.document, document.number,
            )  # fmt: skip

    # --- in --------------------------------------------------------------------------------------

    def read(self, kept: Mapping[str, Any]) -> None:
        """One interchange from the inbox."""
        wire = self.wire(str(kept["partner"]))
        body = bytes.fromhex(kept["body"])
        try:
            received = wire.read(body)
        except NotAnInterchange as error:
            log.warning("%s sent what is no interchange: %s", wire.partner, error)
            raise
        for one in (received, *received.more):
            self._take(wire, one, hashlib.sha256(body).hexdigest())

    def _take(self, wire: Wire, received: Received, digest: str) -> None:
        interchange = received.interchange
        said = list(interchange.contents)
        if self._is_again(wire, interchange, received.digest or digest, said):
            return
        quiet = all(isinstance(one.said, ANSWERS) for one in said)
        for answer in received.answers:
            if quiet and answer.verdict == "accepted":
                continue  # an answer is never acknowledged
            mine = {"sender": "plant", "partner": wire.partner, "at": now()}
            self.say(answer.model_copy(update=mine))
        refused = {one.verdict for one in received.answers} == {"rejected"} and bool(
            received.answers
        )
        for enclosed in said:
            names = {enclosed.control, f"{enclosed.group}/{enclosed.control}"}
            if refused or not names.isdisjoint(received.refused_sets):
                continue
            self._hear(wire, interchange, enclosed, received)

    def _is_again(
        self, wire: Wire, interchange: Interchange, digest: str, said: list[Enclosed]
    ) -> bool:
        """A control number that was used before: said so, and nothing is done twice."""
        if not interchange.control:
            return False
        new = self._store.run(
            "INSERT OR IGNORE INTO heard (partner, control, digest) VALUES (?, ?, ?)",
            wire.partner, interchange.control, digest,
        )  # fmt: skip
        if new or not self._store.dedupe:
            return False
        standard = wire.profile.standard
        answer = InterchangeAcknowledgement(
            partner=wire.partner, sender="plant", number=interchange.control, at=now(),
            acknowledges=interchange.control, sent=interchange.at, verdict="rejected",
            reasons=["duplicate-interchange"],
            codes=[code("duplicate-interchange", standard, "TA105" if standard == "x12" else "")],
        )  # fmt: skip
        if not all(isinstance(one.said, ANSWERS) for one in said):
            self.say(answer)
        return True

    def _hear(
        self, wire: Wire, interchange: Interchange, enclosed: Enclosed, received: Received
    ) -> None:
        said = enclosed.said
        if isinstance(said, (FunctionalAcknowledgement, InterchangeAcknowledgement)):
            self._answered(wire.partner, said.acknowledges, "", said.verdict)
        elif isinstance(said, ApplicationAdvice):
            reasons = ", ".join(one.reason for one in said.notes)
            text = f"{said.verdict}: {reasons}" if reasons else said.verdict
            self._answered(wire.partner, said.group or said.control, said.about_number, text)
        elif isinstance(said, PurchaseOrderResponse):
            self._store.run(
                "UPDATE purchases SET status = ? WHERE po = ? AND status = 'ordered'",
                f"confirmed: {said.answer}", said.po,
            )  # fmt: skip
        elif isinstance(said, ReceivingAdvice):
            self.sales.arrived(said)
        else:
            notes = self._flaws(enclosed, received)
            reasons_known = {one.reason for one in notes}
            more = self._use(said, right=not notes or "checks" in self._store.flaws)
            notes += [one for one in more if one.reason not in reasons_known]
            if notes and "checks" not in self._store.flaws:
                texts = "; ".join(one.text or one.reason for one in notes)
                log.warning("%s %s: %s", said.document, said.number, texts)
                self.say(_refusal(interchange, enclosed, notes))

    @staticmethod
    def _flaws(enclosed: Enclosed, received: Received) -> list[AdviceNote]:
        """What its contract found wrong with the content."""
        return [
            AdviceNote(reason=one.name, text=one.what)
            for one in received.findings
            if one.level == "content"
            and not one.tolerated
            and one.set_control in ("", enclosed.control)
        ]

    def _use(self, said: TradingDocument, *, right: bool) -> list[AdviceNote]:
        """Use a document where it can be used; what is wrong with it where it cannot."""
        if isinstance(said, ShipNotice):
            return self._notice(said, right=right)
        if not right:
            return []
        if isinstance(said, PurchaseOrder):
            return self.sales.ordered(said)
        if isinstance(said, PurchaseOrderChange):
            return self.sales.changed(said)
        if isinstance(said, Forecast):
            return self.sales.foreseen(said)
        return self.sales.called_off(said) if isinstance(said, CallOff) else []

    def _answered(self, partner: str, control: str, about: str, text: str) -> None:
        """Note what was said of something that we sent, by control number or its own number."""
        for row in self._store.rows(
            "SELECT control, document, number FROM said WHERE partner = ?", partner
        ):
            if about != row["number"] and control.lstrip("0") != row["control"]:
                continue
            self._store.run(
                "UPDATE said SET status = ? WHERE partner = ? AND control = ?",
                text, partner, row["control"],
            )  # fmt: skip
            if row["document"] == PurchaseOrder.document and text.startswith("rejected"):
                self._store.run("UPDATE purchases SET status = ? WHERE po = ?", text, row["number"])

    def _notice(self, notice: ShipNotice, *, right: bool) -> list[AdviceNote]:
        """Take a ship notice where it is right; what is wrong with it where it is not."""
        notes = checks.notes_on(notice, self._store)
        if "checks" not in self._store.flaws and (notes or not right):
            return notes
        self._store.run(
            "INSERT OR REPLACE INTO notices (partner, asn, shipment, status, document)"
            " VALUES (?, ?, ?, 'accepted', ?)",
            notice.partner, notice.number, notice.shipment or notice.number, notice.text,
        )  # fmt: skip
        for unit in notice.walk():
            self._store.run(
                "INSERT OR REPLACE INTO labels (sscc, asn) VALUES (?, ?)",
                unit.sscc, notice.number,
            )  # fmt: skip
        for item in notice.contents():
            self._store.run(
                "UPDATE bought SET announced = announced + ? WHERE po = ? AND item = ?",
                number(item.quantity), item.po, item.item,
            )  # fmt: skip
            if item.cumulative is not None:
                name = f"cumulative/{notice.partner}/{item.item}"
                self._store.set_fact(name, str(item.cumulative))
        self.dock.announced(notice)
        return []


def _refusal(
    interchange: Interchange, enclosed: Enclosed, notes: list[AdviceNote]
) -> ApplicationAdvice:
    said = enclosed.said
    keys = said.keys()
    return ApplicationAdvice(
        partner=said.partner, sender="plant", number=f"R{said.number}", at=now(),
        about=said.document, about_number=said.number, verdict="rejected", notes=notes,
        control=interchange.control, group=enclosed.group, set_control=enclosed.control,
        set_code=enclosed.code, shipment=next(iter(keys.get("shipment", ())), ""),
        po=next(iter(keys.get("po", ())), ""),
    )  # fmt: skip
