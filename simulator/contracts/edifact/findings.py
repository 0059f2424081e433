"""What was found in one interchange, bounded, and whether it is tolerated."""

from __future__ import annotations

from simulator.contracts.edifact.segments import Segment
from simulator.plant.trading.interchange import Finding, Level
from simulator.plant.trading.partners import PartnerProfile
from simulator.plant.trading.rightness import RIGHT, code

MOST_FINDINGS = 500
"""Of one interchange; what comes after them is counted, and not kept."""

HARMLESS = frozenset(
    name
    for name, right in RIGHT.items()
    if all(one.verdict == "accepted" for one in right.answers["edifact"])
)
"""Read past whatever a profile says: the right answer is that it was accepted."""


class Report:
    """Findings of one interchange by a partner's profile."""

    def __init__(self, profile: PartnerProfile) -> None:
        self.tolerates = HARMLESS | set(profile.tolerates)
        self.findings: list[Finding] = []
        self.left_out = 0
        self.refuses = False  # one of them speaks against the interchange as a whole
        self.refused: set[str] = set()  # control numbers of messages that one speaks against
        self.refused_groups: set[str] = set()  # likewise, of groups

    def add(
        self,
        name: str,
        what: str,
        segment: Segment | None = None,
        element: int | None = None,
        component: int | None = None,
        *,
        level: Level | None = None,
        control: str = "",
        group: str = "",
        as_code: str = "",
        tolerated: bool | None = None,
        offset: int | None = None,
        line: int | None = None,
    ) -> None:
        """Say that something is wrong. `as_code` is a 0085 other than the table's first."""
        right = RIGHT.get(name)
        found = as_code or code(name, "edifact", "0085").removeprefix("0085=")
        self.take(
            Finding(
                name=name,
                level=level or (right.level if right is not None else "bytes"),
                what=what,
                tolerated=name in self.tolerates if tolerated is None else tolerated,
                offset=segment.offset if segment is not None else offset,
                line=segment.line if segment is not None else line,
                tag=segment.tag[:3] if segment is not None else "",
                segment=(segment.index or None) if segment is not None else None,
                element=element,
                component=component,
                set_control=control,
                group=group,
                codes=[f"0085={found}"] if found else [],
            )
        )

    def take(self, finding: Finding) -> None:
        """Keep a finding, and remember against what it speaks."""
        if not finding.tolerated:
            if finding.level in ("bytes", "interchange"):
                self.refuses = True
            elif finding.level == "group":
                self.refused_groups.add(finding.group)
            elif finding.level != "content":
                self.refused.add(finding.set_control)
            elif _unreadable(finding.name):
                self.refused.add(finding.set_control)
                finding = finding.model_copy(update={"codes": [_CONTENT.get(finding.name, _VALUE)]})
        if len(self.findings) >= MOST_FINDINGS:
            self.left_out += 1
        else:
            self.findings.append(finding)


_VALUE = "0085=12"
_CONTENT = {"line-count-wrong": "0085=29", "hash-total-wrong": "0085=29"}
"""How CONTRL says what is wrong with content: it counts wrong, or it is an invalid value."""


def _unreadable(name: str) -> bool:
    """Is a finding about content answered as if it could not be read?

    By the table, where CONTRL can say it; the rest passes, and APERAK says it.
    """
    right = RIGHT.get(name)
    return right is not None and any(
        one.document == "functional-acknowledgement" and one.verdict == "rejected"
        for one in right.answers["edifact"]
    )


def short(text: str, most: int = 40) -> str:
    """A value as it is shown in a sentence."""
    shown = text if len(text) <= most else text[: most - 1] + "…"
    return repr(shown)
