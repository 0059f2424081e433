"""Alarms as conditions: events, and what operators do about them, with asyncua's client."""

from typing import Any

import pytest
from asyncua import Client, ua

from tests.transports.opcua.hall import Hall, Heard


class Other:
    """An event that nobody told."""

    EventId = b"other"


ALARM = "TURN-1/Alarms/Breakdown"
CONDITION = ua.ObjectIds.AlarmConditionType


class Watch:
    """A client that listens to alarms, and deals with one of them."""

    def __init__(self, hall: Hall, client: Client) -> None:
        self.hall = hall
        self.client = client
        self.heard = Heard()
        self.node = hall.node(client, ALARM)
        self.subscription: Any = None

    async def begin(self, source: Any = ua.ObjectIds.Server, **given: Any) -> None:
        self.subscription = await self.client.create_subscription(20, self.heard)
        await self.subscription.subscribe_alarms_and_conditions(source, await self.kind(), **given)

    async def kind(self) -> Any:
        return self.client.get_node(ua.NodeId(CONDITION))

    async def next(self, number: int) -> Any:
        """The event of this number, from 1, once it is there."""
        await self.heard.until(lambda: len(self.heard.events) >= number)
        return self.heard.events[number - 1]

    async def call(self, method: str, *given: Any) -> None:
        await self.node.call_method(f"0:{method}", *given)

    async def deal(self, method: str, event: Any, comment: str = "") -> None:
        await self.call(
            method, ua.Variant(event.EventId, ua.VariantType.ByteString),
            ua.Variant(ua.LocalizedText(comment), ua.VariantType.LocalizedText),
        )  # fmt: skip


@pytest.fixture
async def watch(hall: Hall) -> Any:
    async with hall.client() as client:
        one = Watch(hall, client)
        await one.begin()
        yield one


def breaks(hall: Hall, message: str = "it smokes", **given: Any) -> None:
    hall.do("raise_alarm", alarm=ALARM, message=message, **given)


async def test_an_alarm_is_told_with_its_state_and_shown_by_its_nodes(watch: Watch) -> None:
    breaks(watch.hall, severity=850)
    event = await watch.next(1)
    assert (event.Message.Text, event.Severity, event.SourceName) == ("it smokes", 850, "TURN-1")
    assert event.EventType == ua.NodeId(ua.ObjectIds.TripAlarmType)
    assert event.NodeId == watch.node.nodeid
    assert (event.Retain, event.ConditionName) == (True, "Breakdown")
    assert (event.ActiveState.Text, getattr(event, "ActiveState/Id")) == ("Active", True)
    assert getattr(event, "AckedState/Id") is False
    assert await (await watch.node.get_child(["0:ActiveState", "0:Id"])).read_value() is True
    assert await (await watch.node.get_child("0:Severity")).read_value() == 850
    assert await (await watch.node.get_child("0:EventId")).read_value() == event.EventId
    watch.hall.do("clear_alarm", alarm=ALARM)
    event = await watch.next(2)
    assert (event.ActiveState.Text, event.Retain) == ("Inactive", True)


async def test_it_is_acknowledged_confirmed_and_then_of_no_more_interest(watch: Watch) -> None:
    breaks(watch.hall)
    event = await watch.next(1)
    with pytest.raises(ua.uaerrors.BadEventIdUnknown):
        await watch.deal("Acknowledge", Other())
    with pytest.raises(ua.uaerrors.BadInvalidState):
        await watch.deal("Confirm", event)
    await watch.deal("Acknowledge", event, "on my way")
    event = await watch.next(2)
    assert (getattr(event, "AckedState/Id"), event.Comment.Text) == (True, "on my way")
    with pytest.raises(ua.uaerrors.BadConditionBranchAlreadyAcked):
        await watch.deal("Acknowledge", event)
    await watch.deal("Confirm", event, "mended")
    assert getattr(await watch.next(3), "ConfirmedState/Id") is True
    with pytest.raises(ua.uaerrors.BadConditionBranchAlreadyConfirmed):
        await watch.deal("Confirm", event)
    watch.hall.do("clear_alarm", alarm=ALARM)
    assert (await watch.next(4)).Retain is False
    done = watch.hall.entries(direction="in", operation="acknowledge_alarm")
    assert [one["status"] for one in done] == [422, 200, 409]


async def test_a_comment_is_written(watch: Watch) -> None:
    breaks(watch.hall)
    await watch.deal("AddComment", await watch.next(1), "waiting for a bearing")
    event = await watch.next(2)
    assert (event.Comment.Text, event.ClientUserId) == ("waiting for a bearing", "anonymous")


