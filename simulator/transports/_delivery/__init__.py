"""What the transports that deliver share: retries, order, holds, and the faults on the way."""

from simulator.transports._delivery.attempt import Attempt, Client
from simulator.transports._delivery.outlet import Outlet
from simulator.transports._delivery.settings import Delivery, Posting, Retry
from simulator.transports._delivery.shelf import NAME_BYTES, Lying, Shelf, file_name, patient

__all__ = [
    "NAME_BYTES", "Attempt", "Client", "Delivery", "Lying", "Outlet", "Posting", "Retry",
    "Shelf", "file_name", "patient",
]  # fmt: skip
