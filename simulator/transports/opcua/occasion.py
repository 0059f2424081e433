"""One request, on its way through the server; and the table that services are entered in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asyncua import ua

from simulator.transports.opcua.fault import ServiceFault
from simulator.transports.opcua.settings import Limits
from simulator.transports.opcua.wire import Reader, RequestHead

if TYPE_CHECKING:
    from simulator.transports.opcua.channel import Channel
    from simulator.transports.opcua.server import OpcuaServer
    from simulator.transports.opcua.sessions import Session

Codes = ua.StatusCodes


@dataclass(slots=True)
class Occasion:
    """A request, and who asks. `limits` are what it is held to; a fault may lower them."""

    server: OpcuaServer
    channel: Channel
    session: Session
    head: RequestHead
    reader: Reader
    request: int  # the number of the request on its channel
    limits: Limits

    def many(self, most: int) -> int:
        """How many operations are asked for. Raises ServiceFault for none, or too many."""
        count = self.reader.i32()
        if count <= 0:
            raise ServiceFault(Codes.BadNothingToDo)
        if count > most:
            raise ServiceFault(Codes.BadTooManyOperations)
        if count > len(self.reader.data):
            raise ServiceFault(Codes.BadDecodingError)
        return count

    def bounded(self, most: int) -> None:
        """Look at the number of operations without reading it. Raises ServiceFault."""
        begin = self.reader.pos
        self.many(most)
        self.reader.pos = begin


@dataclass(frozen=True, slots=True)
class Service:
    """How one kind of request is served."""

    name: str
    response: int  # the number of the answer's encoding
    do: Callable[[Occasion], bytes | Awaitable[bytes | None] | None]
    session: bool = True  # does it need an activated session?
    acts: bool = False  # does it become arrivals of its own?


SERVICES: dict[int, Service] = {}


def service(
    name: str, *, session: bool = True, acts: bool = False
) -> Callable[
    [Callable[[Occasion], bytes | Awaitable[bytes | None] | None]],
    Callable[[Occasion], bytes | Awaitable[bytes | None] | None],
]:
    """Enter a function as the service of this name."""

    def enter(
        do: Callable[[Occasion], bytes | Awaitable[bytes | None] | None],
    ) -> Callable[[Occasion], bytes | Awaitable[bytes | None] | None]:
        asked = getattr(ua.ObjectIds, f"{name}Request_Encoding_DefaultBinary")
        answer = getattr(ua.ObjectIds, f"{name}Response_Encoding_DefaultBinary")
        SERVICES[asked] = Service(name, answer, do, session, acts)
        return do

    return enter
