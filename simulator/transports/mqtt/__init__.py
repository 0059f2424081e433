"""MQTT: clients of any broker, or of one that comes with the plant; store-and-forward; commands."""

from simulator.transports.mqtt.settings import Backoff, Settings
from simulator.transports.mqtt.transport import MqttTransport

__all__ = ["Backoff", "MqttTransport", "Settings"]
