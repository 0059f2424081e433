"""PackML: the unit machine's states, modes and commands, and the ways between states.

Numbers and ways are those of ISA-TR88.00.02. A state is *acting* where it ends by itself, and
*waiting* where it lasts until a command, or what happens at the machine, ends it.
"""

from __future__ import annotations

from collections import deque
from enum import IntEnum
from functools import cache


class State(IntEnum):
    """StateCurrent."""

    CLEARING = 1
    STOPPED = 2
    STARTING = 3
    IDLE = 4
    SUSPENDED = 5
    EXECUTE = 6
    STOPPING = 7
    ABORTING = 8
    ABORTED = 9
    HOLDING = 10
    HELD = 11
    UNHOLDING = 12
    SUSPENDING = 13
    UNSUSPENDING = 14
    RESETTING = 15
    COMPLETING = 16
    COMPLETED = 17

    @property
    def title(self) -> str:
        """As the standard writes it: `Execute`."""
        return self.name.capitalize()


class Mode(IntEnum):
    """UnitModeCurrent. From 4 on, modes are the user's: ours is for changeovers."""

    PRODUCTION = 1
    MAINTENANCE = 2
    MANUAL = 3
    SETUP = 4


class Command(IntEnum):
    """CntrlCmd."""

    RESET = 1
    START = 2
    STOP = 3
    HOLD = 4
    UNHOLD = 5
    SUSPEND = 6
    UNSUSPEND = 7
    ABORT = 8
    CLEAR = 9
    COMPLETE = 10


DONE: dict[State, State] = {
    State.CLEARING: State.STOPPED, State.STARTING: State.EXECUTE, State.STOPPING: State.STOPPED,
    State.ABORTING: State.ABORTED, State.HOLDING: State.HELD, State.UNHOLDING: State.EXECUTE,
    State.SUSPENDING: State.SUSPENDED, State.UNSUSPENDING: State.EXECUTE,
    State.RESETTING: State.IDLE, State.COMPLETING: State.COMPLETED,
}  # fmt: skip
"""Where each acting state ends."""

_NEVER_STOPPED = (
    State.STOPPED, State.STOPPING, State.ABORTED, State.ABORTING, State.CLEARING,
)  # fmt: skip
COMMANDS: dict[tuple[State, Command], State] = {
    (State.STOPPED, Command.RESET): State.RESETTING,
    (State.COMPLETED, Command.RESET): State.RESETTING,
    (State.IDLE, Command.START): State.STARTING,
    (State.EXECUTE, Command.HOLD): State.HOLDING,
    (State.SUSPENDED, Command.HOLD): State.HOLDING,
    (State.HELD, Command.UNHOLD): State.UNHOLDING,
    (State.EXECUTE, Command.SUSPEND): State.SUSPENDING,
    (State.SUSPENDED, Command.UNSUSPEND): State.UNSUSPENDING,
    (State.EXECUTE, Command.COMPLETE): State.COMPLETING,
    (State.ABORTED, Command.CLEAR): State.CLEARING,
    **{(one, Command.STOP): State.STOPPING for one in State if one not in _NEVER_STOPPED},
    **{
        (one, Command.ABORT): State.ABORTING
        for one in State
        if one not in (State.ABORTED, State.ABORTING)
    },
}
"""Which state a command leads to; any other command does nothing in that state."""


def allowed(state: State) -> list[Command]:
    """The commands that a state takes."""
    return [command for command in Command if (state, command) in COMMANDS]


@cache
def way(begin: State, end: State) -> tuple[State, ...]:
    """The states in between and the last one, by the fewest steps; empty where it is there."""
    before: dict[State, State] = {}
    waiting = deque([begin])
    while waiting:
        one = waiting.popleft()
        if one is end:
            break
        for following in _following(one):
            if following is not begin and following not in before:
                before[following] = one
                waiting.append(following)
    states: list[State] = []
    while end is not begin:
        states.append(end)
        end = before[end]
    return tuple(reversed(states))


def _following(state: State) -> list[State]:
    if state in DONE:
        return [DONE[state]]
    return [COMMANDS[state, command] for command in allowed(state)]
