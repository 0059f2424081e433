"""Judging what is owed: did the integration answer each fault as a right counterparty does?

Faults of trading documents say in the journal which findings the other side has to answer (`owes`).
The table `plant.trading.rightness` says how. Nobody has to write an expectation for that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from simulator.core.durations import Instant, Span, show_span
from simulator.core.match import Match
from simulator.core.ports import Fault
from simulator.core.registry import registry
from simulator.plant.trading import Standard
from simulator.plant.trading.interchange import Level
from simulator.plant.trading.rightness import RIGHT, Expected
from simulator.scenario.answering import about, answers, repeats, resembles
from simulator.scenario.leads import accepted
from simulator.scenario.record import Frame, Record
from simulator.scenario.show import plural, show_entry
from simulator.scenario.verdict import Outcome

Entry = Mapping[str, Any]
SHOWN = 5
CAME = 3
FORM = "owed"
ABSENT = ("asn-never",)  # owed though nothing was delivered: that is the fault
_LEVELS: tuple[str, ...] = get_args(Level)
_HEAVY = ("body", "headers", "reply_body", "body_hex")


@dataclass(slots=True)
class Claim:
    """One finding of one message, and what came of it."""

    subject: Entry
    finding: str
    standard: Standard | None  # None: a contract of somebody's own
    deadline: Instant | None
    right: Entry | None = None
    instead: list[tuple[Entry, str]] = field(default_factory=list)  # with what is wrong about it

    @property
    def expected(self) -> tuple[Expected, ...]:
        """The right answers: one of them is enough."""
        found = RIGHT[self.finding].answers
        if self.standard is not None:
            return found[self.standard]
        return tuple(dict.fromkeys(one for answers in found.values() for one in answers))

    @property
    def quiet(self) -> bool:
        """Is it right only to say nothing?"""
        return all(one.document == "nothing" for one in self.expected)


def judge_owed(
    record: Record,
    frame: Frame,
    contracts: Mapping[str, str],
    within: Span | None = None,
    places: Mapping[str, str] | None = None,
) -> list[Outcome]:
    """An outcome for each finding that is owed, in the order in which they came up.

    `contracts` are the endpoints' by name, `within` is plant time from the delivery, `places` says
    where in the scenario each fault stands.
    """
    outcomes = _idle(record, places or {})
    claims: dict[str, list[Claim]] = {}
    undelivered: dict[str, list[Entry]] = {}
    for entry in record.entries(Match({"kind": "message", "owes": {"exists": True}})):
        for finding in entry["owes"]:
            if finding not in RIGHT:
                continue
            if not _counts(entry, finding):
                undelivered.setdefault(finding, []).append(_slim(entry))
                continue
            kind = str(contracts.get(str(entry.get("endpoint"))))
            standard: Standard | None = "x12" if kind == "x12" else None
            standard = "edifact" if kind == "edifact" else standard
            base = entry["at"]
            if entry.get("direction") == "out":
                base = entry.get("done_at") or base
            deadline = None if within is None else base + within
            claim = Claim(_slim(entry), finding, standard, deadline)
            claims.setdefault(finding, []).append(claim)
    if claims:
        _search(record, [claim for several in claims.values() for claim in several])
    for finding in dict.fromkeys([*claims, *undelivered]):
        if finding in claims:
            outcome = _judged(finding, claims[finding], frame)
            subjects = [claim.subject for claim in claims[finding]]
        else:
            subjects = undelivered[finding]
            outcome = _undelivered(finding, subjects, frame)
        by = [fault for one in subjects for fault in one.get("faults") or []]
        outcome.place = next((places[one] for one in by if places and one in places), "")
        outcomes.append(outcome)
    return outcomes


def _counts(entry: Entry, finding: str) -> bool:
    """Did it get through, so that an answer is owed?"""
    if entry.get("direction") == "in":
        return True  # a fault of the transport spoiled what went back
    outcome = entry.get("outcome")
    return outcome == "delivered" or (finding in ABSENT and outcome == "dropped")


def _idle(record: Record, places: Mapping[str, str]) -> list[Outcome]:
    """Faults that owe something and touched no message at all: nothing was shown."""
    kinds = registry("faults", Fault)
    applied = {
        str(one["fault"]): str(one.get("fault_kind"))
        for one in record.entries(Match({"event": "fault.applied"}))
        if str(one.get("fault_kind")) in kinds.kinds()
        and kinds.get(str(one.get("fault_kind"))).owing
    }
    if applied:
        for entry in record.entries(Match({"kind": "message", "fault": {"exists": True}})):
            for name in entry.get("faults") or []:
                applied.pop(name, None)
    reason = "it touched no message, so nothing was shown (`owed: false` where that is meant)"
    return [
        Outcome(_title(kind), FORM, False, reason, place=places.get(name, ""))
        for name, kind in applied.items()
    ]


def _search(record: Record, claims: list[Claim]) -> None:
    """Go through all that came in, and give each claim what answers it."""
    waiting: dict[str, list[Claim]] = {}
    for claim in claims:
        for partner in (claim.subject.get("keys") or {}).get("partner") or [""]:
            waiting.setdefault(partner, []).append(claim)
    everybody = waiting.pop("", [])  # an inbound message that was never read names no partner
    for entry in record.entries(Match({"kind": "message", "direction": "in"})):
        if not accepted(entry):
            continue
        partners = (entry.get("keys") or {}).get("partner") or [""]
        found = [claim for one in partners for claim in waiting.get(one, ())]
        if partners == [""]:
            found = [claim for several in waiting.values() for claim in several]
        slim = None
        for claim in (*found, *everybody):
            if entry["seq"] > claim.subject["seq"] and claim.right is None:
                slim = slim or _slim(entry)
                _weigh(claim, slim)


def _weigh(claim: Claim, entry: Entry) -> None:
    """Is this the right answer, a wrong one, or none at all?"""
    late = claim.deadline is not None and entry["at"] > claim.deadline
    wrong = ""
    for one in claim.expected:
        if one.document == "nothing":
            if about(claim.subject, entry, claim.standard, "functional-acknowledgement"):
                wrong = "an acknowledgement is never acknowledged"
        elif one.document == "again":
            if repeats(claim.subject, entry):
                wrong = _too_late(claim, entry) if late else ""
                claim.right = None if late else entry
            elif resembles(claim.subject, entry):
                wrong = wrong or "it has another control number, so it is taken for another message"
        elif about(claim.subject, entry, claim.standard, one.document):
            problem = _differs(one, entry) or (_too_late(claim, entry) if late else "")
            if not problem:
                claim.right = entry
            wrong = wrong or problem
        if claim.right is not None:
            return
    wrong = wrong or _unasked(claim, entry)
    if wrong and not _outranked(claim, entry, late) and len(claim.instead) < CAME:
        claim.instead.append((entry, wrong))


def _unasked(claim: Claim, entry: Entry) -> str:
    """Another kind of answer than any of the right ones."""
    if claim.quiet or claim.subject.get("direction") == "in":
        return ""
    if not answers(entry) or not about(claim.subject, entry, claim.standard):
        return ""
    return f"it is {entry.get('document')}, which is not what answers this"


def _outranked(claim: Claim, entry: Entry, late: bool) -> bool:
    """Was the message refused for another of its faults, which is at least as far outside?

    Who cannot open the envelope does not judge the letter.
    """
    mine = _LEVELS.index(RIGHT[claim.finding].level)
    for name in claim.subject["owes"]:
        if late or name == claim.finding or name not in RIGHT:
            continue
        other = Claim(claim.subject, name, claim.standard, claim.deadline)
        if _LEVELS.index(RIGHT[name].level) > mine:
            continue
        for one in other.expected:
            refused = one.verdict == "rejected" and not _differs(one, entry)
            if refused and about(claim.subject, entry, claim.standard, one.document):
                claim.right = entry
                return True
    return False


def _differs(one: Expected, entry: Entry) -> str:
    keys = entry.get("keys") or {}
    for name, wanted in (("answer", one.verdict), ("code", one.code)):
        have = keys.get(name) or []
        if wanted and wanted not in have:
            word = "verdict" if name == "answer" else name
            return f"its {word} is {', '.join(have) or 'not given'}"
    return ""


def _too_late(claim: Claim, entry: Entry) -> str:
    return f"it came {show_span(entry['at'] - (claim.deadline or 0))} too late"


def _judged(finding: str, claims: list[Claim], frame: Frame) -> Outcome:
    broken: list[Claim] = []
    still_open: list[Claim] = []
    for claim in claims:
        if claim.quiet:
            broken += [claim] if claim.instead else []
        elif claim.right is None:
            over = claim.deadline is None or claim.deadline <= frame.end
            (broken if over else still_open).append(claim)
    numbers: dict[str, float | int] = {"claims": len(claims), "broken": len(broken)}
    if still_open:
        numbers["open"] = len(still_open)
    if len(still_open) == len(claims):
        broken = still_open  # nothing was shown at all
    outcome = Outcome(_title(finding), FORM, not broken, "", numbers=numbers)
    if not broken:
        done = len(claims) - len(still_open)
        outcome.reason = f"{plural(done, 'answer')} as it should be: {_wanted(claims[0])}"
        if claims[0].quiet:
            outcome.reason = "nothing was said, as it should be"
        if still_open:
            outcome.reason += f"; {len(still_open)} still had time at the end"
        return outcome
    outcome.reason = (
        f"{len(broken)} of {len(claims)} had no right answer to {finding} "
        f"({RIGHT[finding].what}): wanted {_wanted(broken[0])}"
    )
    for claim in broken[:SHOWN]:
        outcome.entries.append(int(claim.subject["seq"]))
        told = "this came" if claim.instead else "none came"
        if claim in still_open:
            left = show_span((claim.deadline or 0) - frame.end)
            told = f"undecided, the run ended {left} before its time was up"
        outcome.evidence.append(f"{show_entry(claim.subject, frame.origin)}: {told}")
        outcome.evidence.append(f"  right: {_wanted(claim)}")
        for entry, why in claim.instead:
            outcome.entries.append(int(entry["seq"]))
            outcome.evidence.append(f"  came: {show_entry(entry, frame.origin)}")
            outcome.evidence.append(f"    but {why}")
    if len(broken) > SHOWN:
        outcome.evidence.append(f"… and {len(broken) - SHOWN} more")
    return outcome


def _undelivered(finding: str, subjects: list[Entry], frame: Frame) -> Outcome:
    reason = "no message with it was delivered, so nothing was shown"
    lines = [show_entry(one, frame.origin) for one in subjects[:SHOWN]]
    entries = [int(one["seq"]) for one in subjects[:SHOWN]]
    return Outcome(_title(finding), FORM, False, reason, lines, entries, {"claims": 0, "broken": 0})


def _wanted(claim: Claim) -> str:
    words = {"nothing": "no answer", "again": "the same once more, under its control number"}
    return " or ".join(dict.fromkeys(words.get(one.document, str(one)) for one in claim.expected))


def _title(finding: str) -> str:
    return f"a right answer to {finding}"


def _slim(entry: Entry) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key not in _HEAVY}
