"""What was sent and not yet vouched for: receipts are held against it, whenever they come."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from simulator.transports.as2 import mdn
from simulator.transports.as2.failure import As2Failure, NotAs2
from simulator.transports.as2.message import Unwrapped
from simulator.transports.as2.settings import NEGATIVE, RECEIPT

MOST = 2_000  # messages whose receipts are awaited, or may still come


@dataclass(frozen=True, slots=True)
class Proof:
    """What a receipt proves. `failure` is empty where it vouches for the message."""

    failure: str = ""
    error: str = ""
    receipt: mdn.Receipt | None = None

    @property
    def told(self) -> dict[str, Any]:
        """What the journal says of it."""
        if self.receipt is None:
            return {}
        told: dict[str, Any] = {
            "receipt": self.receipt.disposition, "signed": self.receipt.signed,
        }  # fmt: skip
        if self.receipt.mic:
            told["mic"] = f"{self.receipt.mic}, {self.receipt.algorithm}"
        if self.receipt.text and self.failure:
            told["text"] = self.receipt.text[:300]
        return told


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that was sent, as far as a receipt speaks of it."""

    id: str
    checked: bytes  # what its MIC is taken over
    signed_receipt: bool  # only a signed one proves anything

    def judge(self, receipt: mdn.Receipt) -> Proof:
        """Hold a receipt against it."""
        if receipt.original != self.id:
            what = f"the receipt is for {receipt.original[:200] or 'no message'}, not for {self.id}"
            return Proof(RECEIPT, what, receipt)
        if not receipt.positive:
            what = f"the receipt says {receipt.disposition[:200]}"
            return Proof(NEGATIVE, f"{what}: {receipt.text[:200]}".rstrip(": "), receipt)
        if self.signed_receipt and not receipt.signed:
            return Proof(RECEIPT, "the receipt is not signed", receipt)
        if (receipt.mic or self.signed_receipt) and not receipt.vouches_for(self.checked):
            return Proof(RECEIPT, "the receipt's MIC is not that of what was sent", receipt)
        return Proof(receipt=receipt)


@dataclass
class _Waiting:
    sent: Sent
    proof: asyncio.Future[Proof]


class Awaited:
    """The messages of one endpoint whose receipts come on connections of their own.

    One stays known after its sender gave up waiting: a receipt that comes between two attempts
    spares the second.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, _Waiting] = {}

    def expect(self, sent: Sent) -> asyncio.Future[Proof]:
        """The proof that will come for a message; it may have come already."""
        known = self._waiting.pop(sent.id, None)
        if known is None or (known.proof.done() and known.proof.result().failure):
            known = _Waiting(sent, asyncio.get_running_loop().create_future())
        self._waiting[sent.id] = known
        known.sent = sent
        while len(self._waiting) > MOST:
            self._waiting.pop(next(iter(self._waiting)))
        return known.proof

    def forget(self, message_id: str) -> None:
        """A message needs no receipt any more."""
        self._waiting.pop(message_id, None)

    def came(self, opened: Unwrapped) -> str:
        """A receipt came. Empty, or why it belongs to nothing."""
        try:
            receipt = mdn.from_report(opened)
        except NotAs2 as bad:
            return str(bad)
        known = self._waiting.get(receipt.original)
        if known is None:
            return f"a receipt for {receipt.original[:200] or 'no message'}, which was not awaited"
        proof = judged(known.sent, receipt, opened.failure)
        if known.proof.done() and known.proof.result().failure and not proof.failure:
            known.proof = asyncio.get_running_loop().create_future()  # a better one, for next time
        if not known.proof.done():
            known.proof.set_result(proof)
        return ""


def judged(sent: Sent, receipt: mdn.Receipt, failure: As2Failure | None) -> Proof:
    """Hold a receipt against what was sent; `failure` is what is wrong with its signature."""
    if failure is not None:
        return Proof(RECEIPT, f"the receipt does not hold: {failure}", receipt)
    return sent.judge(receipt)
