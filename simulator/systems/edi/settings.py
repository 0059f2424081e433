"""What the plant file may set for the gateway."""

from __future__ import annotations

from pydantic import Field

from simulator.core.ports import Strict
from simulator.systems._partners import Profiles


class Settings(Strict):
    """The partners, and how much the gateway remembers; beyond a bound the oldest is forgotten."""

    partners: Profiles = Field(
        default_factory=list, description="profiles by the names of their files in partners/"
    )
    interchanges: int = Field(
        5_000, ge=10, le=1_000_000, description="how many interchanges its ledger names"
    )
    replays: int = Field(
        500, ge=1, le=100_000, description="how many sent interchanges are kept whole, to be resent"
    )
    conversations: int = Field(
        5_000, ge=10, le=1_000_000, description="how many conversations its ledger keeps"
    )
    control_numbers: int = Field(
        20_000, ge=10, le=1_000_000,
        description="how many received control numbers a partner has, to know duplicates by",
    )  # fmt: skip
