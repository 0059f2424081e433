"""Services of subscriptions: made, changed, told, taken over (part 4, 5.14)."""

from __future__ import annotations

from asyncua import ua

from simulator.core.timer import monotonic
from simulator.transports.opcua.fault import ServiceFault
from simulator.transports.opcua.items import REPORTING, DataItem
from simulator.transports.opcua.occasion import Occasion, service
from simulator.transports.opcua.publishing import Ask
from simulator.transports.opcua.subscription import Subscription
from simulator.transports.opcua.wire import NULL_ARRAY, f64, i32, numbers, u32

Codes = ua.StatusCodes


@service("CreateSubscription")
def create_subscription(on: Occasion) -> bytes:
    """A new subscription."""
    if len(on.server.subscriptions) >= on.limits.subscriptions:
        raise ServiceFault(Codes.BadTooManySubscriptions)
    asked = on.reader.rest(ua.CreateSubscriptionParameters)
    one = on.server.subscriptions.create(on.session.client, asked)
    return u32(one.id) + _revised(one)


@service("ModifySubscription")
def modify_subscription(on: Occasion) -> bytes:
    """Another interval, other counts."""
    asked = on.reader.rest(ua.ModifySubscriptionParameters)
    one = subscription(on, asked.SubscriptionId)
    on.server.subscriptions.revise(one, asked)
    return _revised(one)


@service("DeleteSubscriptions")
def delete_subscriptions(on: Occasion) -> bytes:
    """The end of subscriptions."""
    results = []
    for _ in range(on.many(on.limits.subscriptions)):
        one = on.server.subscriptions.of(on.session.client, on.reader.u32())
        results.append(0 if one is not None else Codes.BadSubscriptionIdInvalid)
        if one is not None:
            on.server.subscriptions.delete(one.id)
    on.session.client.unsubscribed()
    return numbers(results) + NULL_ARRAY


@service("SetPublishingMode")
def set_publishing_mode(on: Occasion) -> bytes:
    """Tell, or do not."""
    enabled, results = bool(on.reader.u8()), []
    for _ in range(on.many(on.limits.subscriptions)):
        one = on.server.subscriptions.of(on.session.client, on.reader.u32())
        results.append(0 if one is not None else Codes.BadSubscriptionIdInvalid)
        if one is not None:
            one.enabled = enabled
            one.heard()
    return numbers(results) + NULL_ARRAY


@service("TransferSubscriptions")
def transfer_subscriptions(on: Occasion) -> bytes:
    """Subscriptions of another session become this one's."""
    asked = on.reader.rest(ua.TransferSubscriptionsParameters)
    out = [i32(len(asked.SubscriptionIds))]
    for number in asked.SubscriptionIds:
        one = on.server.subscriptions.get(number)
        if one is None:
            out.append(u32(Codes.BadSubscriptionIdInvalid) + NULL_ARRAY)
            continue
        if one.client.user != on.session.user:
            out.append(u32(Codes.BadUserAccessDenied) + NULL_ARRAY)
            continue
        out.append(u32(0) + numbers(on.server.subscriptions.transfer(number, on.session.client)))
        if asked.SendInitialValues:
            resend(one)
    out.append(NULL_ARRAY)
    return b"".join(out)


@service("Publish")
def publish(on: Occasion) -> None:
    """What was told is acknowledged; and something more may be told now."""
    client, results = on.session.client, []
    for _ in range(on.reader.many()):
        number, sequence = on.reader.u32(), on.reader.u32()
        one = on.server.subscriptions.of(client, number)
        if one is None:
            results.append(int(Codes.BadSubscriptionIdInvalid))
        elif one.kept.pop(sequence, None) is None:
            results.append(int(Codes.BadSequenceNumberUnknown))
        else:
            results.append(0)
    if not client.subscriptions and not client.farewells:
        raise ServiceFault(Codes.BadNoSubscription)
    until = monotonic() + on.head.hint / 1000 if on.head.hint else None
    client.ask(Ask(on.channel, on.request, on.head.number, results, until))


@service("Republish")
def republish(on: Occasion) -> bytes:
    """A message once more."""
    one = subscription(on, on.reader.u32())
    found = one.kept.get(on.reader.u32())
    if found is None:
        raise ServiceFault(Codes.BadMessageNotAvailable)
    return found


# --- parts ----------------------------------------------------------------------------------------


def subscription(on: Occasion, number: int) -> Subscription:
    """A subscription of the session that asks. Raises ServiceFault."""
    found = on.server.subscriptions.of(on.session.client, number)
    if found is None:
        raise ServiceFault(Codes.BadSubscriptionIdInvalid)
    found.heard()
    return found


def resend(one: Subscription) -> None:
    """Tell the value of every item once more."""
    for item in one.items.values():
        if isinstance(item, DataItem) and item.mode == REPORTING and not item.queue:
            item.put(item.slot.sample)


def _revised(one: Subscription) -> bytes:
    return f64(one.interval * 1000) + u32(one.lifetime) + u32(one.keep_alive)
