"""The stock ledger's other half: what the WMS itself says, read as a whole.

Events keep the ledger up to date, and an event may be lost. So the ledger is loaded from the WMS
at the start, and compared with it again every so often, after each outage, and on request.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from decimal import Decimal
from typing import Any

from examples.bridge.flow import movement_id
from examples.bridge.peers import Peer, Unavailable
from examples.bridge.store import Store, number

log = logging.getLogger("bridge")

PAGE = "500"
TRIES = 10  # to read stock at a moment when nothing moves


class Ledger:
    """{item: quantity}, as the WMS says."""

    def __init__(self, store: Store, wms: Peer, every: float) -> None:
        self._store = store
        self._wms = wms
        self._every = every
        self._one_at_a_time = asyncio.Lock()
        self._wake = asyncio.Event()

    @property
    def loaded(self) -> bool:
        """Has the WMS been read at least once?"""
        return self._store.fact("stock-loaded") is not None

    def stock(self) -> dict[str, int | float]:
        rows = self._store.rows("SELECT item, quantity FROM stock ORDER BY item")
        return {row["item"]: number(row["quantity"]) for row in rows}

    def wake(self) -> None:
        """Reconcile soon: the WMS was away."""
        self._wake.set()

    async def run(self) -> None:
        """Reconcile for ever; while the WMS is away, its circuit sets the pace."""
        while True:
            self._wake.clear()
            try:
                await self.reconcile()
            except Unavailable as error:
                log.debug("no reconciliation: %s", error)
                if self._wms.failures:
                    continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._every if self.loaded else 1.0)

    async def reconcile(self) -> dict[str, Any]:
        """Take over what the WMS says; what was different. Raises Unavailable.

        Stock is read between two looks at the movements, until nothing moved in between. So it is
        known which movements it covers: their events, if still on their way, are not counted a
        second time, and movements that came later are added to it.
        """
        async with self._one_at_a_time:
            seen, cursor = await self._movements(self._store.fact("movements-cursor"))
            for _ in range(TRIES):
                stock = await self._stock()
                moved, next_cursor = await self._movements(cursor)
                if not moved:
                    with self._store.transaction():
                        return self._take_over(stock, seen, cursor)
                seen, cursor = seen | moved, next_cursor
            raise Unavailable("the stock of the WMS did not stand still")

    def _take_over(
        self, stock: dict[str, Decimal], seen: set[str], cursor: str | None
    ) -> dict[str, Any]:
        none = Decimal(0)
        for movement in seen if self._store.dedupe else ():
            self._store.run(
                "INSERT INTO movements (id, covered) VALUES (?, 1)"
                " ON CONFLICT (id) DO UPDATE SET covered = 1",
                movement,
            )
        for row in self._store.rows("SELECT item, change FROM movements WHERE covered = 0"):
            stock[row["item"]] = stock.get(row["item"], none) + Decimal(row["change"])
        rows = self._store.rows("SELECT item, quantity FROM stock")
        before = {row["item"]: Decimal(row["quantity"]) for row in rows}
        corrected = {
            item: {"was": number(before.get(item, none)), "is": number(stock.get(item, none))}
            for item in sorted(before.keys() | stock.keys())
            if before.get(item, none) != stock.get(item, none)
        }
        self._store.run("DELETE FROM stock")
        for item, quantity in stock.items():
            self._store.run("INSERT INTO stock VALUES (?, ?)", item, str(quantity))
        if cursor is not None:
            self._store.set_fact("movements-cursor", cursor)
        first = not self.loaded
        self._store.set_fact("stock-loaded", "yes")
        if corrected and not first:
            log.info("reconciled: %s", corrected)
        return {"items": len(stock), "corrected": corrected}

    async def _stock(self) -> dict[str, Decimal]:
        total: dict[str, Decimal] = {}
        cursor = None
        while True:
            page = await self._page("/stock", cursor)
            for line in page["items"]:
                item, quantity = str(line["item"]), Decimal(str(line["quantity"]))
                total[item] = total.get(item, Decimal(0)) + quantity
            cursor = page.get("next")
            if not cursor:
                return total

    async def _movements(self, cursor: str | None) -> tuple[set[str], str | None]:
        """The ids of the movements after `cursor`, and the cursor behind the last of them."""
        seen: set[str] = set()
        while True:
            page = await self._page("/movements", cursor)
            names = [name for line in page["items"] if (name := movement_id(line))]
            seen.update(names)
            cursor = names[-1] if names else cursor
            if not names or not page.get("next"):
                return seen, cursor

    async def _page(self, path: str, cursor: str | None) -> dict[str, Any]:
        params = {"limit": PAGE} | ({"after": cursor} if cursor else {})
        answer = await self._wms.request("GET", path, params=params)
        if answer.status == 410:  # this WMS counts from the start again: it was set back
            with self._store.transaction():
                self._store.run("DELETE FROM facts WHERE name = 'movements-cursor'")
                self._store.run("DELETE FROM movements")
            self.wake()
        if not answer.ok or not isinstance(answer.body, dict) or "items" not in answer.body:
            raise Unavailable(f"the WMS answered {answer.status} to GET {path}")
        return answer.body
