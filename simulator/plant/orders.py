"""Production orders, made, released, changed, held, resumed, cancelled; and their queues.

A higher priority goes first, then the earlier due, then the older order. Work in hand is never
taken off a machine for another order.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from decimal import Decimal

from simulator.core.durations import Instant
from simulator.core.errors import conflict, not_found
from simulator.plant.documents import OrderStatus
from simulator.plant.ground import refused
from simulator.plant.model import Bom, OperationModel, Routing
from simulator.plant.state import OperationState, OrderState, ProductionOrder
from simulator.plant.warehouse import Warehouse

Place = tuple[int, Instant, int, str]  # -priority, due, order's number, order
_NEVER: Instant = 2**62
_OPEN: tuple[OrderState, ...] = ("created", "released", "running", "held")


class Orders(Warehouse):
    """Production orders and what they wait for."""

    def _derive(self) -> None:
        super()._derive()
        self._queues: dict[str, list[Place]] = {name: [] for name in self.model.work_centres}
        self._short: dict[str, dict[str, None]] = {}  # item -> orders that wait for it
        for order in self.state.orders.values():
            step = current(order)
            if step is None or order.status not in ("released", "running"):
                continue
            if step.status == "queued":
                insort(self._queues[step.work_centre], _place(order))
            for item in step.missing:
                self._short.setdefault(item, {})[order.id] = None

    # --- master data --------------------------------------------------------------------------

    def bom(self, item: str) -> Bom:
        """What an item is made of. Raises not_found."""
        found = self.model.boms.get(item)
        if found is None:
            raise not_found("BOM", item)
        return found

    def routing(self, item: str) -> Routing:
        """How an item is made. Raises not_found."""
        found = self.model.routings.get(item)
        if found is None:
            raise not_found("routing", item)
        return found

    # --- asking -------------------------------------------------------------------------------

    def order(self, id: str) -> ProductionOrder:
        """One production order. Raises not_found."""
        found = self.state.orders.get(id)
        if found is None:
            raise not_found("production order", id)
        return found

    def orders(self, status: OrderState | None = None) -> list[ProductionOrder]:
        """Production orders, oldest first."""
        return [one for one in self.state.orders.values() if status in (None, one.status)]

    # --- changing -----------------------------------------------------------------------------

    def create_order(
        self,
        item: str,
        quantity: Decimal,
        *,
        id: str | None = None,
        priority: int = 50,
        start: Instant | None = None,
        due: Instant | None = None,
        release: bool = False,
        external: str | None = None,
    ) -> ProductionOrder:
        """Make a production order. It begins no sooner than `start`; higher priorities go first.

        Raises invalid (unknown item, no routing, quantity), conflict `order-exists`.
        """
        known = self._known_item(item)
        routing = self.model.routings.get(item)
        if routing is None:
            raise refused("/item", f"{item} is bought: no routing makes it")
        quantity = self._checked(known, quantity)
        if id is not None and id in self.state.orders:
            raise conflict(f"there is a production order {id} already", "order-exists")
        first = self.model.production.first_order
        name = id or self._next("order", "{}", first, self.state.orders)
        number = self.state.numbers["orders"] = self.state.numbers.get("orders", 0) + 1
        steps = [OperationState(one.no, one.work_centre) for one in routing.operations]
        steps[0].pending = quantity
        order = ProductionOrder(
            id=name,
            number=number,
            item=item,
            quantity=quantity,
            routing=routing.id or item,
            operations=steps,
            lot=None if known.tracking == "none" else f"L{name}",
            priority=priority,
            start=start,
            due=due,
            created=self.now,
            external=external,
        )
        self.state.orders[name] = order
        self._say_status(order, None)
        if release:
            self.release_order(name)
        return order

    def release_order(self, id: str, expected_version: int | None = None) -> ProductionOrder:
        """Let an order begin. Raises not_found, stale, conflict `order-not-created`."""
        order = self._editable(id, expected_version)
        if order.status != "created":
            raise conflict(f"order {id} is {order.status}", "order-not-created")
        order.released = self.now
        self._become(order, "released")
        if order.start is not None and order.start > self.now:
            self.agenda.put(order.start, "plant.start_order", order=order.id)
        else:
            self._queue(order)
        return order

    def change_order(
        self,
        id: str,
        *,
        quantity: Decimal | None = None,
        priority: int | None = None,
        due: Instant | None = None,
        expected_version: int | None = None,
    ) -> ProductionOrder:
        """Change what is not too late to change.

        Raises not_found, stale, invalid, conflict: `order-closed`, or `order-begun` where the
        quantity is asked for after the first operation, or below what was begun.
        """
        order = self._editable(id, expected_version)
        if order.status not in _OPEN:
            raise conflict(f"order {id} is {order.status}", "order-closed")
        if quantity is not None:
            self._change_quantity(order, quantity)
        queued = self._unqueue(order)
        order.priority = order.priority if priority is None else priority
        order.due = order.due if due is None else due
        order.version += 1
        if queued:
            self._queue(order)
        return order

    def _change_quantity(self, order: ProductionOrder, quantity: Decimal) -> None:
        quantity = self._checked(self._known_item(order.item), quantity)
        first = order.operations[0]
        pending = first.pending + quantity - order.quantity
        busy = first.batch > 0 or first.again > 0
        if first.status == "completed" or pending < 0 or (pending == 0 and not busy):
            begun = order.quantity - first.pending
            raise conflict(f"{begun} of order {order.id} are begun", "order-begun")
        first.pending = pending
        order.quantity = quantity

    def hold_order(
        self, id: str, reason: str = "", expected_version: int | None = None
    ) -> ProductionOrder:
        """Stop an order; its machine is free for others. What it made is confirmed, the rest kept.

        Raises not_found, stale, conflict: `order-held`, `order-closed`.
        """
        order = self._editable(id, expected_version)
        if order.status not in _OPEN:
            raise conflict(f"order {id} is {order.status}", "order-closed")
        if order.status == "held":
            raise conflict(f"order {id} is held already", "order-held")
        self._withdraw(order)
        order.held_from = order.status
        self._become(order, "held", reason)
        return order

    def resume_order(self, id: str, expected_version: int | None = None) -> ProductionOrder:
        """Let a held order go on. Raises not_found, stale, conflict `order-not-held`."""
        order = self._editable(id, expected_version)
        if order.status != "held" or order.held_from is None:
            raise conflict(f"order {id} is {order.status}", "order-not-held")
        status, order.held_from = order.held_from, None
        self._become(order, status)
        if status != "created" and (order.start is None or order.start <= self.now):
            self._queue(order)
        return order

    def cancel_order(self, id: str, expected_version: int | None = None) -> ProductionOrder:
        """End an order; what it made is confirmed and stays, what it consumed is gone.

        Raises not_found, stale, conflict `order-closed`.
        """
        order = self._editable(id, expected_version)
        if order.status not in _OPEN:
            raise conflict(f"order {id} is {order.status}", "order-closed")
        self._withdraw(order)
        self._become(order, "cancelled")
        self._forget(order)
        return order

    def due_start_order(self, order: str) -> None:
        """The earliest start of a released order has come."""
        found = self.state.orders[order]
        if found.status == "released" and found.operations[0].status == "waiting":
            self._queue(found)

    # --- queues -------------------------------------------------------------------------------

    def _editable(self, id: str, expected_version: int | None) -> ProductionOrder:
        order = self.order(id)
        self._check_version(f"order {id}", order.version, expected_version)
        return order

    def _become(self, order: ProductionOrder, status: OrderState, reason: str = "") -> None:
        previous, order.status = order.status, status
        order.version += 1
        self._say_status(order, previous, reason)

    def _say_status(
        self, order: ProductionOrder, previous: OrderState | None, reason: str = ""
    ) -> None:
        self.tell(
            OrderStatus(
                order=order.id,
                item=order.item,
                quantity=order.quantity,
                status=order.status,
                previous=previous,
                reason=reason,
                external=order.external,
                at=self.now,
            )
        )

    def _queue(self, order: ProductionOrder) -> None:
        """Its current operation waits for a machine."""
        step = current(order)
        if step is None:
            return
        for item in step.missing:
            self._short.get(item, {}).pop(order.id, None)
        step.missing = []
        step.status = "queued"
        insort(self._queues[step.work_centre], _place(order))
        self._wake(step.work_centre)

    def _unqueue(self, order: ProductionOrder) -> bool:
        step = current(order)
        if step is None or step.status != "queued" or order.status not in ("released", "running"):
            return False
        queue = self._queues[step.work_centre]
        index = bisect_left(queue, _place(order))
        assert queue[index][3] == order.id
        del queue[index]
        return True

    def _wait_for(self, order: ProductionOrder, step: OperationState, items: list[str]) -> None:
        """Its current operation waits for components."""
        step.status = "missing_components"
        step.missing = items
        for item in items:
            self._short.setdefault(item, {})[order.id] = None
        order.version += 1

    def _stock_came(self, item: str) -> None:
        for id in self._short.pop(item, {}):
            self._queue(self.state.orders[id])

    def _withdraw(self, order: ProductionOrder) -> None:
        """Take an order out of its queue or off its machine; its operation waits again."""
        step = current(order)
        if step is None:
            return
        if not self._unqueue(order):
            self._take_off(order, step)
        for item in step.missing:
            self._short.get(item, {}).pop(order.id, None)
        step.missing = []
        step.status = "waiting"

    def _wake(self, centre: str) -> None:
        """Look at a work centre's queue before time goes on."""
        if centre not in self.state.dirty:
            insort(self.state.dirty, centre)
        if not self.state.dispatching:
            self.state.dispatching = True
            self.agenda.put(self.now, "plant.dispatch")

    def _take_off(self, order: ProductionOrder, step: OperationState) -> None:
        """Free the machine that works on an order, if one does."""
        raise NotImplementedError

    def _forget(self, order: ProductionOrder) -> None:
        """Its streams of chance are done: they need no longer be saved."""
        for step in order.operations:
            for name in ("setup", "cycle", "quality"):
                self.chance.forget(name, order.id, str(step.no))

    def _operation(self, order: ProductionOrder, step: OperationState) -> OperationModel:
        for one in self.model.routings[order.item].operations:
            if one.no == step.no:
                return one
        raise AssertionError(f"{order.item} has no operation {step.no}")


def current(order: ProductionOrder) -> OperationState | None:
    """The first operation that is not done; None where all are."""
    return next((step for step in order.operations if step.status != "completed"), None)


def _place(order: ProductionOrder) -> Place:
    return (-order.priority, _NEVER if order.due is None else order.due, order.number, order.id)
