"""A contract that speaks EDI with one trading partner, whatever its standard."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import orjson
from pydantic import Field

from simulator.contracts._trading.mapping import Mappings
from simulator.contracts._trading.terms import Terms
from simulator.core.durations import as_json
from simulator.core.message import Reply, Request
from simulator.core.ports import Call, Contract, Document, Glance, Operation, Strict
from simulator.core.routes import JSON, problem
from simulator.plant.trading.interchange import Interchange, Received
from simulator.plant.trading.partners import Partner, PartnerProfile

GLANCED = 16 * 1024
"""Bytes of a file that a glance looks at."""


class TradingSettings(Strict):
    """What an endpoint of such a contract sets."""

    partner: Partner = Field(description="the trading partner's profile, by its file's name")


class TradingContract(Contract):
    """One trading partner's interchanges.

    A standard says how they are read, written and glanced at.
    """

    Settings: ClassVar[type[TradingSettings]] = TradingSettings
    glances: ClassVar[bool] = True
    mappings: ClassVar[Mappings[Any]]
    media_type: ClassVar[str]

    def __init__(
        self,
        system: str,
        operations: Mapping[str, Operation],
        documents: Mapping[str, type[Document]],
        settings: Any,
        base: str = "",
        payloads: Path | None = None,
    ) -> None:
        super().__init__(system, operations, documents, settings, base, payloads)
        self.mappings.all()  # from here on, documents that plug-ins add are known by name
        self.profile: PartnerProfile = settings.partner
        self.terms = self.agreed(self.profile, payloads)

    @staticmethod
    @abstractmethod
    def agreed(profile: PartnerProfile, payloads: Path | None) -> Terms:
        """The terms of a partner. Raises Mistake or Mistakes for its guides."""

    @abstractmethod
    def read(self, body: bytes) -> Received:
        """The first interchange of a file, and those that follow it. Raises Refusal for none."""

    @abstractmethod
    def write(self, interchange: Interchange) -> bytes:
        """An interchange as it goes over the wire. Raises Mistake where it cannot be written."""

    @abstractmethod
    def glimpse(self, head: bytes) -> Glance | None:
        """What can be seen of the first interchange in the first bytes of a file."""

    def decode(self, request: Request) -> Call:
        received = self.read(request.body)
        interchange = received.interchange
        return Call("receive", received, interchange.keys(), document=interchange.said_as)

    def encode(self, call: Call, result: Any) -> Reply:
        return Reply(200, {"content-type": JSON}, orjson.dumps(result, default=as_json))

    def refuse(self, request: Request, refusal: Exception) -> Reply:
        return problem(refusal, self.base + request.path)

    def render(self, document: Document) -> Request | None:
        if not isinstance(document, Interchange) or document.partner != self.profile.partner:
            return None
        name = f"{document.partner}-{document.control}-{document.said_as}"
        return Request(
            "POST",
            re.sub(r"[^A-Za-z0-9._-]", "_", name) + ".edi",
            headers={"content-type": self.media_type},
            body=self.write(document),
        )

    def peek(self, request: Request) -> str | None:
        return "receive"

    def glance(self, request: Request) -> Glance:
        return self.glimpse(request.body[:GLANCED]) or Glance()

    def glanced(
        self,
        control: str,
        codes: Iterable[str],
        numbers: Iterable[tuple[str, str]],
        *,
        answers: bool = False,
    ) -> Glance:
        """A glance of an interchange: what its sets or messages are, and which numbers they say.

        `numbers` are keys with what stands there, if anything; `answers` where the envelope itself
        acknowledges an interchange.
        """
        keys: dict[str, list[str]] = {"partner": [self.profile.partner]}
        for key, number in (("control", control), *numbers):
            if number and number not in keys.setdefault(key, []):
                keys[key].append(number)
        known = filter(None, map(self.mappings.reads, codes))
        names = {mapping.document.document for mapping in known}
        if answers:
            names.add("interchange-acknowledgement")
        document = next(iter(names)) if len(names) == 1 else "interchange" if names else None
        return Glance(document, keys)
