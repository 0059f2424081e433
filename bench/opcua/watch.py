"""One client of the benchmark: it subscribes, and counts what it is told, and how late.

The same for both servers. It reads the notifications by hand: a client that cannot keep up would
measure itself.
"""

from __future__ import annotations

import asyncio
import json
import struct
import sys
import time
from typing import Any

from asyncua import Client, ua

TO_1970 = 116_444_736_000_000_000
PORTION = 1000  # monitored items of one request
_ITEM = struct.Struct("<IBBdq")  # handle, mask, type, value, source time


class Tally:
    """What was told: how many values, and how late the last of each message was."""

    def __init__(self) -> None:
        self.values = 0
        self.lags: list[float] = []
        self.counts = False

    def take(self, data: bytes) -> list[ua.SubscriptionAcknowledgement]:
        """Read a publish response; what is to be acknowledged."""
        now = time.time()
        at = 4 + 8 + 4 + 4 + 1
        at += 4 + 0  # the string table is empty
        at += 3  # no further header
        number, available = struct.unpack_from("<Ii", data, at)
        at += 8 + 4 * max(available, 0) + 1
        sequence, _, parts = struct.unpack_from("<Iqi", data, at)
        at += 16
        if parts <= 0:
            return []
        for _ in range(parts):
            at += 4 + 1 + 4
            (count,) = struct.unpack_from("<i", data, at)
            at += 4
            for _ in range(count):
                _, mask, _, _, source = _ITEM.unpack_from(data, at)
                at += _ITEM.size + 8 * bool(mask & 8) + 2 * bool(mask & 16) + 2 * bool(mask & 32)
                if self.counts:
                    self.lags.append(now - (source - TO_1970) / 1e7)
            at += 4
            if self.counts:
                self.values += count
        acknowledged = ua.SubscriptionAcknowledgement()
        acknowledged.SubscriptionId, acknowledged.SequenceNumber = number, sequence
        return [acknowledged]


async def publish(client: Client, tally: Tally) -> None:
    """Ask, again and again."""
    acknowledged: list[Any] = []
    while True:
        request = ua.PublishRequest()
        request.Parameters.SubscriptionAcknowledgements = acknowledged
        data = await client.uaclient.session._send_request(request, 60)
        acknowledged = tally.take(bytes(data))


async def subscribe(client: Client, index: int, count: int) -> None:
    asked = ua.CreateSubscriptionParameters()
    asked.RequestedPublishingInterval, asked.PublishingEnabled = 100, True
    asked.RequestedLifetimeCount, asked.RequestedMaxKeepAliveCount = 1000, 100
    request = ua.CreateSubscriptionRequest()
    request.Parameters = asked
    data = await client.uaclient.session._send_request(request)
    made = ua.ua_binary.struct_from_binary(ua.CreateSubscriptionResponse, data).Parameters
    for begin in range(0, count, PORTION):
        items = ua.CreateMonitoredItemsParameters()
        items.SubscriptionId = made.SubscriptionId
        items.TimestampsToReturn = ua.TimestampsToReturn.Source
        for number in range(begin, min(begin + PORTION, count)):
            one = ua.MonitoredItemCreateRequest()
            one.ItemToMonitor.NodeId = ua.NodeId(f"F/{number}", index)
            one.ItemToMonitor.AttributeId = ua.AttributeIds.Value
            one.MonitoringMode = ua.MonitoringMode.Reporting
            one.RequestedParameters.ClientHandle = number
            one.RequestedParameters.SamplingInterval = 0
            one.RequestedParameters.QueueSize = 20
            one.RequestedParameters.DiscardOldest = True
            items.ItemsToCreate.append(one)
        made_items = await client.uaclient.create_monitored_items(items)
        assert all(one.StatusCode.is_good() for one in made_items)


async def main() -> None:
    url, index, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    tally = Tally()
    began = time.perf_counter()
    async with Client(url, timeout=30) as client:
        await client.get_node(ua.NodeId("F/0", index)).read_value()
        session = time.perf_counter() - began
        if not count:
            print(json.dumps({"session": session}), flush=True)
            return
        await subscribe(client, index, count)
        asks = [asyncio.create_task(publish(client, tally)) for _ in range(3)]
        print("ready", flush=True)
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
        )
        await reader.readline()
        tally.counts, started = True, time.perf_counter()
        await reader.readline()
        tally.counts, seconds = False, time.perf_counter() - started
        tally.lags.sort()
        lags = tally.lags or [0.0]
        print(
            json.dumps(
                {
                    "rate": tally.values / seconds,
                    "p50": lags[len(lags) // 2],
                    "p99": lags[len(lags) * 99 // 100],
                }
            ),
            flush=True,
        )
        for ask in asks:
            ask.cancel()
        await asyncio.gather(*asks, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main())
