"""What can be told while a run goes on: a claim that is broken and cannot be mended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from simulator.core.durations import Instant
from simulator.scenario.expect import Count, Expectation, Never, Window
from simulator.scenario.record import CLOSING, OPENING, messages

Entry = Mapping[str, Any]
_LATER = ("status", "outcome", "error", "attempts", "fault")  # known when a message is completed


class _Watched:
    """One `never`, or one `of` with a whole number at the most."""

    def __init__(self, index: int, one: Never | Count, most: int) -> None:
        self.index = index
        self.one = one
        self.most = most
        self.match = messages(one.never if isinstance(one, Never) else one.of)
        self.on_completion = any(name in _LATER for name in self.match.wanted)
        self.hits: set[int] = set()
        self.broken = False


class Live:
    """A journal listener that reports each expectation as soon as it is broken for good.

    The verdict does not rest on it: it is judged anew from the whole journal.
    """

    def __init__(
        self,
        expect: Sequence[Expectation],
        origin: Instant,
        on_broken: Callable[[int, Entry], None],
    ) -> None:
        self._origin = origin
        self._on_broken = on_broken
        self._open: dict[str, int] = {}  # names of windows that are open, and how often
        self._watched = [
            _Watched(index, one, most)
            for index, one in enumerate(expect)
            if isinstance(one, Never | Count) and (most := _most(one)) is not None
        ]

    @property
    def watches(self) -> bool:
        """Is there anything that can be told early?"""
        return bool(self._watched)

    def heard(self, entry: Entry, completed: bool) -> None:
        """Hear of an entry that was added or completed. Never raises."""
        event = entry.get("event")
        if event in OPENING or event in CLOSING:
            self._window(entry, 1 if event in OPENING else -1)
        for watched in self._watched:
            is_message = entry.get("kind") == "message"
            if watched.broken or (watched.on_completion and is_message and not completed):
                continue
            seq = int(entry.get("seq", 0))
            if seq in watched.hits or not self._in_window(watched.one, entry):
                continue
            if watched.match.hits(entry):
                watched.hits.add(seq)
                if len(watched.hits) > watched.most:
                    watched.broken = True
                    self._on_broken(watched.index, entry)

    def _window(self, entry: Entry, step: int) -> None:
        names = [entry.get("fault"), entry.get("fault_kind")]
        if str(entry.get("event")).startswith("link."):
            names = ["hold"]
        for name in names:
            if isinstance(name, str):
                self._open[name] = max(self._open.get(name, 0) + step, 0)

    def _in_window(self, one: Never | Count, entry: Entry) -> bool:
        since = entry["at"] - self._origin
        if one.after is not None and since < one.after:
            return False
        if one.before is not None and since >= one.before:
            return False
        if isinstance(one.during, Window):
            return bool(one.during.from_ <= since < one.during.to)
        return one.during is None or self._open.get(one.during, 0) > 0


def _most(one: Never | Count) -> int | None:
    if isinstance(one, Never):
        return 0
    if one.exact is not None:
        return one.exact
    return one.at_most if isinstance(one.at_most, int) else None
