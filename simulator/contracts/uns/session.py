"""One connection of a PLC to a unified namespace: is it there, and a topic for each value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson

from simulator.core.message import Request
from simulator.core.ports import Document

if TYPE_CHECKING:
    from simulator.contracts.uns import UnsContract

META, STATUS = "_meta", "_status"


class UnsSession:
    """A session without numbers (`core.ports.Session`)."""

    def __init__(self, contract: UnsContract, plc: str) -> None:
        self._contract = contract
        self._plc = plc

    @property
    def will(self) -> Request:
        """It is not there any more."""
        return self._status(online=False)

    @property
    def topics(self) -> Mapping[str, int]:
        """Commands to the PLC and its devices."""
        return dict.fromkeys(sorted(self._contract.commands(self._plc)), 1)

    @property
    def ready(self) -> bool:
        return True  # it waits for nobody

    def first(self) -> list[Request]:
        return [self._status(online=True)]

    def births(self) -> list[Document]:
        return [*self._contract.births(self._plc)]

    def last(self) -> list[Request]:
        return [self.will]

    def heard(self, request: Request) -> list[Request]:
        return [request]

    def outgoing(
        self, request: Request, *, stored: bool, oddities: Mapping[str, Any]
    ) -> list[Request]:
        """A message for each tag, or for all that changed together; a description always apart."""
        if "missing-birth" in oddities:
            return []
        said: dict[str, Any] = orjson.loads(request.body)
        headers = dict(request.headers)
        stored = stored and "birth" not in headers
        if stored:
            headers["retain"] = "0"  # what the broker keeps is newer
            said = {name: {**one, "historical": True} for name, one in said.items()}
        if "retained-ghost" in oddities:
            headers["retain"] = "1"
        described = said.pop(META, None)
        if not self._contract.settings.grouped:
            found = [
                replace(
                    request, path=f"{request.path}/{name}", headers=headers, body=orjson.dumps(one)
                )
                for name, one in said.items()
            ]
        elif said:
            together = {**headers, "retain": headers["retain"] if oddities else "0"}
            found = [replace(request, headers=together, body=orjson.dumps(said))]
        else:
            found = []
        if described is not None:
            path, kept = f"{request.path}/{META}", {**headers, "retain": "1"}
            found.insert(0, replace(request, path=path, headers=kept, body=orjson.dumps(described)))
        return found

    def _status(self, *, online: bool) -> Request:
        topic = f"{self._contract.topic(self._plc)}/{STATUS}"
        body = orjson.dumps({"online": online})
        return Request("PUBLISH", topic, headers={"qos": "1", "retain": "1"}, body=body)
