"""From results and documents to the JSON of the ISA-95 contract.

Dictionaries written by hand: a reply is on the hot path, and dumping models would double its cost.
The models in `wire` describe the same shapes; a test holds the two together.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from simulator.contracts.isa95.wire import NOUNS, STATUSES
from simulator.core.durations import SECOND
from simulator.core.fields import maybe_moment, number, show_moment
from simulator.core.ports import Document
from simulator.plant import documents as said

_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:stagefloor:isa95")


def job_order(order: Any) -> dict[str, Any]:
    """A JobOrder."""
    start, due, released, completed = order.start, order.due, order.released, order.completed
    return {
        "ID": order.id,
        "WorkMasterID": order.item,
        "Priority": order.priority,
        "StartTime": None if start is None else show_moment(start),
        "EndTime": None if due is None else show_moment(due),
        "DispatchStatus": STATUSES[order.status],
        "Quantity": {"Value": number(order.quantity)},
        "QuantityGood": number(order.good),
        "QuantityScrap": number(order.scrap),
        "QuantityRework": number(order.rework),
        "MaterialLotID": order.lot,
        "ExternalReference": order.external,
        "CreatedTime": show_moment(order.created),
        "ReleasedTime": None if released is None else show_moment(released),
        "CompletedTime": None if completed is None else show_moment(completed),
        "Version": order.version,
        "Operations": [
            {
                "OperationNo": one.no,
                "WorkCenterID": one.work_centre,
                "EquipmentID": one.machine,
                "Status": one.status,
                "Good": number(one.good),
                "Scrap": number(one.scrap),
                "Rework": number(one.rework),
                "StartTime": None if one.started is None else show_moment(one.started),
                "EndTime": None if one.ended is None else show_moment(one.ended),
            }
            for one in order.operations
        ],
    }


def job_orders(page: Any) -> dict[str, Any]:
    """A page of job orders."""
    return {"JobOrders": [job_order(one) for one in page.items], "Next": page.next}


def work_master(routing: Any) -> dict[str, Any]:
    """A WorkMaster."""
    return {
        "ID": routing.id,
        "MaterialID": routing.item,
        "Operations": [
            {
                "OperationNo": one.no,
                "Description": one.name,
                "WorkCenterID": one.work_centre,
                "SetupSeconds": one.setup / SECOND,
                "CycleSeconds": one.cycle / SECOND,
            }
            for one in routing.operations
        ],
    }


def bill(bom: Any) -> dict[str, Any]:
    """A bill of materials."""
    return {
        "MaterialID": bom.item,
        "Components": [
            {
                "MaterialID": one.item,
                "Quantity": {"Value": number(one.quantity)},
                "OperationNo": one.operation,
            }
            for one in bom.components
        ],
    }


def genealogy(result: Any) -> dict[str, Any]:
    """What a job order made, and of which lots."""
    return {
        "JobOrderID": result.order,
        "MaterialID": result.item,
        "MaterialLotID": result.lot,
        "SerialNumbers": result.serials,
        "Quantity": {"Value": number(result.good)},
        "Consumed": [
            {
                "MaterialID": one.item,
                "MaterialLotID": one.lot,
                "SerialNumber": one.serial,
                "Quantity": {"Value": number(one.quantity)},
            }
            for one in result.consumed
        ],
    }


# --- what the MES says ---------------------------------------------------------------------------


def _status(one: said.OrderStatus) -> dict[str, Any]:
    return {
        "ID": one.order,
        "WorkMasterID": one.item,
        "DispatchStatus": STATUSES[one.status],
        "PreviousDispatchStatus": STATUSES[one.previous] if one.previous else None,
        "Reason": one.reason,
        "ExternalReference": one.external,
        "EndTime": show_moment(one.at),
    }


def _confirmation(one: said.Confirmation) -> dict[str, Any]:
    return {
        "ID": one.id,
        "JobOrderID": one.order,
        "JobState": "Completed" if one.final else "Running",
        "WorkMasterID": one.item,
        "OperationNo": one.operation_no,
        "WorkCenterID": one.work_centre,
        "EquipmentID": one.machine,
        "Yield": number(one.yield_quantity),
        "Scrap": number(one.scrap),
        "Rework": number(one.rework),
        "Final": one.final,
        "MaterialLotID": one.lot,
        "SerialNumbers": one.serials,
        "ExternalReference": one.external,
        "StartTime": maybe_moment(one.started),
        "EndTime": show_moment(one.at),
    }


def _completion(one: said.OrderCompletion) -> dict[str, Any]:
    return {
        "ID": f"{one.order}/completion",
        "JobOrderID": one.order,
        "JobState": "Completed",
        "WorkMasterID": one.item,
        "Yield": number(one.good),
        "Scrap": number(one.scrap),
        "Final": True,
        "MaterialLotID": one.lot,
        "ExternalReference": one.external,
        "EndTime": show_moment(one.at),
    }


def _consumption(one: said.MaterialConsumption) -> dict[str, Any]:
    return {
        "JobOrderID": one.order,
        "MaterialID": one.item,
        "MaterialLotID": one.lot,
        "SerialNumber": one.serial,
        "Quantity": {"Value": number(one.quantity)},
        "StorageLocation": one.bin,
        "OperationNo": one.operation_no,
        "MaterialUse": "Consumed",
        "EndTime": show_moment(one.at),
    }


def _downtime(one: said.Downtime) -> dict[str, Any]:
    return {
        "EquipmentID": one.machine,
        "WorkCenterID": one.work_centre,
        "State": "Down" if one.ended is None else "Up",
        "Reason": one.reason,
        "StartTime": show_moment(one.started),
        "EndTime": maybe_moment(one.ended),
    }


def _quality(one: said.QualityHold) -> dict[str, Any]:
    return {
        "MaterialLotID": one.lot,
        "MaterialID": one.item,
        "Held": one.held,
        "Reason": one.reason,
        "EndTime": show_moment(one.at),
    }


_DATA: dict[str, Callable[[Any], dict[str, Any]]] = {
    "order-status": _status,
    "confirmation": _confirmation,
    "order-completion": _completion,
    "material-consumption": _consumption,
    "downtime": _downtime,
    "quality-hold": _quality,
}


def bod(document: Document, base: str) -> dict[str, Any] | None:
    """A document as a business object document, or None where it has no noun.

    The BODID is a hash of what is said, so that one thing said twice can be told from two things.
    """
    write = _DATA.get(document.document)
    if write is None:
        return None
    data = write(document)
    name = f"{base}\n{document.document}\n{document.text}"
    at = data["EndTime"] or data["StartTime"]
    return {
        "ApplicationArea": {"BODID": str(uuid.uuid5(_SPACE, name)), "CreationDateTime": at},
        "Verb": "Sync",
        "Noun": NOUNS[document.document][0],
        "DataArea": data,
    }


def responses(page: Any, base: str) -> dict[str, Any]:
    """A page of the feed of what the MES said."""
    return {
        "JobResponses": [bod(one.document, base) for one in page.items],
        "Next": page.next,
        "Oldest": page.oldest,
        "Kept": page.kept,
    }
