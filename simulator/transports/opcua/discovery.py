"""Services before and around a session: discovery, and the session's own."""

from __future__ import annotations

from asyncua import ua

from simulator.transports.opcua.fault import ServiceFault
from simulator.transports.opcua.occasion import Occasion, service
from simulator.transports.opcua.wire import NULL_ARRAY, binary, i32, octets, u32

Codes = ua.StatusCodes


@service("FindServers", session=False)
def find_servers(on: Occasion) -> bytes:
    """The one server that is here."""
    asked = on.reader.rest(ua.FindServersParameters)
    found = on.server.endpoints(asked.EndpointUrl, on.channel)[:1]
    shown = [one.Server for one in found]
    if asked.ServerUris:
        shown = [one for one in shown if one.ApplicationUri in asked.ServerUris]
    return i32(len(shown)) + b"".join(map(binary, shown))


@service("GetEndpoints", session=False)
def get_endpoints(on: Occasion) -> bytes:
    """Where and how the server can be reached."""
    asked = on.reader.rest(ua.GetEndpointsParameters)
    found = on.server.endpoints(asked.EndpointUrl, on.channel)
    if asked.ProfileUris:
        found = [one for one in found if one.TransportProfileUri in asked.ProfileUris]
    return i32(len(found)) + b"".join(map(binary, found))


@service("CreateSession", session=False)
def create_session(on: Occasion) -> bytes:
    """A session, not activated yet."""
    _, made = on.server.sessions.create(on.channel, on.reader)
    return binary(made)


@service("ActivateSession", session=False)
def activate_session(on: Occasion) -> bytes:
    """Who the user is; from here on the session may be used."""
    nonce = on.server.sessions.activate(on.channel, on.head.token, on.reader)
    return octets(nonce) + NULL_ARRAY + NULL_ARRAY


@service("CloseSession", session=False)
def close_session(on: Occasion) -> bytes:
    """The end of a session."""
    one = on.server.sessions.find(on.channel, on.head.token, activated=False)
    on.server.sessions.close(one, subscriptions=bool(on.reader.u8()))
    return b""


@service("Cancel")
def cancel(on: Occasion) -> bytes:
    """Nobody waits any more for requests of this handle: only Publish requests ever wait."""
    handle, asks = on.reader.u32(), on.session.client.asks
    gone = [one for one in asks if one.handle == handle]
    for one in gone:
        asks.remove(one)
        fault = ua.ObjectIds.ServiceFault_Encoding_DefaultBinary
        one.line.respond(one.request, one.handle, fault, b"", Codes.BadRequestCancelledByClient)
    return u32(len(gone))


@service("RegisterNodes")
def register_nodes(on: Occasion) -> bytes:
    """Node ids are fast as they are: each is registered as itself."""
    on.bounded(on.limits.registers)
    return on.reader.data[on.reader.pos :]


@service("UnregisterNodes")
def unregister_nodes(on: Occasion) -> bytes:
    """Nothing was registered, so nothing is to be let go of."""
    on.bounded(on.limits.registers)
    return b""


def _refused(on: Occasion) -> bytes:
    raise ServiceFault(Codes.BadUserAccessDenied)


for _name in ("AddNodes", "AddReferences", "DeleteNodes", "DeleteReferences"):
    service(_name)(_refused)
