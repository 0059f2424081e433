"""Subscriptions as part 4 has them: queues, sampling, deadbands, lifetimes, limits."""

import asyncio
from typing import Any

import pytest
from asyncua import Client, ua

from tests.transports.opcua.hall import Hall

SETPOINT = "Coolant/Setpoint"
OVERFLOW = 0x480


def item(path: str, handle: int = 1, **given: Any) -> ua.MonitoredItemCreateRequest:
    """A request for a monitored item; `given` are its parameters."""
    asked = ua.MonitoredItemCreateRequest()
    asked.ItemToMonitor.NodeId = ua.NodeId(f"CELL/{path}", 2)
    asked.ItemToMonitor.AttributeId = ua.AttributeIds.Value
    asked.MonitoringMode = ua.MonitoringMode(given.pop("mode", 2))
    parameters = asked.RequestedParameters
    parameters.ClientHandle = handle
    parameters.QueueSize = given.pop("queue", 1)
    parameters.DiscardOldest = given.pop("oldest", True)
    parameters.SamplingInterval = given.pop("sampling", 0)
    parameters.Filter = given.pop("filter", None)
    assert not given
    return asked


class Watched:
    """A subscription that answers by hand: its messages as they come."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.results: list[ua.PublishResult] = []
        self.news = asyncio.Condition()
        self.id = 0

    async def begin(self, interval: float = 20, **given: Any) -> Any:
        asked = ua.CreateSubscriptionParameters()
        asked.RequestedPublishingInterval = interval
        asked.RequestedLifetimeCount = given.pop("lifetime", 10_000)
        asked.RequestedMaxKeepAliveCount = given.pop("keep_alive", 3)
        asked.MaxNotificationsPerPublish = given.pop("most", 0)
        asked.PublishingEnabled = given.pop("enabled", True)
        assert not given
        made = await self.client.uaclient.create_subscription(asked, self._take)
        self.id = made.SubscriptionId
        return made

    async def _take(self, result: ua.PublishResult) -> None:
        async with self.news:
            self.results.append(result)
            self.news.notify_all()

    async def add(self, *items: ua.MonitoredItemCreateRequest) -> list[Any]:
        asked = ua.CreateMonitoredItemsParameters()
        asked.SubscriptionId = self.id
        asked.TimestampsToReturn = ua.TimestampsToReturn.Both
        asked.ItemsToCreate = list(items)
        found: list[Any] = await self.client.uaclient.create_monitored_items(asked)
        return found

    async def watch(self, path: str, **given: Any) -> Any:
        [made] = await self.add(item(path, **given))
        return made

    @property
    def data(self) -> list[ua.DataValue]:
        return [
            one.Value
            for result in self.results
            for notification in result.NotificationMessage.NotificationData or ()
            if isinstance(notification, ua.DataChangeNotification)
            for one in notification.MonitoredItems
        ]

    @property
    def values(self) -> list[Any]:
        return [one.Value.Value for one in self.data]

    async def until(self, condition: Any) -> None:
        async with asyncio.timeout(10), self.news:
            await self.news.wait_for(condition)


@pytest.fixture
async def client(hall: Hall) -> Any:
    async with hall.client() as one:
        yield one


@pytest.fixture
async def watched(client: Client) -> Watched:
    return Watched(client)


async def show(hall: Hall, *values: Any, tag: str = SETPOINT) -> None:
    for value in values:
        await hall.show(tag, value)


async def test_every_change_is_told_once_and_in_order(hall: Hall, watched: Watched) -> None:
    await watched.begin()
    made = await watched.watch(SETPOINT, queue=100)
    assert (made.StatusCode.name, made.RevisedQueueSize) == ("Good", 100)
    await watched.until(lambda: watched.values == [21.5])
    await show(hall, 1.0, 2.0, 2.0, 3.0)
    await watched.until(lambda: watched.values == [21.5, 1.0, 2.0, 3.0])
    assert all(one.ServerTimestamp is not None for one in watched.data)


@pytest.mark.parametrize(
    ("oldest", "left", "marked"), [(True, [3.0, 4.0, 5.0], 0), (False, [1.0, 2.0, 5.0], 2)]
)
async def test_a_full_queue_discards_and_says_so(
    hall: Hall, watched: Watched, oldest: bool, left: list[float], marked: int
) -> None:
    await watched.begin(interval=300)
    await watched.watch(SETPOINT, queue=3, oldest=oldest)
    await watched.until(lambda: watched.values == [21.5])
    await show(hall, 1.0, 2.0, 3.0, 4.0, 5.0)
    await watched.until(lambda: len(watched.values) == 4)
    assert watched.values[1:] == left
    bits = [one.StatusCode.value & OVERFLOW for one in watched.data[1:]]
    assert bits == [OVERFLOW if number == marked else 0 for number in range(3)]


async def test_a_queue_of_one_holds_the_newest_without_a_mark(hall: Hall, watched: Watched) -> None:
    await watched.begin(interval=300)
    await watched.watch(SETPOINT)
    await watched.until(lambda: watched.values == [21.5])
    await show(hall, 1.0, 2.0, 3.0)
    await watched.until(lambda: len(watched.values) == 2)
    assert (watched.values[1], watched.data[1].StatusCode.value) == (3.0, 0)


async def test_a_sampling_interval_tells_the_last_of_each(hall: Hall, watched: Watched) -> None:
    await watched.begin()
    made = await watched.watch(SETPOINT, queue=100, sampling=400)
    assert made.RevisedSamplingInterval == 400
    await watched.until(lambda: watched.values == [21.5])
    await show(hall, 1.0, 2.0, 3.0)
    await watched.until(lambda: len(watched.values) == 2)
    assert watched.values == [21.5, 3.0]


async def test_a_sampling_interval_is_revised(watched: Watched) -> None:
    await watched.begin(interval=20)
    asked = (1, 0, -1, 1e12, float("nan"))
    made = await watched.add(*[item(SETPOINT, sampling=one, queue=10**6) for one in asked])
    revised = [one.RevisedSamplingInterval for one in made]
    assert revised == [10, 0, 20, 3_600_000, 0]
    assert {one.RevisedQueueSize for one in made} == {1000}


def change(trigger: int = 1, kind: int = 0, size: float = 0.0) -> ua.DataChangeFilter:
    return ua.DataChangeFilter(ua.DataChangeTrigger(trigger), kind, size)


async def test_deadbands_are_absolute_or_in_percent_of_the_range(
    hall: Hall, watched: Watched
) -> None:
    await watched.begin()
    await watched.watch(SETPOINT, queue=100, filter=change(kind=1, size=2.0))
    await watched.watch("Coolant/Temperature", queue=100, filter=change(kind=2, size=10))
    await watched.until(lambda: len(watched.values) == 2)
    await show(hall, 22.0, 23.5, 24.0, 20.0)
    await show(hall, 50.0, 60.0, 60.5, 45.0, tag="Coolant/Temperature")
    await watched.until(lambda: len(watched.values) == 7)
    assert watched.values[2:] == [24.0, 20.0, 50.0, 60.5, 45.0]


FILTERS = [
    ("Coolant/Name", change(kind=1, size=1), "BadFilterNotAllowed"),
    ("Coolant/Setpoint", change(kind=1, size=-1), "BadDeadbandFilterInvalid"),
    ("Coolant/Setpoint", change(kind=2, size=101), "BadDeadbandFilterInvalid"),
    ("Coolant/Setpoint", change(kind=9, size=1), "BadDeadbandFilterInvalid"),
    ("Own", change(kind=2, size=1), "BadNodeIdUnknown"),
    ("Vector", change(kind=2, size=1), "BadMonitoredItemFilterUnsupported"),
    ("Coolant/Setpoint", ua.EventFilter(), "BadFilterNotAllowed"),
    ("Coolant/Setpoint", ua.AggregateFilter(), "BadMonitoredItemFilterUnsupported"),
]


async def test_a_filter_that_cannot_be_is_refused(watched: Watched) -> None:
    await watched.begin()
    made = await watched.add(*[item(path, filter=given) for path, given, _ in FILTERS])
    assert [one.StatusCode.name for one in made] == [status for *_, status in FILTERS]


async def test_triggers_choose_between_status_value_and_time(hall: Hall, client: Client) -> None:
    told = {}
    for trigger in (0, 1, 2):
        one = told[trigger] = Watched(client)
        await one.begin()
        await one.watch(SETPOINT, queue=100, filter=change(trigger))
        await one.until(lambda one=one: len(one.values) == 1)
    await hall.show(SETPOINT, 5.0)
    await hall.show(SETPOINT, 5.0, "UncertainLastUsableValue")
    await hall.step("1s")
    hall.do("rebirth")
    await hall.settled()
    await told[2].until(lambda: len(told[2].values) == 4)
    assert [len(told[one].values) for one in (0, 1)] == [2, 3]


async def test_no_message_has_more_notifications_than_was_asked(
    hall: Hall, watched: Watched
) -> None:
    await watched.begin(interval=200, most=2)
    await watched.watch(SETPOINT, queue=100)
    await watched.until(lambda: watched.values == [21.5])
    await show(hall, 1.0, 2.0, 3.0, 4.0, 5.0)
    await watched.until(lambda: len(watched.values) == 6)
    sizes = [len(one.NotificationMessage.NotificationData or ()) and
             len(one.NotificationMessage.NotificationData[0].MonitoredItems)
             for one in watched.results]  # fmt: skip
    assert [one for one in sizes if one] == [1, 2, 2, 1]
    more = [one.MoreNotifications for one, size in zip(watched.results, sizes, strict=True) if size]
    assert more == [False, True, True, False]


async def test_a_subscription_with_nothing_to_tell_says_that_it_lives(watched: Watched) -> None:
    await watched.begin(keep_alive=2)
    await watched.until(lambda: len(watched.results) >= 3)
    assert {len(one.NotificationMessage.NotificationData or ()) for one in watched.results} == {0}
    assert {one.NotificationMessage.SequenceNumber for one in watched.results} == {1}


async def test_it_can_be_modified(hall: Hall, watched: Watched) -> None:
    await watched.begin(interval=60_000)
    await watched.watch(SETPOINT)
    asked = ua.ModifySubscriptionParameters()
    asked.SubscriptionId, asked.RequestedPublishingInterval = watched.id, 20
    asked.RequestedLifetimeCount, asked.RequestedMaxKeepAliveCount = 90, 5
    done = await watched.client.uaclient.modify_subscription(asked)
    assert (done.RevisedPublishingInterval, done.RevisedLifetimeCount) == (20, 90)
    await watched.until(lambda: watched.values == [21.5])


async def test_items_are_modified_and_an_unknown_one_is_refused(
    hall: Hall, watched: Watched
) -> None:
    await watched.begin(interval=200)
    made = await watched.watch(SETPOINT, queue=1)
    asked = ua.ModifyMonitoredItemsParameters()
    asked.SubscriptionId = watched.id
    for number in (made.MonitoredItemId, 9999):
        one = ua.MonitoredItemModifyRequest()
        one.MonitoredItemId = number
        one.RequestedParameters.QueueSize, one.RequestedParameters.ClientHandle = 5, 1
        asked.ItemsToModify.append(one)
    done = await watched.client.uaclient.modify_monitored_items(asked)
    assert [one.StatusCode.name for one in done] == ["Good", "BadMonitoredItemIdInvalid"]
    await watched.until(lambda: watched.values == [21.5])
    await show(hall, 1.0, 2.0, 3.0)
    await watched.until(lambda: watched.values == [21.5, 1.0, 2.0, 3.0])


async def test_publishing_and_monitoring_can_be_switched_off(hall: Hall, watched: Watched) -> None:
    await watched.begin(enabled=False)
    made = await watched.watch(SETPOINT, queue=10)
    await watched.until(lambda: len(watched.results) >= 2)
    assert watched.values == []
    mode = ua.SetPublishingModeParameters()
    mode.PublishingEnabled, mode.SubscriptionIds = True, [watched.id]
    assert [one.name for one in await watched.client.uaclient.set_publishing_mode(mode)] == ["Good"]
    await watched.until(lambda: watched.values == [21.5])
    monitoring = ua.SetMonitoringModeParameters()
    monitoring.SubscriptionId, monitoring.MonitoredItemIds = watched.id, [made.MonitoredItemId]
    for off, value in ((ua.MonitoringMode.Disabled, 1.0), (ua.MonitoringMode.Reporting, 2.0)):
        monitoring.MonitoringMode = off
        await watched.client.uaclient.set_monitoring_mode(monitoring)
        await show(hall, value)
    await watched.until(lambda: watched.values == [21.5, 1.0, 2.0])


async def test_one_that_nobody_asks_for_expires_with_a_last_word(
    hall: Hall, client: Client
) -> None:
    request = ua.CreateSubscriptionRequest()
    asked = request.Parameters
    asked.RequestedPublishingInterval, asked.RequestedMaxKeepAliveCount = 10, 1
    asked.RequestedLifetimeCount, asked.PublishingEnabled = 3, True
    await client.uaclient._send_request(request)
    async with asyncio.timeout(10):
        while len(hall.server.subscriptions):  # noqa: ASYNC110
            await asyncio.sleep(0)
    result = await client.uaclient.session.publish([])
    [last] = result.Parameters.NotificationMessage.NotificationData
    assert last.Status.name == "BadTimeout"
    with pytest.raises(ua.uaerrors.BadNoSubscription):
        await client.uaclient.session.publish([])


async def test_what_was_not_acknowledged_is_sent_once_more(watched: Watched) -> None:
    await watched.begin()
    await watched.watch(SETPOINT)
    await watched.until(lambda: watched.values == [21.5])
    asked = ua.RepublishParameters()
    asked.SubscriptionId, asked.RetransmitSequenceNumber = watched.id, 77
    request = ua.RepublishRequest()
    request.Parameters = asked
    with pytest.raises(ua.uaerrors.BadMessageNotAvailable):
        await watched.client.uaclient._send_request(request)


@pytest.mark.parametrize("build_limits", [{"creates": 3, "reads": 3, "browses": 2}])
async def test_operation_limits_are_held_to(build: Any, build_limits: dict[str, int]) -> None:
    hall = await build(endpoint={"limits": build_limits})
    async with hall.client() as client:
        watched = Watched(client)
        await watched.begin()
        await watched.add(*[item(SETPOINT, number) for number in range(3)])
        with pytest.raises(ua.uaerrors.BadTooManyOperations):
            await watched.add(*[item(SETPOINT, number) for number in range(4)])
        nodes = [hall.node(client, SETPOINT)] * 4
        assert len(await client.read_values(nodes[:3])) == 3
        with pytest.raises(ua.uaerrors.BadTooManyOperations):
            await client.read_values(nodes)
        with pytest.raises(ua.uaerrors.BadNothingToDo):
            await client.uaclient.read_attributes([], ua.AttributeIds.Value)
        limit = ua.ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerBrowse
        assert await client.get_node(limit).read_value() == 2


async def test_browsing_goes_on_where_it_stopped(hall: Hall, client: Client) -> None:
    asked = ua.BrowseParameters()
    asked.RequestedMaxReferencesPerNode = 4
    one = ua.BrowseDescription()
    one.NodeId, one.BrowseDirection = ua.NodeId("CELL/TURN-1/Admin", 2), ua.BrowseDirection.Forward
    one.ReferenceTypeId = ua.NodeId(ua.ObjectIds.HasComponent)
    one.IncludeSubtypes, one.ResultMask = True, ua.BrowseResultMask.All
    asked.NodesToBrowse = [one]
    [found] = await client.uaclient.browse(asked)
    names = [ref.BrowseName.Name for ref in found.References]
    assert len(names) == 4
    last = b""
    while found.ContinuationPoint:
        last = found.ContinuationPoint
        more = ua.BrowseNextParameters()
        more.ContinuationPoints, more.ReleaseContinuationPoints = [last], False
        [found] = await client.uaclient.browse_next(more)
        assert len(found.References) <= 4
        names += [ref.BrowseName.Name for ref in found.References]
    assert len(names) == len(set(names)) == 9
    again = ua.BrowseNextParameters()
    again.ContinuationPoints = [last]
    [gone] = await client.uaclient.browse_next(again)
    assert gone.StatusCode.name == "BadContinuationPointInvalid"
