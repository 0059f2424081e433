"""History of tags: raw values by time, in portions, bounded, and with gaps on request."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asyncua import Client, ua

from simulator.core.durations import to_datetime
from tests.transports.opcua.hall import Hall

PATH = "Coolant/Setpoint"


async def keep(hall: Hall, *values: float) -> datetime:
    """Let the tag show values, a second apart; when it began."""
    began = to_datetime(hall.stage.now)
    for value in values:
        await hall.step("1s")
        await hall.show(PATH, value)
    return began


async def read(client: Client, hall: Hall, path: str = PATH, **given: Any) -> Any:
    details = ua.ReadRawModifiedDetails()
    details.IsReadModified = False
    details.StartTime = given.pop("start", None) or ua.get_win_epoch()
    details.EndTime = given.pop("end", None) or ua.get_win_epoch()
    details.NumValuesPerNode = given.pop("most", 0)
    details.ReturnBounds = given.pop("bounds", False)
    return await hall.node(client, path).history_read(details, given.pop("point", None))


def values(result: Any) -> list[float]:
    result.StatusCode.check()
    return [one.Value.Value for one in result.HistoryData.DataValues]


async def test_it_is_read_by_time_forwards_backwards_and_with_bounds(hall: Hall) -> None:
    began = await keep(hall, 1, 2, 3, 4, 5)
    at = [began + timedelta(seconds=number) for number in range(7)]
    async with hall.client() as client:
        assert values(await read(client, hall, start=at[1], end=at[4])) == [1, 2, 3]
        assert values(await read(client, hall, start=at[4], end=at[1])) == [4, 3, 2]
        assert values(await read(client, hall, start=at[3], most=2)) == [3, 4]
        assert values(await read(client, hall, end=at[3], most=2)) == [3, 2]
        inside = at[1] + timedelta(milliseconds=500), at[3] + timedelta(milliseconds=500)
        found = await read(client, hall, start=inside[0], end=inside[1], bounds=True)
        assert values(found) == [1, 2, 3, 4]
        none = await read(client, hall, start=at[6], end=at[6] + timedelta(hours=1))
        assert (none.StatusCode.name, none.HistoryData.DataValues) == ("GoodNoData", [])


async def test_it_comes_in_portions(hall: Hall) -> None:
    began = await keep(hall, 1, 2, 3, 4, 5)
    span = {"start": began + timedelta(milliseconds=1), "end": datetime(2100, 1, 1, tzinfo=UTC)}
    async with hall.client() as client:
        got, point = [], None
        for _ in range(3):
            result = await read(client, hall, most=2, point=point, **span)
            got.append(values(result))
            point = result.ContinuationPoint
        assert (got, point) == ([[1, 2], [3, 4], [5]], None)
        gone = await read(client, hall, most=2, point=b"gone", **span)
        assert gone.StatusCode.name == "BadContinuationPointInvalid"


async def test_it_is_bounded_and_not_kept_of_every_tag(build: Any) -> None:
    hall = await build(endpoint={"history": 3})
    await keep(hall, 1, 2, 3, 4, 5)
    span = {"start": datetime(2000, 1, 1, tzinfo=UTC), "end": datetime(2100, 1, 1, tzinfo=UTC)}
    async with hall.client() as client:
        assert values(await read(client, hall, **span)) == [3, 4, 5]
        other = await read(client, hall, path="Coolant/Name", **span)
        assert other.StatusCode.name == "BadHistoryOperationUnsupported"
        none = await read(client, hall, path="Nowhere", **span)
        assert none.StatusCode.name == "BadNodeIdUnknown"
        with pytest.raises(ua.uaerrors.BadHistoryOperationInvalid):
            await read(client, hall, start=span["start"])


async def test_a_gap_stays_one(hall: Hall) -> None:
    began = await keep(hall, 1)
    hall.fault("history-gap")
    await keep(hall, 2, 3)
    hall.clear()
    await keep(hall, 4)
    async with hall.client() as client:
        assert await hall.node(client, PATH).read_value() == 4
        found = await read(client, hall, start=began + timedelta(milliseconds=1),
                           end=datetime(2100, 1, 1, tzinfo=UTC))  # fmt: skip
    assert values(found) == [1, 4]
