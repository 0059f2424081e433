"""Near misses: the messages that almost matched, and in what they differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator.core.match import Difference, Match
from simulator.scenario.record import Record

Entry = Mapping[str, Any]
_HEAVY = ("kind", "system", "direction", "event", "endpoint", "document", "operation")
KIN = 5.0  # how much nearer it is for being about the same thing


@dataclass(slots=True)
class Want:
    """What was looked for: a match, and a further test that says in words what else is wrong.

    The test returns None for an entry that has nothing to do with it.
    """

    match: Match
    further: Callable[[Entry], list[str] | None] = lambda entry: []
    passed_over: frozenset[int] = frozenset()  # entries by number that are no near miss
    kin: Callable[[Entry], bool] | None = None  # is it about the same thing, whatever it is?
    best: list[tuple[float, int, Entry, list[str]]] = field(default_factory=list)


def find_near(record: Record, wants: Sequence[Want], most: int = 2) -> None:
    """Fill in each want's `best`: the entries that differ least, in one pass over the record.

    An entry of another kind (message, event), another document or operation, or with nothing in
    common, is never near, unless it is kin: about the same thing. Kin are nearest.
    """
    for entry in record.entries():
        for want in wants:
            if entry.get("seq") in want.passed_over:
                continue
            differences = want.match.differences(entry)
            if any(one.field == "kind" for one in differences):
                continue
            weight = sum(_weight(one.field) for one in differences)
            kin = want.kin is not None and want.kin(entry)
            if not kin and _is_other(differences):
                continue
            possible = sum(_weight(name) for name in want.match.wanted if name != "kind")
            far = weight > max(possible / 2, 2.0) or (differences and weight >= possible > 0)
            if far and not kin:
                continue
            further = want.further(entry)
            if further is None or not (differences or further):
                continue
            words = [str(one) for one in differences] + further
            score = weight + 1.5 * (len(words) - len(differences)) - (KIN if kin else 0.0)
            want.best.append((score, int(entry.get("seq", 0)), entry, words))
            if len(want.best) > most:
                want.best.sort(key=lambda one: one[:2])
                want.best.pop()
    for want in wants:
        want.best.sort(key=lambda one: one[:2])
        want.best = [one for one in want.best if one[0] <= want.best[0][0] + 1.0]


def _is_other(differences: Sequence[Difference]) -> bool:
    """Is it another kind of thing than was looked for?"""
    return any(one.field in ("operation", "document") for one in differences)


def _weight(field: str) -> float:
    return 2.0 if field in _HEAVY else 1.0
