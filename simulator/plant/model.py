"""What a plant file says: strict models of master data, stock and orders.

Every model refuses unknown keys. Durations carry a unit and count plant time; moments without an
offset are plant-local. References between the parts are checked in `load`.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    field_validator,
)

from simulator.core.durations import Duration
from simulator.core.errors import Mistake
from simulator.core.ports import Strict
from simulator.core.yamlfile import Located
from simulator.plant.calendar import CalendarModel
from simulator.plant.distributions import Times, fixed
from simulator.plant.quantities import Quantity

NAME = r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,39}$"
Name = Annotated[str, Field(pattern=NAME)]
"""An id: letters, digits and `-_.:`, at most 40."""

Positive = Annotated[Quantity, Field(gt=0)]
NotNegative = Annotated[Quantity, Field(ge=0)]
PIECES = frozenset({"pcs", "pc", "pce", "ea", "each", "st", "stk", "set", "c62", "h87"})


def _percent(value: Any) -> float:
    if isinstance(value, str) and value.strip().endswith("%"):
        try:
            value = float(value.strip()[:-1]) / 100
        except ValueError:
            raise ValueError("write it like 1.5% or 0.015") from None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise ValueError("a share is written like 1.5% or 0.015, and is below 100%")
    return float(value)


Share = Annotated[float, BeforeValidator(_percent, json_schema_input_type=str | float)]
"""A share: `1.5%` or `0.015`."""


def _moment(value: Any) -> str:
    text = value.isoformat() if isinstance(value, dt.datetime | dt.date) else str(value)
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("a moment is written like 2026-03-02T06:00") from None
    return text


Moment = Annotated[str, BeforeValidator(_moment, json_schema_input_type=str)]
"""A moment, plant-local unless it carries an offset."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"there is no time zone {name!r}; write it like Europe/Berlin") from None
    return name


class Item(Strict):
    """A material. `over_receipt` is how much more than ordered may come in without a remark."""

    id: str = ""  # filled in from its key
    name: str = ""
    unit: str = "pcs"
    kind: Literal["make", "buy"] = "buy"
    tracking: Literal["none", "lot", "serial"] = "lot"
    over_receipt: Share = 0.0
    bin: str | None = Field(None, description="where it is received, unless said otherwise")
    supplier: str | None = None
    lead_time: Duration | None = None
    price: NotNegative | None = None
    gtin: str | None = Field(None, pattern=r"^\d{8,14}$")
    auto_receive: bool | None = Field(
        None, description="finished lots go to `bin` by themselves; else as `production` says"
    )

    @property
    def whole(self) -> bool:
        """Counted in pieces, never in parts of one."""
        return self.unit.lower() in PIECES


class BomLine(Strict):
    """A component: so much of it per unit, at the operation named (else the first)."""

    item: str
    quantity: Positive
    scrap: Share = 0.0
    operation: int | None = None


class Bom(Strict):
    """What one unit of an item is made of."""

    item: str = ""
    components: list[BomLine] = Field(min_length=1)


class OperationModel(Strict):
    """One step of a routing. `cycle` is per unit, `scrap` and `rework` shares of units."""

    no: int = Field(ge=1, le=9999)
    name: str = ""
    work_centre: str
    setup: Times = Field(default_factory=lambda: fixed("0s"))
    cycle: Times
    scrap: Share = 0.0
    rework: Share = 0.0
    confirm_every: Positive | None = Field(None, description="units; else as `production` says")


class Routing(Strict):
    """The operations that make an item, in rising order of their numbers."""

    id: str = ""
    item: str = ""
    operations: list[OperationModel] = Field(min_length=1)


class Breakdowns(Strict):
    """`up` counts working time to the next breakdown, `repair` plant time to mend it."""

    up: Times
    repair: Times


class MicroStops(Strict):
    """Short stops that nobody reports: working time between them, and how long each lasts."""

    every: Times
    last: Times


class MachineModel(Strict):
    """One machine; what it leaves out, its work centre says."""

    id: Name
    name: str = ""
    breakdowns: Breakdowns | None = None
    micro_stops: MicroStops | None = None
    pace: float = Field(1.0, gt=0, le=100, description="2 is twice as fast as the routing says")


class WorkCentre(Strict):
    """Machines of one kind. `shifts` names those of the calendar that it works (else all)."""

    id: str = ""
    name: str = ""
    machines: list[MachineModel] = Field(min_length=1)
    shifts: list[str] | None = None
    continuous: bool = Field(False, description="works day and night, whatever the calendar says")
    breakdowns: Breakdowns | None = None
    micro_stops: MicroStops | None = None


class Partner(Strict):
    """A supplier or a customer."""

    id: str = ""
    name: str = ""
    gln: str | None = Field(None, pattern=r"^\d{13}$")
    duns: str | None = Field(None, pattern=r"^\d{9}$")
    street: str = ""
    city: str = ""
    postcode: str = ""
    country: str = Field("", max_length=2)
    lead_time: Times | None = Field(None, description="from order to delivery, plant time")


