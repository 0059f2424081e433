"""Receipts (MDN) that are missing, late, doubled or wrong."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import ConfigDict, Field, model_validator

from simulator.core.durations import SECOND, Duration
from simulator.core.link import Moment, Treatment
from simulator.core.message import Direction, Message
from simulator.core.ports import Fault, Layer

_OWED = {
    "never": "receipt-missing", "cut": "receipt-missing",
    "unsigned": "receipt-wrong", "wrong-mic": "receipt-wrong", "wrong-message-id": "receipt-wrong",
    "error": "receipt-negative",
}  # fmt: skip


class Receipt(Fault):
    """Spoils the receipt (MDN) for what came in over AS2; the message itself is taken. A right
    counterparty sends the same message again, unchanged, where the receipt is missing, proves
    nothing or reports an error; a late or doubled one leaves it calm.
    """

    kind: ClassVar[str] = "receipt"
    summary: ClassVar[str] = "receipts (MDN) are missing, late, doubled or wrong"
    layer: ClassVar[Layer] = "receipt"
    directions: ClassVar[tuple[Direction, ...]] = ("in",)
    owing = ("receipt-missing", "receipt-wrong", "receipt-negative")
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"mode": "never", "first": 1},
                {"mode": "cut", "first": 1},
                {"mode": "late", "delay": "30s"},
                {"mode": "wrong-mic", "first": 1},
                {"mode": "error", "error": "insufficient-message-security"},
            ]
        }
    )

    mode: Literal[
        "never", "cut", "late", "twice", "unsigned", "wrong-mic", "wrong-message-id", "error"
    ] = Field(
        description="what is wrong with the receipt; cut: the message is stored, and the "
        "connection is reset before the receipt"
    )
    error: Literal[
        "decryption-failed", "authentication-failed", "integrity-check-failed",
        "insufficient-message-security", "unexpected-processing-error",
    ] | None = Field(None, description="mode error: what `processed/error` says")  # fmt: skip
    delay: Duration | None = Field(
        None, description="mode late: how late (wall time); 30s unless told"
    )

    @model_validator(mode="after")
    def _fits(self) -> Receipt:
        for name, mode in (("error", "error"), ("delay", "late")):
            if getattr(self, name) is not None and self.mode != mode:
                raise ValueError(f"{name!r} belongs to mode {mode!r}: leave it out")
        return self

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"receipt", "reset"} if self.mode == "cut" else {"receipt"})

    def treat(self, treatment: Treatment, message: Message, moment: Moment) -> bool:
        given: dict[str, object] = {"mode": self.mode}
        if self.mode == "cut":
            given["mode"] = "never"  # nor by a connection of its own, later
            treatment.cut, treatment.cut_side = "reset", "reply"
        if self.mode == "error":
            given["error"] = self.error or "decryption-failed"
        if self.mode == "late":
            given["delay"] = (30 * SECOND if self.delay is None else self.delay) / SECOND
        treatment.extra["receipt"] = given
        if self.mode in _OWED:
            treatment.owes.append(_OWED[self.mode])
        return True
