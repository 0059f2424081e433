"""The embedded broker in a process of its own, for machines without mosquitto."""

from __future__ import annotations

import asyncio
import sys

from simulator.transports.mqtt.broker import EmbeddedBroker


async def main() -> None:
    broker = EmbeddedBroker("127.0.0.1", int(sys.argv[1]), 16 * 1024 * 1024)
    await broker.join()
    await asyncio.Event().wait()


asyncio.run(main())
