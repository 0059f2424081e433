"""The acknowledgement accepts, and minutes later an advice rejects."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import ConfigDict, Field

from simulator.core.durations import MINUTE, Duration
from simulator.core.link import Further, Moment, Treatment
from simulator.faults._edi import Flow, renumbered
from simulator.plant.trading import (
    ApplicationAdvice,
    Enclosed,
    FunctionalAcknowledgement,
    Interchange,
)
from simulator.plant.trading.answers import AdviceNote

_ABOUT = {
    "850": "purchase-order", "ORDERS": "purchase-order", "860": "purchase-order-change",
    "ORDCHG": "purchase-order-change", "855": "purchase-order-response",
    "ORDRSP": "purchase-order-response", "830": "forecast", "DELFOR": "forecast",
    "862": "call-off", "DELJIT": "call-off", "856": "ship-notice", "DESADV": "ship-notice",
    "861": "receiving-advice", "RECADV": "receiving-advice", "810": "invoice", "INVOIC": "invoice",
}  # fmt: skip


class AcknowledgedThenRejected(Flow):
    """Lets an acknowledgement that accepts (997, CONTRL) be followed by an advice (824, APERAK)
    that rejects the content. The advice names the document's number where the gateway knows it,
    else its control numbers. A right counterparty takes the document for rejected, corrects it,
    and acknowledges nothing.
    """

    kind: ClassVar[str] = "acknowledged-then-rejected"
    summary: ClassVar[str] = "accepted by the 997, rejected by the 824"
    documents = (FunctionalAcknowledgement,)
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"first": 1}, {"reason": "unknown-order", "later": "2m"}]}
    )

    reason: Literal["unknown-item", "unknown-order", "unknown-unit", "cumulative-gap"] = Field(
        "unknown-item", description="why the advice rejects"
    )
    later: Duration = Field(
        5 * MINUTE, description="how long after the acknowledgement (plant time)"
    )

    def concerns(self, interchange: Interchange) -> bool:
        return any(self._accepts(one) for one in interchange.documents())

    def alter(self, interchange: Interchange, treatment: Treatment, moment: Moment) -> Interchange:
        at = moment.now + self.later
        contents = [
            Enclosed(said=self._advice(one.said, at), group=one.group)
            for one in interchange.contents
            if isinstance(one.said, FunctionalAcknowledgement) and self._accepts(one.said)
        ]
        advice = renumbered(interchange, 2, contents=contents, at=at)
        treatment.also.append(Further(advice, list(self.owing), at))
        return interchange

    @staticmethod
    def _accepts(said: object) -> bool:
        return (
            isinstance(said, FunctionalAcknowledgement)
            and said.verdict == "accepted"
            and bool(said.sets)
        )

    def _advice(self, said: FunctionalAcknowledgement, at: int) -> ApplicationAdvice:
        first = said.sets[0]
        about = _ABOUT.get(first.code, "purchase-order")
        order = said.reference("order")
        return ApplicationAdvice(
            partner=said.partner,
            sender=said.sender,
            number=f"{said.number[:28]}-R",
            at=at,
            about=about,
            about_number=order or first.control,
            verdict="rejected",
            notes=[AdviceNote(reason=self.reason, text=f"rejected: {self.reason}")],
            group=said.acknowledges,
            set_control=first.control,
            set_code=first.code,
            po=order,
        )
