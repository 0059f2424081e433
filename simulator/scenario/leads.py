"""Judging `each … leads_to …`: every subject makes a claim, every claim needs its effects.

A message that carries several values of the first key of `same` makes one claim for each value; two
messages that carry the same values make one claim together (a resend is no new business).
"""

from __future__ import annotations

import difflib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.core.durations import Instant, show_span
from simulator.core.match import Match, get
from simulator.scenario.expect import Each
from simulator.scenario.near import Want, find_near
from simulator.scenario.record import Frame, Interval, Record, inside, messages
from simulator.scenario.show import show_entry
from simulator.scenario.verdict import Outcome

Entry = Mapping[str, Any]
Key = tuple[frozenset[str], ...]
SHOWN = 5
_HEAVY_FIELDS = ("body", "headers", "reply_body", "body_hex")


@dataclass(slots=True)
class Claim:
    """One subject and what it led to."""

    subject: Entry
    key: Key
    deadline: Instant | None
    missing: str = ""  # the field of `same` that the subject lacks
    in_time: list[Entry] = field(default_factory=list)
    too_late: list[Entry] = field(default_factory=list)


def judge_each(one: Each, record: Record, frame: Frame, intervals: list[Interval]) -> Outcome:
    """What came of it. `intervals` limit the subjects, not what they lead to."""
    claims = _claims(one, record, intervals)
    if not claims:
        return _nothing(one, record, frame, intervals)
    used = _join(one, record, claims)
    least, most = one.bounds
    broken: list[tuple[Claim, str]] = []
    still_open: list[tuple[Claim, str]] = []
    for claim in claims:
        reason = _wrong(one, claim, least, most)
        if reason and _is_open(claim, least, frame):
            left = show_span((claim.deadline or 0) - frame.end)
            still_open.append((claim, f"undecided, the run ended {left} before its time was up"))
        elif reason:
            broken.append((claim, reason))
    numbers: dict[str, float | int] = {"claims": len(claims), "broken": len(broken)}
    if still_open:
        numbers["open"] = len(still_open)
    if len(still_open) == len(claims):
        broken = still_open  # nothing was shown at all
    if not broken:
        done = len(claims) - len(still_open)
        reason = f"all {done} led to {one.wanted()}" if done > 1 else f"it led to {one.wanted()}"
        reason += f"; {len(still_open)} still had time at the end" if still_open else ""
        return Outcome(one.title, one.form, True, reason, numbers=numbers)
    reason = f"{len(broken)} of {len(claims)} did not lead to {one.wanted()} {Match(one.leads_to)}"
    evidence, entries = _evidence(one, record, frame, claims, broken, used)
    return Outcome(one.title, one.form, False, reason, evidence, entries, numbers)


def _claims(one: Each, record: Record, intervals: list[Interval]) -> list[Claim]:
    claims: dict[object, Claim] = {}
    named = set(one.each)
    for entry in record.entries(messages(one.each)):
        if not inside(entry["at"], intervals) or not _is_subject(entry, named):
            continue
        base = entry["at"]
        if one.since == "delivered" and entry.get("direction") == "out":
            base = entry.get("done_at") or base
        deadline = None if one.within is None else base + one.within
        slim = _slim(entry)
        if not one.same:
            claims[entry["seq"]] = Claim(slim, (), deadline)
            continue
        values = [_values(entry, name) for name, _ in one.pairs]
        lacking = [name for (name, _), have in zip(one.pairs, values, strict=True) if not have]
        if lacking:
            claims[entry["seq"]] = Claim(slim, (), deadline, missing=lacking[0])
            continue
        for value in values[0]:
            key = (frozenset((value,)), *map(frozenset, values[1:]))
            claims.setdefault(key, Claim(slim, key, deadline))
    return list(claims.values())


