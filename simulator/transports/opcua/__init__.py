"""OPC UA: a server for each endpoint, on a port of its own. Needs the library asyncua.

asyncua is the codec, the cryptography and the standard's address space. What this project needs and
asyncua's server lacks (overflow, sampling, limits, conditions, faults, and speed) is here: the
services themselves, over `Channel` and `OpcuaServer`. It is imported when a server starts.
"""

from simulator.transports.opcua.transport import OpcuaTransport

__all__ = ["OpcuaTransport"]