async def test_it_is_shelved_and_comes_back(watch: Watch) -> None:
    breaks(watch.hall)
    await watch.next(1)
    shelving = await watch.node.get_child("0:ShelvingState")
    with pytest.raises(ua.uaerrors.BadConditionNotShelved):
        await shelving.call_method("0:Unshelve")
    with pytest.raises(ua.uaerrors.BadShelvingTimeOutOfRange):
        await shelving.call_method("0:TimedShelve", ua.Variant(-1.0, ua.VariantType.Double))
    await shelving.call_method("0:TimedShelve", ua.Variant(60_000.0, ua.VariantType.Double))
    event = await watch.next(2)
    assert event.SuppressedOrShelved is True
    state = await shelving.get_child("0:CurrentState")
    assert (await state.read_value()).Text == "TimedShelved"
    await watch.hall.step("61s")
    assert (await watch.next(3)).SuppressedOrShelved is False
    await shelving.call_method("0:OneShotShelve")
    assert (await watch.next(4)).SuppressedOrShelved is True
    await shelving.call_method("0:Unshelve")
    assert (await watch.next(5)).SuppressedOrShelved is False


async def test_it_is_disabled_and_enabled(watch: Watch) -> None:
    await watch.call("Disable")
    assert getattr(await watch.next(1), "EnabledState/Id") is False
    with pytest.raises(ua.uaerrors.BadConditionAlreadyDisabled):
        await watch.call("Disable")
    await watch.call("Enable")
    assert getattr(await watch.next(2), "EnabledState/Id") is True
    with pytest.raises(ua.uaerrors.BadConditionAlreadyEnabled):
        await watch.call("Enable")


async def test_a_refresh_tells_what_is_of_interest_once_more(hall: Hall) -> None:
    breaks(hall)
    await hall.settled()
    async with hall.client() as client:
        watch = Watch(hall, client)
        await watch.begin()
        conditions = client.get_node(ua.ObjectIds.ConditionType)
        number = ua.Variant(watch.subscription.subscription_id, ua.VariantType.UInt32)
        await conditions.call_method(ua.NodeId(ua.ObjectIds.ConditionType_ConditionRefresh), number)
        await watch.next(3)
        kinds = [one.EventType for one in watch.heard.events]
        assert kinds == [
            ua.NodeId(getattr(ua.ObjectIds, name))
            for name in ("RefreshStartEventType", "TripAlarmType", "RefreshEndEventType")
        ]
        other = ua.Variant(4711, ua.VariantType.UInt32)
        with pytest.raises(ua.uaerrors.BadSubscriptionIdInvalid):
            await conditions.call_method(
                ua.NodeId(ua.ObjectIds.ConditionType_ConditionRefresh), other
            )
        refresh2 = ua.NodeId(ua.ObjectIds.ConditionType_ConditionRefresh2)
        with pytest.raises(ua.uaerrors.BadMonitoredItemIdInvalid):
            await conditions.call_method(refresh2, number, other)


async def test_only_events_of_the_source_and_by_the_filter_are_told(hall: Hall) -> None:
    async with hall.client() as client:
        near, far = Watch(hall, client), Watch(hall, client)
        await near.begin(hall.node(client, "TURN-1"))
        await far.begin(hall.node(client, "TURN-2"))
        breaks(hall)
        hall.do("raise_alarm", alarm="TURN-2/Alarms/Breakdown")
        assert (await near.next(1)).SourceName == "TURN-1"
        assert (await far.next(1)).SourceName == "TURN-2"
        assert (len(near.heard.events), len(far.heard.events)) == (1, 1)
        severe = Heard()
        subscription = await client.create_subscription(20, severe)
        asked = ua.EventFilter()
        for name in ("Severity", "ConditionName"):
            one = ua.SimpleAttributeOperand()
            one.TypeDefinitionId = ua.NodeId(CONDITION)
            one.BrowsePath = [ua.QualifiedName(name)]
            one.AttributeId = ua.AttributeIds.Value
            asked.SelectClauses.append(one)
        element = ua.ContentFilterElement()
        element.FilterOperator = ua.FilterOperator.GreaterThan
        element.FilterOperands = [
            asked.SelectClauses[0], ua.LiteralOperand(ua.Variant(900, ua.VariantType.UInt16))
        ]  # fmt: skip
        asked.WhereClause.Elements = [element]
        await subscription.subscribe_events(evfilter=asked)
        breaks(hall, severity=901)
        breaks(hall, severity=900)
        breaks(hall, severity=950)
        await severe.until(lambda: len(severe.events) == 2)
        assert [one.Severity for one in severe.events] == [901, 950]


async def test_a_flood_beyond_the_queue_is_marked(hall: Hall) -> None:
    async with hall.client() as client:
        heard = Heard()
        subscription = await client.create_subscription(300, heard)
        await subscription.subscribe_events(evtypes=ua.ObjectIds.BaseEventType, queuesize=3)
        for number in range(6):
            breaks(hall, message=f"alarm {number}")
        await heard.until(lambda: len(heard.events) == 4)
    assert [one.Message.Text for one in heard.events] == [
        "events were lost", "alarm 3", "alarm 4", "alarm 5"
    ]  # fmt: skip