def _is_subject(entry: Entry, named: set[str]) -> bool:
    """Did it get through, so that something is to come of it?

    Copies that a fault made, what a fault lost, and inbound requests that were not accepted are no
    subjects, unless the match speaks of it. A delivery that the integration failed is one.
    """
    if entry.get("copy") and "copy" not in named:
        return False
    if "outcome" in named or "status" in named:
        return True
    if entry.get("direction") == "out":
        return entry.get("outcome") not in ("dropped", "purged")
    return accepted(entry)


def accepted(entry: Entry) -> bool:
    """Was an inbound message taken?"""
    status = entry.get("status")
    if isinstance(status, int) and status >= 400:
        return False
    return entry.get("outcome") not in ("refused", "dropped", "failed", "reset", "purged")


def _join(one: Each, record: Record, claims: list[Claim]) -> frozenset[int]:
    """Give each claim its effects. Returns the numbers of the effects that some claim has."""
    named = set(one.leads_to)
    strict = not named & {"outcome", "status"}
    effects: list[Entry] = []
    by_value: dict[str, list[Entry]] = {}
    for entry in record.entries(messages(one.leads_to)):
        if strict and not accepted(entry):
            continue
        if not one.same:
            effects.append(_slim(entry))
            continue
        slim = {**_slim(entry), "_same": [frozenset(_values(entry, its)) for _, its in one.pairs]}
        for value in slim["_same"][0]:
            by_value.setdefault(value, []).append(slim)
    used: set[int] = set()
    for claim in claims:
        if claim.missing:
            continue
        found = by_value.get(next(iter(claim.key[0])), []) if one.same else effects
        start = bisect_right(found, claim.subject["seq"], key=lambda entry: int(entry["seq"]))
        for entry in found[start:]:
            if one.same and not all(
                have & wanted for have, wanted in zip(entry["_same"], claim.key, strict=True)
            ):
                continue
            used.add(entry["seq"])
            late = claim.deadline is not None and entry["at"] > claim.deadline
            (claim.too_late if late else claim.in_time).append(entry)
            if not one.same and late:
                break  # the rest is later still
    return frozenset(used)


def _is_open(claim: Claim, least: int, frame: Frame) -> bool:
    """Could it still have come true, had the run not ended?"""
    if claim.missing or claim.deadline is None or claim.deadline <= frame.end:
        return False
    return len(claim.in_time) < least


def _wrong(one: Each, claim: Claim, least: int, most: int | None) -> str:
    """What is wrong with a claim, or nothing."""
    if claim.missing:
        return f"it carries no {claim.missing}, so nothing can be told of it"
    came = len(claim.in_time)
    if came < least:
        if claim.too_late:
            late = claim.too_late[0]["at"] - (claim.deadline or 0)
            return f"{came} in time, {len(claim.too_late)} too late (by {show_span(late)})"
        return f"{came} came" if came else "none came"
    # what is doubled later is doubled all the same
    counted = came + (len(claim.too_late) if one.exactly is not None and one.same else 0)
    if most is not None and counted > most:
        return f"{counted} came"
    return ""


def _evidence(
    one: Each,
    record: Record,
    frame: Frame,
    claims: list[Claim],
    broken: list[tuple[Claim, str]],
    used: frozenset[int],
) -> tuple[list[str], list[int]]:
    shown = broken[:SHOWN]
    claimed = frozenset(value for claim in claims for value in (claim.key[0] if claim.key else ()))
    wants = {
        index: Want(messages(one.leads_to), _further(one, claim, claimed), used, _kin(one, claim))
        for index, (claim, reason) in enumerate(shown)
        if not claim.missing and len(claim.in_time) < max(one.bounds[0], 1)
    }
    find_near(record, list(wants.values()))
    lines: list[str] = []
    entries: list[int] = []
    for index, (claim, reason) in enumerate(shown):
        lines.append(f"{show_entry(claim.subject, frame.origin)}: {reason}")
        entries.append(claim.subject["seq"])
        came = [*claim.in_time, *claim.too_late]
        for effect in came[:SHOWN]:
            late = " (too late)" if effect in claim.too_late else ""
            lines.append(f"  came: {show_entry(effect, frame.origin)}{late}")
            entries.append(effect["seq"])
        if len(came) > SHOWN:
            lines.append(f"  … and {len(came) - SHOWN} more")
        want = wants.get(index)
        if want is None or came:
            continue
        for _, seq, entry, words in want.best:
            lines.append(f"  nearly: {show_entry(entry, frame.origin)}")
            lines.append(f"    but {'; '.join(words)}")
            entries.append(seq)
        if not want.best:
            lines.append("  and no message came near")
    if len(broken) > SHOWN:
        lines.append(f"… and {len(broken) - SHOWN} more")
    return lines, entries


