"""What the standards of trading partners have in common: mappings, terms, the contract itself.

A room of the contracts' own (its name begins with `_`), for those that speak EDI. What a standard
looks like on the wire is its own business, in its own folder.
"""

from simulator.contracts._trading.contract import TradingContract
from simulator.contracts._trading.mapping import Mapping, Mappings, Reading
from simulator.contracts._trading.terms import SHARED, Terms, agreed

__all__ = ["SHARED", "Mapping", "Mappings", "Reading", "Terms", "TradingContract", "agreed"]
