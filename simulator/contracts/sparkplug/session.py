"""One connection of an edge node: its will, its numbers, and whether its host is there."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from simulator.contracts.sparkplug.payload import (
    Metric,
    Payload,
    historical,
    numbered,
    split,
    write,
)
from simulator.core.errors import Refusal
from simulator.core.message import Request
from simulator.core.ports import Document

if TYPE_CHECKING:
    from simulator.contracts.sparkplug import SparkplugContract

log = logging.getLogger("stagefloor.sparkplug")

NUMBERS = 256  # both counters begin anew after 255
MOST_METRICS = 1000  # of one command; one with more is refused whole


class _State(BaseModel):
    """What a host says of itself, retained. Milliseconds since 1970."""

    model_config = ConfigDict(strict=True)

    online: bool
    timestamp: int


class SparkplugSession:
    """A Sparkplug session of one edge node (`core.ports.Session`)."""

    def __init__(self, contract: SparkplugContract, node: str, connection: int) -> None:
        self._contract = contract
        self._node = node
        self.bd_seq = connection % NUMBERS
        self._seq = 0  # the next one
        self._online = contract.settings.host is None

    @property
    def will(self) -> Request:
        """NDEATH: quality of service 1, not retained, bdSeq and no seq."""
        body = write(Payload(metrics=[self._birth_number(self.bd_seq)]))
        topic = self._contract.topic("NDEATH", self._node)
        return Request("PUBLISH", topic, headers={"qos": "1", "retain": "0"}, body=body)

    @property
    def topics(self) -> Mapping[str, int]:
        """Commands to the node and its devices, and the state of the primary host."""
        found = {
            self._contract.topic("NCMD", self._node): 1,
            self._contract.topic("DCMD", self._node, "+"): 1,
        }
        if self._contract.settings.host is not None:
            found[self._contract.state_topic] = 1
        return found

    @property
    def ready(self) -> bool:
        """Is the primary host there, or none waited for?"""
        return self._online

    def first(self) -> list[Request]:
        return []  # nothing goes before the births

    def births(self) -> list[Document]:
        return [*self._contract.node(self._node).births()]

    def last(self) -> list[Request]:
        return [self.will]

    # --- numbers ------------------------------------------------------------------------------

    def outgoing(
        self, request: Request, *, stored: bool, oddities: Mapping[str, Any]
    ) -> list[Request]:
        """The message with its seq; a birth of the node with its bdSeq, too."""
        if "missing-birth" in oddities:
            return []
        more = []
        if request.headers.get("birth") == "node":
            self._seq = 0
            stale = oddities.get("stale-bdseq", {}).get("by", 0)
            number = self._birth_number((self.bd_seq - stale) % NUMBERS)
            number.at = int(request.headers["at"])
            number.alias = (
                0 if self._contract.settings.aliases else None
            )  # those of tags begin at 1
            more.append(number)
        self._seq += oddities.get("sequence-gap", {}).get("by", 0)
        body = historical(request.body) if stored and "birth" not in request.headers else None
        body = numbered(request.body if body is None else body, self._seq % NUMBERS, *more)
        self._seq = (self._seq + 1) % NUMBERS
        headers = {**request.headers, "retain": "1" if "retained-ghost" in oddities else "0"}
        return [replace(request, headers=headers, body=body)]

    @staticmethod
    def _birth_number(number: int) -> Metric:
        return Metric("bdSeq", number, "Int64")

    # --- what is heard ------------------------------------------------------------------------

    def heard(self, request: Request) -> list[Request]:
        """STATE is the session's; a command is split into one request for each metric."""
        if request.path == self._contract.state_topic:
            self._state(request.body)
            return []
        try:
            return [replace(request, body=one) for one in split(request.body, MOST_METRICS)]
        except Refusal:
            return [request]  # the contract refuses it by name

    def _state(self, body: bytes) -> None:
        """The primary host came or went. What is older than what was heard does not count."""
        node = self._contract.node(self._node)
        try:
            said = _State.model_validate_json(body)
        except ValidationError:
            log.warning("%s: no STATE: %r", self._contract.state_topic, body[:80])
            return
        if said.timestamp < node.host_heard_at:
            log.warning(
                "%s: an old STATE (%d, after %d) does not count",
                self._contract.state_topic, said.timestamp, node.host_heard_at,
            )  # fmt: skip
            return
        node.host_heard_at = said.timestamp
        self._online = said.online
