"""Empties the outbox: one courier for each peer, two messages at a time, oldest first."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from urllib.parse import quote

from examples.bridge.flow import Flow
from examples.bridge.peers import Answer, Pace, Peer, Taker, Unavailable
from examples.bridge.store import Errand, Store

log = logging.getLogger("bridge")

# Where to look whether a thing that a peer says it has already is the one we sent.
LOOK = {"job-order": "/job-orders/{}", "delivery": "/inbound-deliveries/{}"}
CONFLICTS = 1  # how often a 409 is tried again: our own first attempt may be under way over there


class Courier:
    """Delivers what the outbox holds for one peer, until it is accepted or refused for good."""

    def __init__(self, store: Store, flow: Flow, peer: Taker, pace: Pace) -> None:
        self._store = store
        self._flow = flow
        self._peer = peer
        self._pace = pace
        self._busy: set[int] = set()
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """There may be something to deliver."""
        self._wake.set()

    async def run(self, at_once: int = 2) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(self._work())

    async def _work(self) -> None:
        while True:
            self._wake.clear()
            errand = self._store.due(self._peer.name, self._busy)
            if errand is None:
                next_due = self._store.next_due(self._peer.name, self._busy)
                wait = None if next_due is None else max(0.0, next_due - time.time())
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), wait)
                continue
            self._busy.add(errand.id)
            try:
                await self._deliver(errand)
            finally:
                self._busy.discard(errand.id)

    async def _deliver(self, errand: Errand) -> None:
        try:
            answer = await self._peer.post(errand.path, errand.body, errand.idempotency_key)
            if answer.status == 409:
                answer = await self._already_there(errand) or answer
        except Unavailable as error:
            self._postpone(errand, str(error), apart=error.this_one)
            return
        if answer.ok:
            with self._store.transaction():
                self._settle(errand, "done", answer, None)
                self._flow.delivered(errand, answer.body)
            self._flow.wake()
        elif answer.status == 409 and errand.idempotency_key and errand.attempts < CONFLICTS:
            self._postpone(errand, _said(answer), apart=True)
        else:
            log.warning("%s refused %s %s: %s", errand.peer, errand.kind, errand.subject,
                        _said(answer))  # fmt: skip
            with self._store.transaction():
                self._settle(errand, "parked", answer, _said(answer))
                self._flow.refused(errand, _said(answer))

    async def _already_there(self, errand: Errand) -> Answer | None:
        """What the peer has under our name, if it is what we wanted to put there."""
        if errand.kind not in LOOK:
            return None
        assert isinstance(self._peer, Peer)
        found = await self._peer.request(
            "GET", LOOK[errand.kind].format(quote(errand.subject, safe=""))
        )
        if not found.ok or not isinstance(found.body, dict):
            return None
        ours = json.loads(errand.body)
        same = all(
            found.body.get(name) == ours.get(name) for name in ("WorkMasterID", "asn", "supplier")
        )
        return found if same and self._store.dedupe else None

    def _postpone(self, errand: Errand, error: str, *, apart: bool) -> None:
        due = time.time() + self._pace.pause(errand.attempts + 1) if apart else 0.0
        with self._store.transaction():
            self._store.run(
                "UPDATE outbox SET attempts = attempts + 1, due = ?, error = ? WHERE id = ?",
                due, error, errand.id,
            )  # fmt: skip

    def _settle(self, errand: Errand, state: str, answer: Answer, error: str | None) -> None:
        self._store.run(
            "UPDATE outbox SET attempts = attempts + 1, state = ?, status = ?, error = ?"
            " WHERE id = ?",
            state, answer.status, error, errand.id,
        )  # fmt: skip


def _said(answer: Answer) -> str:
    """A refusal in one line, from problem details where there are some."""
    detail = answer.body.get("detail") if isinstance(answer.body, dict) else answer.body
    return f"{answer.status}: {detail or 'no reason given'}"[:500]
