"""What the faults of a link do to a request: wait, cut, refuse, and what only OPC UA has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asyncua import ua

from simulator.core.link import Treatment, pause
from simulator.core.message import Reply
from simulator.core.ports import Arrival
from simulator.core.timer import monotonic
from simulator.core.waits import Bell
from simulator.transports.opcua.fault import ServiceFault, Unanswered, status_of
from simulator.transports.opcua.occasion import Occasion
from simulator.transports.opcua.values import status_code

if TYPE_CHECKING:
    from simulator.transports.opcua.server import OpcuaServer

_DONE = {"reset": "reset", "refuse": "refused", "close": "closed", "hang": "hung",
         "drop": "dropped"}  # fmt: skip
Codes = ua.StatusCodes


class Dealing:
    """The treatments of one server's inbound link, carried out."""

    def __init__(self, server: OpcuaServer) -> None:
        self._server = server
        self.bell = Bell()  # rings at each change of the link

    async def before(self, on: Occasion, arrival: Arrival) -> Reply | None:
        """Before it is done: wait, and perhaps end it. A reply where it is answered by a fault.

        Raises Unanswered, or ServiceFault.
        """
        treatment, side = arrival.treatment, self._server.side
        await self._delay(arrival, "request")
        if treatment.cut is not None and treatment.cut_side == "request":
            side.finish(arrival, _DONE[treatment.cut])
            self._cut(on, treatment)
        self._own(on, arrival)
        if treatment.answer is not None:
            side.finish(arrival, "answered", treatment.answer)
            return treatment.answer
        return None

    async def after(self, on: Occasion, arrival: Arrival, reply: Reply | None) -> None:
        """After it was done: wait, and perhaps lose the answer. Raises Unanswered."""
        treatment = arrival.treatment
        await self._delay(arrival, "reply")
        if treatment.cut is not None and treatment.cut_side == "reply":
            self._server.side.finish(arrival, f"reply-{_DONE[treatment.cut]}", reply)
            self._cut(on, treatment)

    def _own(self, on: Occasion, arrival: Arrival) -> None:
        """What only OPC UA has. Raises ServiceFault."""
        extra: dict[str, Any] = arrival.treatment.extra.get("opcua") or {}
        side, server = self._server.side, self._server
        if "operations" in extra:
            on.limits = on.limits.lowered(extra["operations"])
        if extra.get("restart"):
            side.finish(arrival, "reset")
            server.restart()
            raise Unanswered
        if extra.get("session"):
            side.finish(arrival, "answered", Reply(500, {"opcua-status": "BadSessionIdInvalid"}))
            if on.session is not None:
                server.sessions.close(on.session, subscriptions=True)
            raise ServiceFault(Codes.BadSessionIdInvalid)
        if extra.get("subscription") and on.session is not None:
            status = int(status_code(str(extra["subscription"])).value)
            for number in list(on.session.client.subscriptions):
                server.subscriptions.lose(number, status)
        if extra.get("service"):
            reply = Reply(500, {"opcua-status": str(extra["service"])})
            side.finish(arrival, "answered", reply)
            raise ServiceFault(status_of(reply))

    def _cut(self, on: Occasion, treatment: Treatment) -> None:
        if treatment.cut in ("reset", "refuse"):
            on.channel.reset()
        elif treatment.cut == "close":
            on.channel.close()
        raise Unanswered  # a request that hangs or was lost: the client waits in vain

    async def _delay(self, arrival: Arrival, way: str) -> None:
        began = monotonic()
        while True:
            which = "request" if way == "request" else "reply"
            left = began + arrival.link.owed(arrival.treatment, which) - monotonic()  # type: ignore[arg-type]
            if left <= 0 or not await pause(left, self.bell):
                return
