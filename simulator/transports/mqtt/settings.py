"""What an MQTT endpoint may set in the plant file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field, field_validator, model_validator

from simulator.core.durations import MINUTE, SECOND, Duration
from simulator.core.ports import Strict

EMBEDDED = "embedded"
PORT = 1883
BODY_LIMIT = 1024 * 1024
_PORTS = {"mqtt": PORT, "mqtts": 8883}
_EXTERNAL = ("user", "password", "ca", "certificate", "key", "verify_tls")


class Backoff(Strict):
    """How long to wait before the next try to connect. Wall time."""

    first: Duration = Field(1 * SECOND, gt=0, description="the wait after the first failure")
    factor: float = Field(2.0, ge=1, description="each further wait is so many times as long")
    max: Duration = Field(30 * SECOND, gt=0, description="no wait is longer")

    def wait(self, failures: int) -> float:
        """Wall seconds to wait after so many failures in a row."""
        longest, wait = self.max / SECOND, self.first / SECOND
        for _ in range(failures - 1):
            if wait >= longest or self.factor == 1:
                break
            wait *= self.factor
        return min(wait, longest)


class Settings(Strict):
    """The broker of an MQTT endpoint, and how it is spoken to."""

    broker: str = Field(
        EMBEDDED,
        description="mqtt://host:1883 or mqtts://host:8883, with user:password@ where they are "
        "asked for; ${NAME} is filled in. `embedded`: a broker of the plant's own (MQTT 3.1.1)",
    )
    port: int = Field(
        PORT, ge=0, le=65535,
        description="where the embedded broker listens; endpoints with the same port share it; "
        "0 is any free one",
    )  # fmt: skip
    user: str | None = Field(None, description="to log in with; ${NAME} is filled in")
    password: str | None = Field(None, description="likewise")
    version: Literal["3.1.1", "5"] = Field("3.1.1", description="of MQTT")
    ca: str | None = Field(
        None, description="a file with the certificates that sign the broker's; else the system's"
    )
    certificate: str | None = Field(
        None, description="a file with the client's certificate, for brokers that ask for one"
    )
    key: str | None = Field(None, description="the file with its key, if that is another one")
    verify_tls: bool = Field(True, description="check the broker's certificate")
    client_id: str = Field(
        "{plant}-{endpoint}-{client}",
        description="how clients are called at the broker; {client} is what the contract names",
    )
    topic: str = Field(
        "{plant}/{endpoint}", description="the topic of what a contract says without one"
    )
    qos: Literal[0, 1, 2] = Field(0, description="where the contract leaves it open")
    keepalive: Duration = Field(
        30 * SECOND, ge=SECOND, description="a silent connection is probed so often (wall time)"
    )
    timeout: Duration = Field(
        10 * SECOND, gt=0, description="how long to wait for the broker's answer (wall time)"
    )
    window: int = Field(
        20, ge=1, le=10_000,
        description="how many messages (quality of service 1, 2) may be unacknowledged; many "
        "brokers drop a client that has more than 20",
    )  # fmt: skip
    backoff: Backoff = Field(default_factory=Backoff, description="when to connect again")
    body_limit: int = Field(
        BODY_LIMIT, ge=1, le=256 * 1024 * 1024, description="larger messages are refused, bytes"
    )

    @field_validator("broker")
    @classmethod
    def _a_broker(cls, value: str) -> str:
        if value != EMBEDDED and "${" not in value:
            Address.read(value)
        return value

    @field_validator("client_id", "topic")
    @classmethod
    def _fills(cls, value: str) -> str:
        try:
            filled = value.format(plant="p", client="c", endpoint="e")
        except (KeyError, IndexError, ValueError):
            raise ValueError("there are {plant}, {client} and {endpoint}") from None
        if any(one in filled for one in "+#\0"):
            raise ValueError("+ and # are for those who listen")
        return value

    @model_validator(mode="after")
    def _fits(self) -> Settings:
        if self.broker == EMBEDDED:
            for name in _EXTERNAL:
                if name in self.model_fields_set:
                    raise ValueError(f"{name!r} means nothing to the embedded broker: leave it out")
            if self.version != "3.1.1":
                raise ValueError("the embedded broker speaks MQTT 3.1.1")
        elif "port" in self.model_fields_set:
            raise ValueError("the port of a broker stands in its URL")
        if self.key is not None and self.certificate is None:
            raise ValueError("a key without a certificate")
        return self


STEADY = 1 * MINUTE / SECOND
"""A connection that lasted so long (wall seconds) was a good one: backing off begins anew."""


@dataclass(frozen=True)
class Address:
    """Where a broker is."""

    host: str
    port: int
    tls: bool = False
    user: str | None = None
    password: str | None = None

    @property
    def url(self) -> str:
        """For people: without the password."""
        who = f"{self.user}@" if self.user else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{who}{host}:{self.port}"

    @classmethod
    def read(cls, url: str) -> Address:
        """Take a URL apart. Raises ValueError, saying what is wrong."""
        shown = f"{url!r} is no broker: like mqtt://host:1883, mqtts://host, or {EMBEDDED}"
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ValueError(shown) from None
        if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/"):
            raise ValueError(shown)
        return cls(
            parts.hostname, port or _PORTS[parts.scheme], parts.scheme == "mqtts",
            unquote(parts.username) if parts.username else None,
            unquote(parts.password) if parts.password else None,
        )  # fmt: skip
