"""Mistakes that the bridge can be told to make, so that a scenario can be seen to catch them."""

from __future__ import annotations

FLAWS = {
    "checks": "takes every document's content as right",
    "answers": "never says what it thinks of content, nor what arrived (824, 861)",
    "dock": "books what was announced, not what the truck brought",
    "receipts": "takes what was posted for delivered, whatever the receipt (MDN) says",
    "files": "takes a file as soon as it sees one, whole or not",
}
"""By name: what the bridge then does."""

Flaws = frozenset[str]
