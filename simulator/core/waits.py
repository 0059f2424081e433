"""Many precise waits on one alarm: what injected delays are made of.

The loop's own timers fire in whole milliseconds, or in ticks of several on some machines; here
all waits of a loop stand on one heap that `core.timer`'s alarm wakes, never early.
"""

from __future__ import annotations

import asyncio
import heapq
import weakref

from simulator.core.timer import Alarm, monotonic, new_alarm

_WAITS: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Waits] = weakref.WeakKeyDictionary()


class Bell:
    """Wakes whoever waits for it at that moment. Unlike an event it remembers nothing."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[bool]] = set()

    def ring(self) -> None:
        """Wake everyone."""
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(True)

    async def wait(self) -> None:
        """Return when it rings."""
        waiting: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.add(waiting)
        try:
            await waiting
        finally:
            self._waiting.discard(waiting)

    async def until(self, deadline: float) -> bool:
        """Return True when it rings, or False at `deadline` (monotonic seconds), never earlier."""
        waiting = _waits().put(deadline)
        self._waiting.add(waiting)
        try:
            return await waiting
        finally:
            self._waiting.discard(waiting)


async def wait_until(deadline: float) -> None:
    """Return at `deadline` (monotonic seconds), never earlier."""
    await _waits().put(deadline)


class Waits:
    """The waits of one loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._heap: list[tuple[float, int, asyncio.Future[bool]]] = []
        self._put = 0
        self._alarm: Alarm = new_alarm()
        self._task = loop.create_task(self._drive(), name="waits")

    def put(self, deadline: float) -> asyncio.Future[bool]:
        """A future that becomes False at the deadline. Cancelling it, or resolving it, is fine."""
        self._put += 1
        waiting: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._heap, (deadline, self._put, waiting))
        if self._heap[0][2] is waiting:
            self._alarm.nudge()
        return waiting

    @property
    def alive(self) -> bool:
        """Does it still drive its alarm?"""
        return not self._task.done()

    async def _drive(self) -> None:
        heap, alarm = self._heap, self._alarm
        try:
            while True:
                now = monotonic()
                while heap and (heap[0][0] <= now or heap[0][2].done()):
                    waiting = heapq.heappop(heap)[2]
                    if not waiting.done():
                        waiting.set_result(False)
                await alarm.until(heap[0][0] if heap else None)
        finally:  # the loop is being closed
            alarm.close()


def _waits() -> Waits:
    loop = asyncio.get_running_loop()
    found = _WAITS.get(loop)
    if found is None or not found.alive:
        found = _WAITS[loop] = Waits(loop)
    return found
