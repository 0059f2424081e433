"""The tags that X12 has, as far as they are met in trade, transport, warehouses and insurance.

Names alone, in `tags.txt`, so that a segment which no partner's guide lists can be told from one
that is none.
"""

from __future__ import annotations

from pathlib import Path

TAGS = frozenset((Path(__file__).parent / "tags.txt").read_text("ascii").split())
"""Known tags."""
