"""The messages of the ISA-95 JSON contract, as pydantic models.

Names follow ISA-95 and B2MML (used courtesy of MESA International): JobOrder, JobResponse,
WorkMaster, DispatchStatus. Times are RFC 3339 with an offset, in replies UTC with `Z`; quantities
are JSON numbers in the item's own unit. Bodies refuse unknown fields.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from simulator.core import fields
from simulator.core.fields import Id, Moment, Quantity, Shown, Text

DispatchStatus = Literal["Waiting", "Released", "Running", "Held", "Completed", "Cancelled"]
Time = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]

STATUSES: dict[str, DispatchStatus] = {
    "created": "Waiting",
    "released": "Released",
    "running": "Running",
    "held": "Held",
    "completed": "Completed",
    "cancelled": "Cancelled",
}
"""The plant's status of an order -> its DispatchStatus."""


class Body(BaseModel):
    """What a caller sends."""

    model_config = ConfigDict(extra="forbid")


class Amount(Body):
    """A quantity, and the unit the caller believes it to be in."""

    Value: Quantity
    UnitOfMeasure: Id | None = Field(None, description="must be the item's own unit")


class NewJobOrder(Body):
    """A job order to be stored, or stored and started."""

    WorkMasterID: Id = Field(description="the item to be made")
    Quantity: Amount
    ID: Id | None = Field(None, description="the caller's number; else one is given")
    Description: Text | None = Field(None, description="taken, and kept nowhere")
    Priority: fields.Priority | None = None
    StartTime: Moment | None = None
    EndTime: Moment | None = None
    Command: Literal["Store", "StoreAndStart"] = "Store"
    ExternalReference: Id | None = None


class JobOrderChange(Body):
    """What is to be different; what is absent or null stays."""

    Quantity: Amount | None = None
    Priority: fields.Priority | None = None
    EndTime: Moment | None = None


class JobOrderCommand(Body):
    """A command to a job order."""

    Command: Literal["Start", "Pause", "Resume", "Cancel"]
    Reason: Text = Field("", description="why, for Pause")


# --- replies -----------------------------------------------------------------------------------


class Made(BaseModel):
    """What the stand-in sends; described, and written by hand for speed."""

    model_config = ConfigDict(extra="forbid")


class JobQuantity(Made):
    """A quantity."""

    Value: Shown


class JobStep(Made):
    """An operation of a job order."""

    OperationNo: int
    WorkCenterID: str
    EquipmentID: str | None
    Status: str
    Good: Shown
    Scrap: Shown
    Rework: Shown
    StartTime: Time | None
    EndTime: Time | None


class JobOrder(Made):
    """A job order as it stands. `Version` is its ETag."""

    ID: str
    WorkMasterID: str
    Priority: int
    StartTime: Time | None
    EndTime: Time | None
    DispatchStatus: DispatchStatus
    Quantity: JobQuantity
    QuantityGood: Shown
    QuantityScrap: Shown
    QuantityRework: Shown
    MaterialLotID: str | None
    ExternalReference: str | None
    CreatedTime: Time
    ReleasedTime: Time | None
    CompletedTime: Time | None
    Version: int
    Operations: list[JobStep]


class JobOrderList(Made):
    """A page of job orders."""

    JobOrders: list[JobOrder]
    Next: str | None = Field(description="`after` of the next page; null at the end")


class WorkStep(Made):
    """An operation of a work master; times are mean seconds."""

    OperationNo: int
    Description: str
    WorkCenterID: str
    SetupSeconds: float
    CycleSeconds: float


class WorkMaster(Made):
    """How an item is made."""

    ID: str
    MaterialID: str
    Operations: list[WorkStep]


class BillLine(Made):
    """So much of a component in one unit."""

    MaterialID: str
    Quantity: JobQuantity
    OperationNo: int | None


class MaterialBill(Made):
    """What one unit of an item is made of."""

    MaterialID: str
    Components: list[BillLine]


class ConsumedLot(Made):
    """A lot that went into a job order."""

    MaterialID: str
    MaterialLotID: str | None
    SerialNumber: str | None
    Quantity: JobQuantity


class Genealogy(Made):
    """What a job order made, and of which lots."""

    JobOrderID: str
    MaterialID: str
    MaterialLotID: str | None
    SerialNumbers: list[str]
    Quantity: JobQuantity
    Consumed: list[ConsumedLot]


# --- what the MES says ---------------------------------------------------------------------------


class ApplicationArea(Made):
    """Who says it, and when. The same document has the same BODID, however often it is sent."""

    BODID: str
    CreationDateTime: Time


class Said(Made):
    """One thing that the MES said."""

    ApplicationArea: ApplicationArea
    Verb: Literal["Sync"]
    Noun: Literal["JobOrder", "JobResponse", "MaterialActual", "EquipmentState", "QualityHold"]
    DataArea: dict[str, Any]


class JobResponseList(Made):
    """A page of the feed of what the MES said."""

    JobResponses: list[Said]
    Next: str | None = Field(description="`after` of the next page, also when nothing is new")
    Oldest: str | None = Field(description="the oldest entry that is kept")
    Kept: int = Field(description="how many entries are kept: those before answer 410")


class JobOrderStatusData(Made):
    """A job order went from one status to another."""

    ID: str
    WorkMasterID: str
    DispatchStatus: str
    PreviousDispatchStatus: str | None
    Reason: str
    ExternalReference: str | None
    EndTime: Time


class ConfirmationData(Made):
    """So much of an operation is done since the last response."""

    ID: str
    JobOrderID: str
    JobState: Literal["Running", "Completed"]
    WorkMasterID: str
    OperationNo: int
    WorkCenterID: str
    EquipmentID: str
    Yield: Shown
    Scrap: Shown
    Rework: Shown
    Final: bool
    MaterialLotID: str | None
    SerialNumbers: list[str]
    ExternalReference: str | None
    StartTime: Time | None
    EndTime: Time


class CompletionData(Made):
    """The last operation of a job order is done; yield and scrap of the whole order."""

    ID: str
    JobOrderID: str
    JobState: Literal["Completed"]
    WorkMasterID: str
    Yield: Shown
    Scrap: Shown
    Final: Literal[True]
    MaterialLotID: str | None
    ExternalReference: str | None
    EndTime: Time


class MaterialActualData(Made):
    """A job order consumed a lot."""

    JobOrderID: str
    MaterialID: str
    MaterialLotID: str | None
    SerialNumber: str | None
    Quantity: JobQuantity
    StorageLocation: str
    OperationNo: int
    MaterialUse: Literal["Consumed"]
    EndTime: Time


class EquipmentStateData(Made):
    """A machine went down, or is up again."""

    EquipmentID: str
    WorkCenterID: str
    State: Literal["Down", "Up"]
    Reason: str
    StartTime: Time
    EndTime: Time | None


class QualityHoldData(Made):
    """A lot was blocked, or set free."""

    MaterialLotID: str
    MaterialID: str
    Held: bool
    Reason: str
    EndTime: Time


NOUNS: dict[str, tuple[str, type[Made]]] = {
    "order-status": ("JobOrder", JobOrderStatusData),
    "confirmation": ("JobResponse", ConfirmationData),
    "order-completion": ("JobResponse", CompletionData),
    "material-consumption": ("MaterialActual", MaterialActualData),
    "downtime": ("EquipmentState", EquipmentStateData),
    "quality-hold": ("QualityHold", QualityHoldData),
}
"""Document -> its noun, and the shape of its DataArea."""
