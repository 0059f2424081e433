"""What the standards of trading partners have in common: mappings, findings, the contract itself.

A module of the contracts' own (its name begins with `_`), used by those that speak EDI. What a
standard looks like on the wire is its own business, and its own folder's.
"""

from simulator.contracts._trading.mapping import Mapping, Mappings, Reading

__all__ = ["Mapping", "Mappings", "Reading"]
