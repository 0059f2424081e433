"""ISA-95 job control (OPC 10031-4): jobs are the production orders of the plant."""

from __future__ import annotations

from simulator.core.errors import Violation, conflict, invalid
from simulator.core.ports import operation
from simulator.systems.plc import inputs as ask
from simulator.systems.plc.floor import Floor
from simulator.systems.plc.machine import JOB_STATES
from simulator.systems.plc.views import JobView


class Jobs(Floor):
    """Commands to jobs."""

    @operation
    def job(self, asked: ask.Job) -> JobView:
        """Store, start, pause, resume, update, stop, abort, cancel or clear a job."""
        plant, name = self.plant, asked.order
        match asked.command:
            case "Store" | "StoreAndStart":
                self._store(asked)
            case "Start":
                plant.release_order(name)
            case "Pause":
                plant.hold_order(name, asked.reason or "paused")
            case "Resume":
                plant.resume_order(name)
            case "Update":
                if asked.item not in (None, plant.order(name).item):
                    raise conflict(f"{name} makes {plant.order(name).item}", "item-not-changeable")
                plant.change_order(name, quantity=asked.quantity)
            case "Stop" | "Abort" | "Cancel":
                if asked.command == "Cancel" and plant.order(name).status == "running":
                    raise conflict(f"{name} has begun: stop or abort it", "job-running")
                plant.cancel_order(name)
            case "Clear":
                if plant.order(name).status not in ("completed", "cancelled"):
                    raise conflict(f"{name} has not ended", "job-not-ended")
        return JobView(name, JOB_STATES[plant.order(name).status])

    def _store(self, asked: ask.Job) -> None:
        if asked.item is None or asked.quantity is None:
            missing = "item" if asked.item is None else "quantity"
            raise invalid(
                f"a job to be stored names its {missing}", Violation(f"/{missing}", "missing")
            )
        self.plant.create_order(
            asked.item, asked.quantity, id=asked.order, release=asked.command == "StoreAndStart"
        )
