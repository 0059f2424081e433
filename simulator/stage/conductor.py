"""Takes a stage's events off the agenda at `real time x speed`, from absolute deadlines.

One conductor a plant. Between its turns, requests are served; whatever changes what is due next
(a request, an action, a change of speed) nudges it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from simulator.core.clock import MAX
from simulator.core.durations import Instant
from simulator.core.link import pause
from simulator.core.timer import Alarm, new_alarm

if TYPE_CHECKING:
    from simulator.stage.stage import Stage

TURN = 256  # events before the loop gets its turn


class Conductor:
    """Runs one stage in wall time."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._alarm: Alarm | None = None
        self._task: asyncio.Task[None] | None = None
        self._goals: list[tuple[Instant, asyncio.Future[None]]] = []
        self._armed: Instant | None = None

    def start(self) -> None:
        """Begin to conduct. Needs a running loop."""
        self._alarm = new_alarm()
        self._task = asyncio.get_running_loop().create_task(
            self._conduct(), name=f"conductor of {self._stage.name}"
        )

    async def stop(self) -> None:
        """Stop conducting; plant time stands still."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self._alarm is not None:
            self._alarm.close()
            self._alarm = None
        for _, goal in self._goals:
            goal.cancel()
        self._goals.clear()

    def nudge(self) -> None:
        """Look again at what is due next: the speed changed, or the clock was paused."""
        if self._alarm is not None:
            self._alarm.nudge()

    def sooner(self, due: Instant | None) -> None:
        """Nudge, if `due` comes before what the alarm is set for."""
        if due is not None and (self._armed is None or due < self._armed):
            self.nudge()

    async def reached(self, instant: Instant) -> None:
        """Return once plant time has reached `instant` and all that was due by then is done."""
        assert self._task is not None, "the conductor is not running"
        goal = asyncio.get_running_loop().create_future()
        self._goals.append((instant, goal))
        self._goals.sort(key=lambda one: one[0])
        self.nudge()
        await asyncio.wait({goal, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if not goal.done():
            self._task.result()  # raises what ended the conductor

    async def _conduct(self) -> None:
        stage, clock = self._stage, self._stage.clock
        assert self._alarm is not None
        while True:
            now = clock.now()
            if not stage.advance(now, most=TURN):
                await pause(0)
                continue
            while self._goals and self._goals[0][0] <= now:
                goal = self._goals.pop(0)[1]
                if not goal.done():
                    goal.set_result(None)
            target = stage.agenda.next_due()
            if self._goals and (target is None or self._goals[0][0] < target):
                target = self._goals[0][0]
            if target is not None and clock.speed == MAX and not clock.paused:
                await stage.settled(retries=False)
                clock.reach(target)
                await pause(0)
                continue
            self._armed = target
            await self._alarm.until(None if target is None else clock.wall_of(target))
            self._armed = None
