"""Findings on their way: where each stands, what its code is, and whether it is read past."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.contracts.x12.segments import Segment
from simulator.plant.trading.interchange import Finding, Level
from simulator.plant.trading.rightness import RIGHT, code

MOST_FINDINGS = 500
"""So many are kept of one interchange: what is that broken is not understood better by more."""
LONGEST = 300
"""A finding is told in so many characters: it quotes what came, and that may be anything."""

HARMLESS = frozenset(
    {"byte-order-mark", "carriage-returns", "newline-terminator", "folded-lines", "concatenated",
     "bytes-outside"}
)  # fmt: skip
"""Oddities of the bytes for which nothing is refused, whatever the profile says."""

ELEMENTS: dict[Level, str] = {
    "bytes": "TA105", "interchange": "TA105", "group": "AK905", "set": "AK502",
    "segment": "AK304", "element": "AK403",
}  # fmt: skip
"""What says a finding of a level."""


@dataclass(slots=True)
class Found:
    """Collects the findings of one interchange.

    `tolerates` are names that are read past; `lenient` reads past all that is harmless.
    """

    tolerates: frozenset[str] = frozenset()
    lenient: bool = False
    findings: list[Finding] = field(default_factory=list)
    dropped: int = 0

    def add(
        self,
        name: str,
        what: str,
        segment: Segment | None = None,
        element: int | None = None,
        component: int | None = None,
        *,
        level: Level | None = None,
        code: str | None = None,
        tolerated: bool | None = None,
        set_control: str = "",
        group: str = "",
        offset: int | None = None,
        line: int | None = None,
    ) -> Finding | None:
        """Take note of one; None where it stood beyond the limit."""
        if len(self.findings) >= MOST_FINDINGS:
            self.dropped += 1
            return None
        if level is None:
            right = RIGHT.get(name)
            level = right.level if right is not None else "content"
        if tolerated is None:
            tolerated = self.tolerated(name)
        known = first_code(name, level) if code is None else code
        if len(what) > LONGEST:
            what = f"{what[: LONGEST - 1]}…"
        finding = Finding(
            name=name, level=level, what=what, tolerated=tolerated,
            offset=segment.offset if segment is not None else offset,
            line=segment.line if segment is not None else line,
            tag=segment.tag if segment is not None else "",
            segment=(segment.index or None) if segment is not None else None,
            element=element, component=component, set_control=set_control, group=group,
            codes=[known] if known else [],
        )  # fmt: skip
        self.findings.append(finding)
        return finding

    def tolerated(self, name: str) -> bool:
        """Is this one read past?"""
        return name in self.tolerates or (self.lenient and name in HARMLESS)


def first_code(name: str, level: Level) -> str:
    """What an answer says of a finding at this level: `AK502=4`; empty for none."""
    wanted = ELEMENTS.get(level, "")
    return (code(name, "x12", wanted) if wanted else "") or code(name, "x12")


def refuses(finding: Finding) -> bool:
    """Is something refused for it, before anybody looks at the content?"""
    return not finding.tolerated and finding.level != "content" and finding.name not in HARMLESS
