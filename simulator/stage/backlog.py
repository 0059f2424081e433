"""Backlogs: links that are held keep what they should deliver, and drain as they are told.

A drain is data on the agenda, one event a message, so that a plant saved in the middle of one goes
on draining. Rates are wall time: they are what the receiver feels.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, field_validator

from simulator.core.durations import Instant
from simulator.core.errors import Mistake
from simulator.core.link import Hold, Link
from simulator.core.ports import Strict
from simulator.core.rates import parse_rate

if TYPE_CHECKING:
    from simulator.stage.stage import Stage


class Release(Strict):
    """How a backlog drains."""

    rate: str | None = Field(None, description="wall time, like 5/s; none is all at once")
    order: Literal["kept", "shuffled", "newest_first"] = "kept"
    duplicate: float | str = Field(0.0, description="the share sent twice, like 10% or 0.1")

    @field_validator("rate")
    @classmethod
    def _rate(cls, value: str | None) -> str | None:
        if value is not None:
            parse_rate(value)
        return value

    @field_validator("duplicate")
    @classmethod
    def _share(cls, value: float | str) -> float | str:
        _share(value)
        return value

    @property
    def share(self) -> float:
        """The probability, 0 to 1, that a message is sent twice."""
        return _share(self.duplicate)


def _share(value: float | str) -> float:
    if isinstance(value, str):
        try:
            share = float(value.removesuffix("%")) / (100 if value.endswith("%") else 1)
        except ValueError:
            raise ValueError(f"not a share: {value!r}; write 10% or 0.1") from None
    else:
        share = float(value)
    if not 0 <= share <= 1:
        raise ValueError(f"not a share: {value!r}; between 0% and 100%")
    return share


class Backlog:
    """Holds, releases and purges the links of one stage."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.releases = 0

    def links(self, name: str) -> list[Link]:
        """The outbound links that a name means. Raises Mistake where there is none."""
        found = [link for link in self._stage.find_links(name) if link.direction == "out"]
        if not found:
            cure = "a backlog builds up where the plant sends; to stop answers, use outage: hang"
            raise Mistake(f"{name} sends nothing", cure=cure)
        return found

    def hold(
        self, name: str, *, until: Instant | None, release: Release, run: str | None = None
    ) -> list[str]:
        """Hold links; with `until`, their release stands on the agenda. Returns their names."""
        stage = self._stage
        links = self.links(name)
        for link in links:
            link.hold = Hold(stage.now, run)
            link.draining = None
            while link.ready:  # what was ready but not yet taken is held too, in its order
                link.queue.append((stage.now, link.ready.popleft()))
            link.changed()
        names = [link.name for link in links]
        stage.record("link.held", links=names, run=run)
        if until is not None:
            how = release.model_dump()
            for link in links:
                stage.agenda.put(until, "stage.release", link=link.name, how=how)
        return names

    def release(self, name: str, how: Release) -> dict[str, int]:
        """Let links drain. Returns how many messages each has to send."""
        stage = self._stage
        out = {}
        for link in self.links(name):
            link.hold = None
            self.releases += 1
            self._arrange(link, how)
            out[link.name] = len(link.queue)
            stage.record("link.released", links=[link.name], depth=len(link.queue))
            if how.rate is None:
                self._let_go(link, len(link.queue))
            else:
                link.draining = {"rate": parse_rate(how.rate)}
                self.drain(link)
        return out

    def drain(self, link: Link) -> None:
        """Send one message of a draining link, and put the next on the agenda."""
        if link.draining is None:
            return
        self._let_go(link, 1)
        if not link.queue:
            link.draining = None
            self._stage.record("link.drained", links=[link.name])
            return
        interval = self._stage.clock.plant_span(1.0 / link.draining["rate"])
        self._stage.agenda.put(self._stage.now + interval, "stage.drain", link=link.name)

    def purge(self, name: str) -> dict[str, int]:
        """Throw away what waits. Returns how many messages each link lost."""
        out = {}
        for link in self.links(name):
            lost = [message for _, message in link.queue] + list(link.ready)
            link.queue.clear()
            link.ready.clear()
            for message in lost:
                self._stage.outcome(message, {"outcome": "purged"})
            out[link.name] = len(lost)
            self._stage.record("link.purged", links=[link.name], depth=len(lost))
            link.changed()
        return out

    def undo(self, run: str) -> None:
        """Release at once what a run held."""
        for link in self._stage.links.values():
            if link.hold is not None and link.hold.run == run:
                self.release(link.name, Release())

    def _arrange(self, link: Link, how: Release) -> None:
        stream = self._stage.chance.stream("release", link.name, str(self.releases))
        waiting = list(link.queue)
        if how.order == "newest_first":
            waiting.reverse()
        elif how.order == "shuffled":
            waiting = stream.shuffled(waiting)
        out: deque[Any] = deque()
        for since, message in waiting:
            out.append((since, message))
            if stream.happens(how.share):
                out.append((since, self._stage.outbound.copy(message, message.copy + 1)))
        link.queue = out

    def _let_go(self, link: Link, most: int) -> None:
        for _ in range(min(most, len(link.queue))):
            link.ready.append(link.queue.popleft()[1])
        self._stage.outbound.carry(link)
