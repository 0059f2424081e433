"""What the transports that deliver share: retries, order, holds, and the faults on the way."""

from simulator.transports._delivery.attempt import Attempt, Client
from simulator.transports._delivery.outlet import Outlet
from simulator.transports._delivery.settings import Delivery, Retry

__all__ = ["Attempt", "Client", "Delivery", "Outlet", "Retry"]
