"""Does one message answer another? By control numbers, document numbers, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.plant.trading import Standard

Entry = Mapping[str, Any]
ACKNOWLEDGEMENTS = ("functional-acknowledgement", "interchange-acknowledgement")
ADVICES = ("application-advice", "receiving-advice")
# the numbers of documents: one that is on both sides, with no value in common, says no
_OWN = ("asn", "schedule", "invoice")
_SHARED = ("po", "shipment", "sscc")
MIXED = "interchange"  # documents of several kinds travelled together


def answers(entry: Entry) -> bool:
    """Is it an acknowledgement or an advice at all?"""
    if entry.get("document") == MIXED:
        keys = _keys(entry)
        return bool(keys.get("acknowledges") or keys.get("about"))
    return entry.get("document") in (*ACKNOWLEDGEMENTS, *ADVICES)


def about(
    subject: Entry, entry: Entry, standard: Standard | None, document: str | None = None
) -> bool:
    """Is the entry a `document` (any answer where None) that refers to the subject?"""
    kinds = [document] if document is not None else [*ACKNOWLEDGEMENTS, *ADVICES]
    have = entry.get("document")
    return any(
        have in (kind, MIXED)
        and (
            _acknowledges(subject, entry, kind, standard)
            if kind in ACKNOWLEDGEMENTS
            else _advises(subject, entry, kind)
        )
        for kind in kinds
    )


def repeats(subject: Entry, entry: Entry) -> bool:
    """Is it the same message once more: same control number, message id, or file?"""
    if entry.get("endpoint") != subject.get("endpoint"):
        return False
    first, again = _keys(subject), _keys(entry)
    if _numbers(first, "control") and _numbers(again, "control"):
        return bool(_numbers(first, "control") & _numbers(again, "control"))
    if _set(first, "message_id") and _set(again, "message_id"):
        return bool(_set(first, "message_id") & _set(again, "message_id"))
    # what was refused before it could be read is known by its name alone
    return bool(subject.get("path")) and subject.get("path") == entry.get("path")


def resembles(subject: Entry, entry: Entry) -> bool:
    """Has it the same business in another envelope?"""
    if entry.get("endpoint") != subject.get("endpoint"):
        return False
    first, again = _keys(subject), _keys(entry)
    return subject.get("document") == entry.get("document") and any(
        _set(first, name) & _set(again, name) for name in (*_OWN, *_SHARED)
    )


def _acknowledges(subject: Entry, entry: Entry, kind: str, standard: Standard | None) -> bool:
    """X12 acknowledges groups with 997 and interchanges with TA1; EDIFACT only interchanges."""
    mine, theirs = _keys(subject), _numbers(_keys(entry), "acknowledges")
    controls, groups = _numbers(mine, "control"), _numbers(mine, "group")
    if kind == "interchange-acknowledgement" or standard == "edifact":
        return bool(controls & theirs)
    if standard == "x12":
        return bool((groups or controls) & theirs)
    return bool((groups | controls) & theirs)


def _advises(subject: Entry, entry: Entry, kind: str) -> bool:
    mine, theirs = _keys(subject), _keys(entry)
    for name in _OWN:
        if _set(mine, name) and _set(theirs, name):
            return bool(_set(mine, name) & _set(theirs, name))
    if kind == "application-advice":
        own = set().union(*(_set(mine, name) for name in (*_OWN, *_SHARED)))
        if _set(theirs, "about") & own:
            return True
    return any(_set(mine, name) & _set(theirs, name) for name in _SHARED)


def _keys(entry: Entry) -> dict[str, list[str]]:
    """The business keys of what was meant and of what a fault made of it."""
    keys = {name: list(values) for name, values in (entry.get("keys") or {}).items()}
    for name, values in (entry.get("sent_keys") or {}).items():
        keys[name] = [*keys.get(name, ()), *values]
    return keys


def _set(keys: Mapping[str, list[str]], name: str) -> set[str]:
    return set(keys.get(name) or ())


def _numbers(keys: Mapping[str, list[str]], name: str) -> set[str]:
    """Control numbers without their leading zeros, which some write and some do not."""
    return {one.strip().lstrip("0") or "0" for one in keys.get(name) or ()}
