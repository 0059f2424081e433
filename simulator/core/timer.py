"""Waking an asyncio loop at an absolute moment, never early.

On Linux a timerfd (microsecond resolution, absolute CLOCK_MONOTONIC deadlines) read through
`add_reader`; elsewhere the loop's own `call_at`, re-armed while it fires early.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import struct
import sys
import time
from typing import Protocol

_CLOCK_MONOTONIC = 1
_NONBLOCK_CLOEXEC = 0o4000 | 0o2000000
_ABSTIME = 1


def monotonic() -> float:
    """Wall seconds that only ever go forward: the one reading of it in the project."""
    return time.monotonic()


def wall_clock() -> float:
    """Wall seconds since 1970, for records that people compare with other logs."""
    return time.time()


class Alarm(Protocol):
    """Waits for a moment or a nudge, whichever is first."""

    async def until(self, deadline: float | None) -> None:
        """Return at `deadline` (monotonic seconds; None is never), or as soon as nudged."""

    def nudge(self) -> None:
        """Wake a wait early: what it waits for has changed."""

    def close(self) -> None:
        """Give back what it holds. Closing twice is fine."""


class LoopAlarm:
    """An alarm on the loop's own timers."""

    def __init__(self) -> None:
        self._wake = asyncio.Event()

    async def until(self, deadline: float | None) -> None:
        while not self._wake.is_set():
            left = None if deadline is None else deadline - monotonic()
            if left is not None and left <= 0:
                break
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), left)
        self._wake.clear()

    def nudge(self) -> None:
        self._wake.set()

    def close(self) -> None:
        self._wake.set()


class TimerfdAlarm:
    """An alarm on a Linux timerfd. Raises OSError where the system has none."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd = self._libc.timerfd_create(_CLOCK_MONOTONIC, _NONBLOCK_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._fd, self._fired)

    def _fired(self) -> None:
        try:
            os.read(self._fd, 8)
        except BlockingIOError:
            return
        self._wake.set()

    async def until(self, deadline: float | None) -> None:
        if deadline is not None:
            if deadline <= monotonic():
                self._wake.clear()
                return
            self._arm(deadline)
        await self._wake.wait()
        self._wake.clear()

    def _arm(self, deadline: float) -> None:
        # round the nanoseconds up: a timer may be late by a nanosecond, never early
        nanoseconds = int(deadline * 1e9) + 1
        spec = struct.pack("qqqq", 0, 0, *divmod(nanoseconds, 1_000_000_000))
        if self._libc.timerfd_settime(self._fd, _ABSTIME, spec, None) != 0:
            raise OSError(ctypes.get_errno(), "timerfd_settime")

    def nudge(self) -> None:
        self._wake.set()

    def close(self) -> None:
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1
        self._wake.set()


def new_alarm() -> Alarm:
    """The best alarm that this system has. Needs a running loop."""
    if sys.platform == "linux":
        try:
            return TimerfdAlarm()
        except (OSError, AttributeError, NotImplementedError):
            pass
    return LoopAlarm()
