"""Free text where a set has no segment for it: REF*L1, the text in REF03."""

from __future__ import annotations

from collections.abc import Iterable

from simulator.contracts.x12.documents._read import text
from simulator.contracts.x12.documents._write import split
from simulator.contracts.x12.segments import Segment, seg

LETTERS = "L1"
"""Element 128: letters or notes."""
_MOST = 80  # element 352


def remarks(said: str) -> list[Segment]:
    """A note as REF segments."""
    return [seg("REF", LETTERS, "", one) for one in split(said, _MOST)]


def read_remarks(segments: Iterable[Segment]) -> str:
    """The texts of REF*L1, wherever in the segment they stand."""
    noted = [one for one in segments if one.tag == "REF" and text(one, 1) == LETTERS]
    return " ".join(said for one in noted if (said := text(one, 3) or text(one, 2)))
