"""The outlet of one endpoint: takes ready messages off the link and sees each to its end."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

from simulator.core.chance import Stream
from simulator.core.durations import SECOND
from simulator.core.errors import JournalFull, Mistake
from simulator.core.link import Link, Treatment, pause
from simulator.core.message import Message
from simulator.core.ports import Side
from simulator.core.timer import monotonic
from simulator.core.waits import Bell
from simulator.transports._delivery.attempt import Attempt, Client
from simulator.transports._delivery.settings import Delivery

log = logging.getLogger("stagefloor.delivery")

ASIDE = 1000  # failing messages that may wait aside for their retries; then the queue blocks
_CUT = {
    "refuse": Attempt("connection", error="connection refused (by a fault)"),
    "reset": Attempt("connection", error="connection reset (by a fault)"),
    "close": Attempt("connection", error="closed without an answer (by a fault)"),
    "hang": Attempt("timeout", error="no answer in time (by a fault)"),
    "drop": Attempt("timeout", error="the answer was lost (by a fault)"),
}


@dataclass(eq=False)
class _Delivery:
    """One message under way."""

    message: Message
    task: asyncio.Task[None] | None = None
    aside: bool = False  # waits for a retry or to be overtaken; may be taken back
    left: int = 0  # how many others it still lets go first
    bell: Bell = field(default_factory=Bell)
    slot: asyncio.Future[None] | None = None  # becomes done when it may go on from aside


class Outlet:
    """Delivers what one link has ready, at most `concurrency` messages at a time."""

    def __init__(
        self, side: Side, link: Link, settings: Delivery, client: Client, stream: Stream
    ) -> None:
        self._side = side
        self._link = link
        self._settings = settings
        self._client = client
        self._stream = stream  # the jitter of retries
        self._bell = Bell()  # rings at each change of the link
        self._free = settings.concurrency
        self._deliveries: list[_Delivery] = []  # in the order they were taken
        self._slots: list[asyncio.Future[None]] = []  # of those aside that want to go on
        self._stopped = False

    # --- the link ---

    def changed(self) -> None:
        """The link changed: take what is ready, and let whoever waits for a fault look again."""
        if self._link.hold is not None:
            self._take_back()
        self._bell.ring()
        for delivery in self._deliveries:
            delivery.bell.ring()
        self._advance()

    @property
    def busy(self) -> bool:
        """Is anything ready or under way?"""
        return bool(self._deliveries or self._link.ready)

    @property
    def moving(self) -> bool:
        """Is an attempt under way, or about to be?"""
        about_to = bool(self._link.ready or self._slots) and self._free > 0 and self._room()
        return about_to or any(not one.aside for one in self._deliveries)

    async def settled(self, *, retries: bool = True) -> None:
        """Return once nothing is ready or under way; waits for retries count if asked to."""
        while (self.busy if retries else self.moving) and not self._stopped:
            await self._bell.wait()

    def _advance(self) -> None:
        """Fill free slots: first with those that wait for one, then from the link."""
        if self._stopped:
            return
        while self._free and self._slots:
            waiting = self._slots.pop(0)
            if not waiting.done():
                self._free -= 1
                waiting.set_result(None)
        while self._free and self._link.ready and self._room():
            self._free -= 1
            delivery = _Delivery(self._link.take())
            self._deliveries.append(delivery)
            delivery.task = asyncio.get_running_loop().create_task(self._see_through(delivery))

    def _room(self) -> bool:
        return sum(one.aside for one in self._deliveries) < ASIDE

    def _take_back(self) -> None:
        """The link is held: what waits aside goes back to the front of its queue."""
        assert self._link.hold is not None
        for delivery in reversed([one for one in self._deliveries if one.aside]):
            assert delivery.task is not None
            delivery.task.cancel()
            self._forget(delivery)
            self._link.queue.appendleft((self._link.hold.since, delivery.message))

    def _forget(self, delivery: _Delivery) -> None:
        if delivery in self._deliveries:
            self._deliveries.remove(delivery)
            self._link.done(delivery.message)

    async def stop(self) -> None:
        """Stop delivering. What has no final outcome goes back to the front of the link."""
        self._stopped = True
        tasks = [one.task for one in self._deliveries if one.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._deliveries.clear()
        self._link.put_back()
        self._bell.ring()
        await self._client.close()

    # --- one message ---

    async def _see_through(self, delivery: _Delivery) -> None:
        holds = [True]  # does it hold a slot?
        try:
            await self._deliver(delivery, holds)
        except asyncio.CancelledError:
            self._free += holds[0]
            self._advance()
            raise
        except JournalFull as full:
            log.error("%s: a delivery ends unrecorded: %s", self._link.name, full)
        except Mistake as mistake:  # a fault asks for what this document cannot be written with
            log.error("%s: %s", self._link.name, mistake)
            self._side.attempted(delivery.message, "failed", error=str(mistake))
        except Exception:
            log.exception("%s: a delivery failed in the stand-in itself", self._link.name)
        self._forget(delivery)
        self._free += holds[0]
        for other in self._deliveries:
            if other.left:
                other.left -= 1
                if not other.left and other.slot is not None:
                    self._slots.append(other.slot)  # its turn, before anything newer
                    other.bell.ring()
        self._advance()
        self._bell.ring()

    async def _deliver(self, delivery: _Delivery, holds: list[bool]) -> None:
        message = delivery.message
        while True:
            treatment = self._side.treat(self._link, message)
            if treatment.behind and not message.attempts:
                delivery.left = treatment.behind
                await self._aside(delivery, holds, treatment.behind_patience, treatment)
            message.attempts += 1
            attempt = await self._attempt(message, treatment)
            if attempt is None:
                self._side.attempted(message, "dropped", faults=treatment.faults)
                return
            wait = self._outcome(message, attempt, treatment)
            if wait is None:
                return
            if self._link.hold is not None:  # held while this attempt was on its way
                self._link.queue.appendleft((self._link.hold.since, message))
                return
            if self._settings.ordered and self._settings.concurrency == 1:
                delivery.aside = True
                self._bell.ring()
                await pause(wait)
                delivery.aside = False
            else:
                await self._aside(delivery, holds, wait)

    def _outcome(self, message: Message, attempt: Attempt, treatment: Treatment) -> float | None:
        """Report an attempt. The wall seconds until the next one, or None after the last."""
        retry, faults = self._settings.retry, treatment.faults
        if not attempt.failure:
            self._side.attempted(message, "delivered", status=attempt.status, faults=faults)
            return None
        again = retry.again(attempt.failure)
        final = not again or message.attempts >= retry.attempts
        self._side.attempted(
            message,
            "retrying" if not final else "dead-letter" if again else "failed",
            status=attempt.status,
            error=attempt.error,
            final=final,
            faults=faults,
        )
        return None if final else retry.wait(message.attempts, self._stream, attempt.retry_after)

    async def _aside(
        self,
        delivery: _Delivery,
        holds: list[bool],
        seconds: float,
        treatment: Treatment | None = None,
    ) -> None:
        """Give the slot up for so long, or until enough others went first; then queue for one."""
        slot: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        delivery.aside, delivery.slot = True, slot
        holds[0] = False
        self._free += 1
        self._advance()
        self._bell.ring()
        try:
            if treatment is None:
                await pause(seconds)
            else:
                await self._overtaken(delivery, seconds, treatment.behind_by)
            if not slot.done() and slot not in self._slots:
                self._slots.append(slot)
                self._advance()
            await slot
        except asyncio.CancelledError:
            if not slot.cancel() and not slot.cancelled():
                self._free += 1  # it had just been given a slot
            raise
        holds[0] = True
        delivery.aside, delivery.slot = False, None

    async def _overtaken(self, delivery: _Delivery, seconds: float, fault: str) -> None:
        """Wait until enough others went first, for as long as patience and the fault last."""
        deadline = monotonic() + seconds
        while delivery.left and self._link.in_force(fault):
            left = deadline - monotonic()
            if left <= 0:
                break
            await pause(left, delivery.bell)
        delivery.left = 0

    async def _attempt(self, message: Message, treatment: Treatment) -> Attempt | None:
        """Send the message as the faults have it; None where it is lost for good."""
        if treatment.untouched:
            return await self._client.send(message, message.request.body, treatment)
        began = monotonic()
        await self._delay(treatment, "request", began)
        cut = treatment.cut
        if cut is not None and treatment.cut_side == "request":
            if cut == "drop":
                return None
            if cut == "hang":
                await self._hang(treatment)
            return _CUT[cut]
        body = _kept(message.request.body, treatment)
        attempt = await self._client.send(message, body, treatment)
        for number in range(1, treatment.copies + 1):
            await self._repeat(message, number, body, treatment)
        await self._delay(treatment, "reply", monotonic())
        return attempt if cut is None else _CUT[cut]

    async def _repeat(
        self, message: Message, number: int, body: bytes, treatment: Treatment
    ) -> None:
        """Deliver a copy: once, whatever comes of it, under the original's identity."""
        self._client.identify(message)
        again = self._side.copy_message(message, number)
        again.attempts = 1
        attempt = await self._client.send(again, body, treatment)
        outcome = "failed" if attempt.failure else "delivered"
        self._side.attempted(
            again, outcome, status=attempt.status, error=attempt.error, faults=treatment.faults
        )

    async def _delay(self, treatment: Treatment, way: str, began: float) -> None:
        while True:
            owed = self._link.owed(treatment, "request" if way == "request" else "reply")
            left = began + owed - monotonic()
            if left <= 0 or not await pause(left, self._bell):
                return

    async def _hang(self, treatment: Treatment) -> None:
        """The partner does not answer: until the timeout, or until the fault is cleared."""
        deadline = monotonic() + self._settings.timeout / SECOND
        while self._link.in_force(treatment.cut_by):
            left = deadline - monotonic()
            if left <= 0 or not await pause(left, self._bell):
                return


def _kept(body: bytes, treatment: Treatment) -> bytes:
    if treatment.keep_bytes is not None:
        return body[: treatment.keep_bytes]
    if treatment.keep_fraction is not None:
        return body[: int(len(body) * treatment.keep_fraction)]
    return body