class BinModel(Strict):
    """A place in a warehouse."""

    id: Name
    kind: Literal["storage", "receiving", "shipping", "quality"] = "storage"


class Warehouse(Strict):
    """A warehouse and its bins."""

    id: str = ""
    name: str = ""
    bins: list[Name | BinModel] = Field(min_length=1)


class StockModel(Strict):
    """Stock at the start."""

    item: str
    quantity: Positive
    bin: str
    lot: str | None = None
    serials: list[str] = Field(default_factory=list)
    handling_unit: str | None = Field(None, pattern=r"^\d{18}$", description="its SSCC")
    status: Literal["available", "quality", "blocked"] = "available"


class OrderLineModel(Strict):
    """A line of a purchase or sales order; `line` counts from 10 in tens unless said."""

    line: int | None = Field(None, ge=1)
    item: str
    quantity: Positive
    due: Moment | None = None


class PurchaseOrderModel(Strict):
    """An open purchase order."""

    id: Name
    supplier: str
    lines: list[OrderLineModel] = Field(min_length=1)
    external: str | None = None


class SalesOrderModel(Strict):
    """An open sales order."""

    id: Name
    customer: str
    lines: list[OrderLineModel] = Field(min_length=1)
    external: str | None = None


class ProductionOrderModel(Strict):
    """A production order at the start."""

    id: Name | None = None
    item: str
    quantity: Positive
    priority: int = Field(50, ge=0, le=999, description="higher goes first")
    start: Moment | None = None
    due: Moment | None = None
    release: bool = False
    external: str | None = None


class ProductionSettings(Strict):
    """How the plant produces."""

    confirm_every: Positive | None = Field(None, description="units; none: once per operation")
    auto_receive: bool = Field(
        False, description="finished lots go into the item's bin without a receipt by the WMS"
    )
    first_order: int = Field(1_000_001, ge=1, description="number of the first order without an id")


class WarehouseSettings(Strict):
    """How strict the warehouse is."""

    allow_negative: bool = False
    accept_duplicate_handling_units: bool = False
    receiving_bin: str | None = Field(None, description="else the first of its kind, or any")
    shipping_bin: str | None = Field(None, description="else the first of its kind, or any")


class SystemSpec(Strict):
    """A system of the plant. The stage validates what stands under `endpoints` and `settings`."""

    settings: dict[str, Any] = Field(default_factory=dict)
    endpoints: dict[str, dict[str, Any]] = Field(default_factory=dict)


def _with_key(value: dict[str, Any], field: str) -> dict[str, Any]:
    """Each model with its key filled in."""
    for key, one in value.items():
        if getattr(one, field) not in ("", key):
            raise ValueError(f"{key} says {field}: {getattr(one, field)}; leave it out")
    return {key: one.model_copy(update={field: key}) for key, one in value.items()}


class PlantModel(Strict):
    """A whole plant file."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    plant: Name
    about: str = ""
    zone_name: Annotated[str, AfterValidator(_zone)] = Field("UTC", alias="zone")
    calendar: CalendarModel | None = Field(None, description="none: day and night")
    production: ProductionSettings = ProductionSettings()
    warehouse: WarehouseSettings = WarehouseSettings()
    items: dict[Name, Item] = Field(min_length=1)
    boms: dict[str, Bom] = Field(default_factory=dict)
    routings: dict[str, Routing] = Field(default_factory=dict)
    work_centres: dict[Name, WorkCentre] = Field(default_factory=dict)
    suppliers: dict[Name, Partner] = Field(default_factory=dict)
    customers: dict[Name, Partner] = Field(default_factory=dict)
    warehouses: dict[Name, Warehouse] = Field(min_length=1)
    stock: list[StockModel] = Field(default_factory=list)
    purchase_orders: list[PurchaseOrderModel] = Field(default_factory=list)
    sales_orders: list[SalesOrderModel] = Field(default_factory=list)
    production_orders: list[ProductionOrderModel] = Field(default_factory=list)
    systems: dict[Name, SystemSpec] = Field(default_factory=dict)

    _located: Located | None = PrivateAttr(None)

    @field_validator("items", "suppliers", "customers", "work_centres", "warehouses")
    @classmethod
    def _named(cls, value: dict[str, Any]) -> dict[str, Any]:
        return _with_key(value, "id")

    @field_validator("boms", "routings")
    @classmethod
    def _of_item(cls, value: dict[str, Any]) -> dict[str, Any]:
        return _with_key(value, "item")

    @property
    def name(self) -> str:
        """The plant's name, as URLs show it."""
        return self.plant

    @property
    def zone(self) -> ZoneInfo:
        """The plant's time zone."""
        return ZoneInfo(self.zone_name)

    @property
    def located(self) -> Located:
        """Where each key and value of the file stands. Raises Mistake for a model made in code."""
        if self._located is None:
            raise Mistake("this plant does not come from a file")
        return self._located
