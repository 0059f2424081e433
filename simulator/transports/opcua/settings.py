"""What an endpoint of OPC UA sets in the plant file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator

from simulator.core.durations import MILLISECOND, SECOND, Duration
from simulator.core.ports import Strict
from simulator.transports._delivery import Delivery

Policy = Literal["None", "Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss"]
Mode = Literal["sign", "encrypt"]
Uri = Annotated[str, StringConstraints(max_length=400, pattern=r"^[a-zA-Z][a-zA-Z0-9+.-]*:\S+$")]


class Limits(Strict):
    """What the server tells clients that it can do, and holds them to."""

    reads: int = Field(10_000, ge=1, description="nodes of one Read request")
    writes: int = Field(1_000, ge=1, description="nodes of one Write request")
    calls: int = Field(100, ge=1, description="methods of one Call request")
    browses: int = Field(1_000, ge=1, description="nodes of one Browse request")
    references: int = Field(10_000, ge=1, description="references of one node in one answer")
    translates: int = Field(1_000, ge=1, description="paths of one TranslateBrowsePaths request")
    registers: int = Field(10_000, ge=1, description="nodes of one RegisterNodes request")
    histories: int = Field(100, ge=1, description="nodes of one HistoryRead request")
    history_values: int = Field(10_000, ge=1, description="values of one node in one answer")
    creates: int = Field(10_000, ge=1, description="monitored items of one request")
    items: int = Field(100_000, ge=1, description="monitored items of all clients")
    queue: int = Field(1_000, ge=1, description="values that one monitored item keeps")
    queued: int = Field(200_000, ge=1, description="values that one subscription keeps")
    subscriptions: int = Field(200, ge=1, description="of all clients")
    publishes: int = Field(50, ge=1, description="Publish requests of one session that wait")
    sessions: int = Field(200, ge=1, description="at a time")
    connections: int = Field(400, ge=1, description="at a time, with a session or not")
    continuations: int = Field(20, ge=1, description="unfinished answers of one session")
    message: int = Field(
        4 * 1024 * 1024, ge=8192, description="bytes of one request, all its chunks"
    )
    sampling: Duration = Field(
        10 * MILLISECOND, gt=0, description="shortest sampling interval (wall time)"
    )
    publishing: Duration = Field(
        10 * MILLISECOND, gt=0, description="shortest publishing interval (wall time)"
    )

    def lowered(self, most: int) -> Limits:
        """The same, with no more than so many operations of a request or parts of an answer."""
        names = ("reads", "writes", "calls", "browses", "references", "translates", "registers",
                 "histories", "history_values", "creates")  # fmt: skip
        return self.model_copy(update={one: min(getattr(self, one), most) for one in names})


class Settings(Delivery):
    """What an endpoint may set in the plant file."""

    port: int = Field(4840, ge=0, le=65535, description="the TCP port; 0 is any free one")
    timeout: Duration = Field(
        10 * SECOND, gt=0, description="how long a fault may keep a change (wall time)"
    )
    namespace: Uri | None = Field(
        None, description="of the tags; else urn:stagefloor:{plant}:{system}"
    )
    service_level: int = Field(
        255, ge=0, le=255, description="what ServiceLevel shows (part 4, 6.6.2)"
    )
    history: int = Field(
        10_000, ge=1, le=1_000_000, description="values that are kept of each tag with history"
    )
    policies: list[Policy] = Field(
        ["None", "Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss"],
        min_length=1,
        description="security policies that clients may choose from",
    )
    modes: list[Mode] = Field(
        ["sign", "encrypt"], min_length=1, description="of messages, but for the policy None"
    )
    anonymous: bool = Field(True, description="may clients come without a user?")
    users: dict[str, str] = Field(
        default_factory=dict, description="user names and passwords, like ${OPCUA_PASSWORD}"
    )
    user_certificates: bool = Field(
        False, description="may clients show a certificate of trusted/users/ as their user?"
    )
    trust: Literal["any", "list"] = Field(
        "any", description="which certificates of clients are trusted: any, or those in trusted/"
    )
    certificate: str | None = Field(
        None, description="a PEM file with the server's key and certificate; else its own"
    )
    nodesets: list[str] = Field(
        default_factory=list,
        description="NodeSet2 files, or folders of them: under payloads/, or absolute paths",
    )
    missing_models: Literal["refuse", "stand-in"] = Field(
        "refuse",
        description="what to do where a nodeset needs a model that is not there: refuse to start, "
        "or let empty types stand in for the few that it uses",
    )
    limits: Limits = Field(default_factory=Limits, description="what clients are held to")

    @field_validator("users")
    @classmethod
    def _named(cls, value: dict[str, str]) -> dict[str, str]:
        if "" in value:
            raise ValueError("a user has a name")
        return value
