"""Where asyncua is taken apart: its standard address space, kept once and copied for each server.

Everything else here uses what asyncua shows. This module reaches into `AddressSpace._nodes` and
`XmlImporter._check_required_models`, and is why asyncua's version is pinned (2.1).
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy

from asyncua import Server, ua
from asyncua.common.connection import SecureConnection, TransportLimits
from asyncua.common.xmlimporter import XmlImporter
from asyncua.crypto.security_policies import SecurityPolicyNone
from asyncua.server.address_space import AttributeValue, NodeData
from asyncua.server.internal_server import InternalServer

STANDARD = "http://opcfoundation.org/UA/"
_NAMESPACES = ua.NodeId(ua.ObjectIds.Server_NamespaceArray, 0)
_VALUE = ua.AttributeIds.Value
_SERVERS = ua.NodeId(ua.ObjectIds.Server_ServerArray, 0)
_STANDARD: dict[ua.NodeId, NodeData] = {}
_LOADING = asyncio.Lock()


@contextmanager
def no_collection() -> Iterator[None]:
    """Make many objects that last, and keep the garbage collector from looking through them.

    Half a million objects of an address space would hold the loop up for a second each time. They
    are set aside until a server stops (`close`).
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was:
            gc.enable()


async def new_server() -> Server:
    """A server of asyncua's with the standard's nodes, that listens nowhere.

    The nodes are read in once a process, which takes a second; then they are copied.
    """
    inner = InternalServer()
    inner.disabled_clock = True
    async with _LOADING:
        if not _STANDARD:
            with no_collection():
                await inner.init()
                _STANDARD.update(inner.aspace._nodes)
    with no_collection():
        inner.aspace._nodes = {name: _copied(one) for name, one in _STANDARD.items()}
    server = Server(iserver=inner)
    # asyncua changes these two lists where they are
    await server.get_node(_NAMESPACES).write_value([STANDARD], ua.VariantType.String)
    await server.get_node(_SERVERS).write_value([], ua.VariantType.String)
    return server


def _copied(one: NodeData) -> NodeData:
    """A node whose value and references can change without the original's changing.

    Its other attributes are the original's: whoever changes one puts another in its place.
    """
    twin = NodeData(one.nodeid)
    twin.attributes = dict(one.attributes)
    held = one.attributes.get(_VALUE)
    if held is not None:
        twin.attributes[_VALUE] = AttributeValue(held.value)
    twin.references = list(one.references)
    twin.call = one.call
    return twin


class Importer(XmlImporter):
    """Reads a NodeSet2 in. What it needs was looked at before, without asyncua's strictness about
    versions: plants run what they have."""

    async def _check_required_models(self, *_: object) -> None:
        return


async def import_nodeset(server: Server, text: str) -> None:
    """Read the text of a NodeSet2 into a server. Raises whatever asyncua stumbles on."""
    with no_collection():
        await Importer(server, strict_mode=False).import_xml(None, text)


async def close(server: Server) -> None:
    """Let go of the threads that asyncua keeps for a server, and of its nodes."""
    server.iserver.method_service.stop()
    gc.unfreeze()


def new_channel(factories: list[object], limits: TransportLimits) -> SecureConnection:
    """What encodes, signs and encrypts the messages of one connection."""
    made = SecureConnection(SecurityPolicyNone(), copy(limits))
    made.set_policy_factories(factories)
    return made
