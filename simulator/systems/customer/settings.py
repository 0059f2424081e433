"""How customers behave: what the plant file may set. All spans are plant time."""

from __future__ import annotations

from pydantic import Field

from simulator.core.durations import DAY, Duration
from simulator.core.fields import Id, Quantity
from simulator.core.ports import Strict
from simulator.plant.distributions import Times, fixed
from simulator.plant.model import Share
from simulator.systems._partners import Profiles


class Behaviour(Strict):
    """How one customer behaves."""

    transit: Times = Field(
        default_factory=lambda: fixed("1d"), description="of the plant's trucks to it"
    )
    receives: bool = Field(
        True, description="books by itself what arrives, and says so (861, RECADV)"
    )
    damages: float = Field(0, ge=0, le=1, description="how often something arrives damaged")
    labels: bool = Field(
        True,
        description="refuses ship notices with a wrong SSCC check digit; many real files have one",
    )
    tolerance: Share = Field(0.0, description="so much more than ordered may be announced")
    lenient: list[Id] = Field(
        default_factory=list,
        description="findings by name that it remarks on, and works with all the same",
    )
    answer_within: Duration | None = Field(
        1 * DAY, description="until a missing answer to its order is an event; null: never"
    )
    accepts_changes: bool = Field(
        True, description="takes an answer that changes its order; else it cancels the order (860)"
    )
    counts: dict[Id, Quantity] = Field(
        default_factory=dict,
        description="cumulative quantities by item, called off and received before the start",
    )


class Settings(Strict):
    """Profiles name those that speak EDI; what one customer does differently stands below."""

    partners: Profiles = Field(
        default_factory=list, description="profiles by the names of their files in partners/"
    )
    default: Behaviour = Behaviour()
    customers: dict[str, Behaviour] = Field(
        default_factory=dict, description="by customer; what is left out is as Behaviour has it"
    )
    notices: int = Field(
        5_000, ge=10, le=1_000_000, description="how many notices are kept; then the oldest goes"
    )
