"""The partner never acknowledges."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict

from simulator.core.link import Moment, Treatment
from simulator.faults._edi import Flow
from simulator.plant.trading import ACKNOWLEDGEMENTS, Interchange


class NoAcknowledgement(Flow):
    """Loses acknowledgements (997, TA1, CONTRL), though the partner took the document. A right
    counterparty notices that they are overdue and tells its people, or sends the same interchange
    again; nothing of that is demanded by the verdict.
    """

    kind: ClassVar[str] = "no-acknowledgement"
    summary: ClassVar[str] = "acknowledgements never come"
    documents = ACKNOWLEDGEMENTS
    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"first": 1}]})

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"document", "drop"})

    def concerns(self, interchange: Interchange) -> bool:
        contents = list(interchange.documents())
        return bool(contents) and all(isinstance(one, ACKNOWLEDGEMENTS) for one in contents)

    def alter(self, interchange: Interchange, treatment: Treatment, moment: Moment) -> Interchange:
        treatment.cut, treatment.cut_side = "drop", "request"
        return interchange