def _kin(one: Each, claim: Claim) -> Any:
    """What else was said of the same thing, after it: a refusal often explains what is missing."""
    if not claim.key:
        return None
    names = {*one.pairs[0], "about"}

    def kin(entry: Entry) -> bool:
        later = entry["seq"] > claim.subject["seq"]
        return later and any(claim.key[0] & {*_values(entry, name)} for name in names)

    return kin


def _further(one: Each, claim: Claim, claimed: frozenset[str]) -> Any:
    """What besides the match is wrong with an entry, as an effect of this claim.

    An entry whose first key is another claim's has nothing to do with this one.
    """

    def further(entry: Entry) -> list[str] | None:
        words = []
        for place, ((_, name), wanted) in enumerate(zip(one.pairs, claim.key, strict=True)):
            have = frozenset(_values(entry, name))
            if have & wanted:
                continue
            if place == 0 and have & claimed:
                return None
            if have and not any(_alike(mine, theirs) for mine in wanted for theirs in have):
                return None
            got = "absent" if not have else repr(", ".join(sorted(have)))
            words.append(f"{name} is {got}, wanted {', '.join(map(repr, sorted(wanted)))}")
        if entry["seq"] < claim.subject["seq"]:
            words.append("it came before")
        if claim.deadline is not None and entry["at"] > claim.deadline:
            words.append(f"it came {show_span(entry['at'] - claim.deadline)} too late")
        if not words and not accepted(entry):
            words.append(f"it was not accepted ({entry.get('status') or entry.get('outcome')})")
        return words

    return further


def _alike(one: str, other: str) -> bool:
    """Two values so alike that one may be the other: cut, padded, or one character off."""
    one, other = one.lower(), other.lower()
    shorter, longer = sorted((one, other), key=len)
    if shorter in longer:
        return len(shorter) > 3
    same = difflib.SequenceMatcher(None, one, other, autojunk=False).ratio() * (
        len(one) + len(other)
    )
    return len(longer) > 3 and round(same / 2) >= len(longer) - 1


def _nothing(one: Each, record: Record, frame: Frame, intervals: list[Interval]) -> Outcome:
    numbers: dict[str, float | int] = {"claims": 0, "broken": 0}
    if one.optional:
        return Outcome(one.title, one.form, True, "nothing to judge", numbers=numbers)

    def outside(entry: Entry) -> list[str]:
        words = [] if inside(entry["at"], intervals) else ["it came outside the window"]
        if not words and not _is_subject(entry, set(one.each)):
            words.append(f"it did not get through ({entry.get('status') or entry.get('outcome')})")
        return words

    want = Want(messages(one.each), outside)
    find_near(record, [want], most=3)
    lines = []
    for _, _, entry, words in want.best:
        lines += [f"nearly: {show_entry(entry, frame.origin)}", f"  but {'; '.join(words)}"]
    reason = f"nothing matched {Match(one.each)}, so nothing was shown"
    entries = [seq for _, seq, _, _ in want.best]
    return Outcome(one.title, one.form, False, reason, lines, entries, numbers)


def _values(entry: Entry, name: str) -> list[str]:
    found = get(entry, name)
    listed = found if isinstance(found, list) else [found]
    return [str(one) for one in listed if isinstance(one, str | int | float | bool)]


def _slim(entry: Entry) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key not in _HEAVY_FIELDS}
