"""Services of monitored items: what a subscription is to tell (part 4, 5.13)."""

from __future__ import annotations

from asyncua import ua

from simulator.core.link import pause
from simulator.core.timer import monotonic
from simulator.transports.opcua.eventitems import EventItem, event_filter
from simulator.transports.opcua.fault import ServiceFault
from simulator.transports.opcua.filters import (
    ABSOLUTE,
    AGGREGATE,
    ANY_CHANGE,
    DATA_CHANGE,
    EVENT,
    PERCENT,
    ChangeFilter,
    read_filter,
)
from simulator.transports.opcua.items import DISABLED, REPORTING, DataItem
from simulator.transports.opcua.occasion import Occasion, service
from simulator.transports.opcua.samples import Slot
from simulator.transports.opcua.subscribing import subscription
from simulator.transports.opcua.subscription import Subscription
from simulator.transports.opcua.wire import NULL_ARRAY, Malformed, Reader, f64, i32, numbers, u32

Codes = ua.StatusCodes
VALUE, EVENTS = 13, 12
BREATH = 500  # items after which others are let in
_NO_FILTER = b"\x00\x00\x00"
_NUMERIC = frozenset(
    ("SByte", "Byte", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64", "Float", "Double")
)


@service("CreateMonitoredItems")
async def create_monitored_items(on: Occasion) -> bytes:
    """What a subscription is to tell."""
    reader = on.reader
    one, stamps = subscription(on, reader.u32()), _stamps(reader)
    count = on.many(on.limits.creates)
    out = [i32(count)]
    now = monotonic()
    for number in range(count):
        if number % BREATH == BREATH - 1:
            await pause(0)
            if one.over:
                raise ServiceFault(Codes.BadSubscriptionIdInvalid)
        node, attribute, part = reader.node(), reader.u32(), reader.text()
        reader.qualified()
        mode = reader.u32()
        asked = _Asked(reader)
        made = _created(on, one, node, attribute, part, mode, stamps, asked, now)
        out.append(made)
    out.append(NULL_ARRAY)
    return b"".join(out)


class _Asked:
    """The parameters of a monitored item."""

    __slots__ = ("body", "filter", "handle", "interval", "oldest", "size")

    def __init__(self, reader: Reader) -> None:
        self.handle = reader.u32()
        self.interval = reader.f64()
        self.filter, self.body = reader.extension()
        self.size = reader.u32()
        self.oldest = bool(reader.u8())


def _created(
    on: Occasion,
    one: Subscription,
    node: ua.NodeId,
    attribute: int,
    part: str | None,
    mode: int,
    stamps: int,
    asked: _Asked,
    now: float,
) -> bytes:
    subscriptions = on.server.subscriptions
    if subscriptions.watched >= on.limits.items:
        return _no(Codes.BadTooManyMonitoredItems)
    if mode > REPORTING:
        return _no(Codes.BadMonitoringModeInvalid)
    if attribute == EVENTS:
        return _event_item(on, one, node, mode, asked)
    if part:
        return _no(Codes.BadIndexRangeInvalid)
    slot = on.server.attributes.slot(node, attribute)
    if isinstance(slot, int):
        return _no(slot)
    changes = _changes(slot, attribute, asked)
    if isinstance(changes, int):
        return _no(changes)
    item = DataItem(one, on.server.next_item(), slot, stamps)
    item.attribute, item.changes = attribute, changes
    _set(on, one, item, asked)
    slot.watchers.append(item)
    one.items[item.id] = item
    subscriptions.watched += 1
    item.mode = DISABLED
    if mode != DISABLED:
        item.set_mode(mode, now)
    return u32(0) + u32(item.id) + f64(item.interval * 1000) + u32(item.size) + _NO_FILTER


def _event_item(
    on: Occasion, one: Subscription, node: ua.NodeId, mode: int, asked: _Asked
) -> bytes:
    if not on.server.notifies(node):
        known = node in on.server.space.aspace
        return _no(Codes.BadAttributeIdInvalid if known else Codes.BadNodeIdUnknown)
    if asked.filter != EVENT or asked.body is None:
        code = Codes.BadMonitoredItemFilterInvalid
        return _no(code if not asked.filter else Codes.BadFilterNotAllowed)
    filtered = event_filter(asked.body, on.server.view)
    item = EventItem(one, on.server.next_item(), node, filtered)
    item.size = min(asked.size or on.limits.queue, on.limits.queue)
    item.head, item.mode, item.oldest = u32(asked.handle), mode, asked.oldest
    one.items[item.id] = item
    on.server.subscriptions.watched += 1
    on.server.hearers[item.id] = item
    item.ended = on.server.hearers.pop
    shown = filtered.result()
    return u32(0) + u32(item.id) + f64(0) + u32(item.size) + shown


@service("ModifyMonitoredItems")
def modify_monitored_items(on: Occasion) -> bytes:
    """Other parameters of items."""
    reader = on.reader
    one, stamps = subscription(on, reader.u32()), _stamps(reader)
    count = on.many(on.limits.creates)
    out = [i32(count)]
    for _ in range(count):
        item = one.items.get(reader.u32())
        asked = _Asked(reader)
        if item is None:
            out.append(u32(Codes.BadMonitoredItemIdInvalid) + f64(0) + u32(0) + _NO_FILTER)
            continue
        if isinstance(item, EventItem):
            out.append(_modified_events(on, item, asked))
            continue
        changes = _changes(item.slot, item.attribute, asked)
        if isinstance(changes, int):
            out.append(u32(changes) + f64(0) + u32(0) + _NO_FILTER)
            continue
        item.changes, item.stamps = changes, stamps
        _set(on, one, item, asked)
        out.append(u32(0) + f64(item.interval * 1000) + u32(item.size) + _NO_FILTER)
    out.append(NULL_ARRAY)
    return b"".join(out)


def _modified_events(on: Occasion, item: EventItem, asked: _Asked) -> bytes:
    if asked.filter == EVENT and asked.body is not None:
        item.filter = event_filter(asked.body, on.server.view)
    elif asked.filter:
        return u32(Codes.BadFilterNotAllowed) + f64(0) + u32(0) + _NO_FILTER
    item.head, item.oldest = u32(asked.handle), asked.oldest
    item.size = min(asked.size or on.limits.queue, on.limits.queue)
    return u32(0) + f64(0) + u32(item.size) + item.filter.result()


@service("DeleteMonitoredItems")
def delete_monitored_items(on: Occasion) -> bytes:
    """Items are to be told no more."""
    one = subscription(on, on.reader.u32())
    results = []
    for _ in range(on.many(on.limits.creates)):
        item = one.items.pop(on.reader.u32(), None)
        if item is None:
            results.append(int(Codes.BadMonitoredItemIdInvalid))
            continue
        for held in (one.ready, one.events, one.waiting):
            held.pop(item.id, None)
        for other in one.items.values():
            if isinstance(other, DataItem) and item in other.triggers:
                other.triggers.remove(item)
        item.end()
        on.server.subscriptions.watched -= 1
        results.append(0)
    return numbers(results) + NULL_ARRAY


@service("SetMonitoringMode")
def set_monitoring_mode(on: Occasion) -> bytes:
    """Report items, only sample them, or neither."""
    one, mode, results = subscription(on, on.reader.u32()), on.reader.u32(), []
    if mode > REPORTING:
        raise ServiceFault(Codes.BadMonitoringModeInvalid)
    now = monotonic()
    for _ in range(on.many(on.limits.creates)):
        item = one.items.get(on.reader.u32())
        results.append(0 if item is not None else int(Codes.BadMonitoredItemIdInvalid))
        if item is not None:
            item.set_mode(mode, now)
    return numbers(results) + NULL_ARRAY


@service("SetTriggering")
def set_triggering(on: Occasion) -> bytes:
    """Let one item have others told that are only sampled."""
    reader = on.reader
    one, trigger = subscription(on, reader.u32()), reader.u32()
    add = [reader.u32() for _ in range(reader.many())]
    remove = [reader.u32() for _ in range(reader.many())]
    item = one.items.get(trigger)
    if not isinstance(item, DataItem):
        raise ServiceFault(Codes.BadMonitoredItemIdInvalid)
    if not add and not remove:
        raise ServiceFault(Codes.BadNothingToDo)
    removed, added = [], []
    for number in remove:
        linked = one.items.get(number)
        there = isinstance(linked, DataItem) and linked in item.triggers
        removed.append(0 if there else int(Codes.BadMonitoredItemIdInvalid))
        if there:
            item.triggers.remove(linked)  # type: ignore[arg-type]
    for number in add:
        linked = one.items.get(number)
        if isinstance(linked, DataItem) and linked is not item:
            added.append(0)
            if linked not in item.triggers:
                item.triggers.append(linked)
        else:
            added.append(int(Codes.BadMonitoredItemIdInvalid))
    return numbers(added) + NULL_ARRAY + numbers(removed) + NULL_ARRAY


# --- parts ----------------------------------------------------------------------------------------


def _stamps(reader: Reader) -> int:
    stamps = reader.u32()
    if stamps > 3:
        raise ServiceFault(Codes.BadTimestampsToReturnInvalid)
    return stamps


def _no(status: int) -> bytes:
    return u32(status) + u32(0) + f64(0) + u32(0) + _NO_FILTER


def _set(on: Occasion, one: Subscription, item: DataItem, asked: _Asked) -> None:
    """Take over what was asked of an item, as far as the limits allow."""
    item.head, item.oldest = u32(asked.handle), asked.oldest
    interval = asked.interval
    if interval < 0:
        item.interval = one.interval
    elif interval == 0 or interval != interval:
        item.interval = 0.0  # each change
    else:
        item.interval = max(min(interval, 3_600_000.0) / 1000, on.limits.sampling / 1_000_000)
    share = on.limits.queued // (len(one.items) + 1)
    item.resize(max(1, min(asked.size, on.limits.queue, share)))


def _changes(slot: Slot, attribute: int, asked: _Asked) -> ChangeFilter | int:
    """The filter that was asked for, or the status code that says why it cannot be."""
    if not asked.filter:
        return ANY_CHANGE if asked.body is None else int(Codes.BadMonitoredItemFilterInvalid)
    if asked.filter == AGGREGATE:
        return int(Codes.BadMonitoredItemFilterUnsupported)
    if asked.filter != DATA_CHANGE or asked.body is None or attribute != VALUE:
        return int(Codes.BadFilterNotAllowed)
    try:
        trigger, kind, size = read_filter(asked.body)
    except Malformed:
        return int(Codes.BadMonitoredItemFilterInvalid)
    if not kind:
        return ChangeFilter(trigger)
    if kind not in (ABSOLUTE, PERCENT) or not size >= 0 or (kind == PERCENT and size > 100):
        return int(Codes.BadDeadbandFilterInvalid)
    if slot.kind not in _NUMERIC or not slot.name:
        return int(Codes.BadFilterNotAllowed)
    if kind == PERCENT:
        if slot.range is None:
            return int(Codes.BadMonitoredItemFilterUnsupported)
        size = (slot.range[1] - slot.range[0]) * size / 100
    return ChangeFilter(trigger, size)
