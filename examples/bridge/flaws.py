"""Mistakes that the bridge can be told to make, so that a scenario can be seen to catch them."""

from __future__ import annotations

TRADING = {
    "checks": "takes every document's content as right",
    "answers": "never says what it thinks of content, nor what arrived (824, 861)",
    "dock": "books what was announced, not what the truck brought",
    "receipts": "takes what was posted for delivered, whatever the receipt (MDN) says",
    "files": "takes a file as soon as it sees one, whole or not",
}
FLOOR = {
    "again": "takes what a counter shows for made, each time it connects",
    "resets": "waits until a counter that began anew has passed what it showed before",
    "frozen": "never asks why a running machine counts nothing",
    "backfill": "counts what was stored on its way once more",
    "flood": "opens an incident for each alarm",
    "certificates": "trusts whatever certificate a PLC's server shows",
}
FLAWS = TRADING | FLOOR
"""By name: what the bridge then does."""

Flaws = frozenset[str]
