"""Which changes of a value are told: triggers and deadbands (part 4, 7.22.2; part 8, 6.2)."""

from __future__ import annotations

from typing import Any, NamedTuple

from simulator.transports.opcua.samples import Sample
from simulator.transports.opcua.wire import Malformed, Reader

DATA_CHANGE = 724  # DataChangeFilter, binary
EVENT = 727  # EventFilter, binary
AGGREGATE = 730
STATUS, STATUS_VALUE, STATUS_VALUE_TIMESTAMP = 0, 1, 2
ABSOLUTE, PERCENT = 1, 2


class ChangeFilter(NamedTuple):
    """When a change is one: by status, value or timestamp, and by how much."""

    trigger: int = STATUS_VALUE
    deadband: float = 0.0  # absolute, in the value's own unit

    def passes(self, new: Sample, old: Sample | None) -> bool:
        """Is `new` worth telling where `old` was told last?"""
        if old is None or new.status != old.status:
            return True
        if self.trigger == STATUS:
            return False
        if self.trigger == STATUS_VALUE_TIMESTAMP and new.source != old.source:
            return True
        if new.body == old.body:
            return False
        return not self.deadband or _beyond(new.value, old.value, self.deadband)


ANY_CHANGE = ChangeFilter()


def read_filter(body: bytes) -> tuple[int, int, float]:
    """Trigger, kind of deadband, and its size. Raises Malformed."""
    reader = Reader(body)
    trigger, kind, size = reader.u32(), reader.u32(), reader.f64()
    if trigger > STATUS_VALUE_TIMESTAMP:
        raise Malformed(f"no trigger {trigger}")
    return trigger, kind, size


def _beyond(new: Any, old: Any, deadband: float) -> bool:
    if isinstance(new, list):
        if not isinstance(old, list) or len(new) != len(old):
            return True
        return any(_beyond(a, b, deadband) for a, b in zip(new, old, strict=True))
    try:
        return not abs(new - old) <= deadband
    except TypeError:
        return True
