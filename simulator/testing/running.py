"""Plants that run beside a test, in a thread of their own, and plain calls to steer them.

The plant's loop is its own, so that a test may be synchronous or not, and may block, without the
plant being late. All that touches a plant is done on that loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from simulator.control.acting import act
from simulator.control.claims import judged, read_claim
from simulator.control.front import open_control, shared_server
from simulator.control.reading import read, wait
from simulator.core.durations import parse_instant, parse_span
from simulator.core.journal import Entry
from simulator.core.match import Match
from simulator.plant import load_plant
from simulator.scenario.verdict import Outcome
from simulator.stage import snapshot
from simulator.stage.site import Site
from simulator.stage.stage import Stage

T = TypeVar("T")
DEFAULT_START = "2026-01-05T06:00"  # a Monday, at the start of the early shift


class Broken(AssertionError):
    """An expectation that was not kept, with its evidence."""

    def __init__(self, outcome: Outcome) -> None:
        lines = [f"{outcome.name}: {outcome.reason}", *outcome.evidence]
        super().__init__("\n  ".join(lines))
        self.outcome = outcome


class RunningSite:
    """A site on a free port of loopback, control plane included. Use it as a context manager."""

    def __init__(
        self,
        payloads: Path,
        *,
        port: int = 0,
        data: Path | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.payloads = payloads
        self._port = port
        self._data = data
        self._variables = dict(variables or {})
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._turn, name="stagefloor", daemon=True)
        self._site: Site | None = None
        self._plants: dict[str, RunningPlant] = {}

    def _turn(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    @property
    def site(self) -> Site:
        """The site itself; only its own loop may touch it (`call`, `run`)."""
        assert self._site is not None, "the site is not running"
        return self._site

    def add(
        self,
        plant: str | Path,
        *,
        seed: int = 0,
        speed: float = 1.0,
        start: str = DEFAULT_START,
        paused: bool = False,
    ) -> RunningPlant:
        """Add a plant, by its file or its name under `payloads/plants`. Raises Mistakes."""
        path = plant if isinstance(plant, Path) else self.payloads / "plants" / f"{plant}.yaml"
        begin = parse_instant(start, load_plant(path, self.payloads).zone)

        async def adding() -> Stage:
            stage = self.site.add(path, seed=seed, speed=speed, start=begin)
            await stage.start()
            if paused:
                stage.act({"pause": True})
            return stage

        running = RunningPlant(self, self.run(adding()))
        self._plants[running.name] = running
        return running

    def plant(self, name: str) -> RunningPlant:
        """A plant that was added."""
        return self._plants[name]

    @property
    def url(self) -> str:
        """Where the site's own port is, without a trailing slash."""
        return shared_server(self.site).url

    def call(self, work: Callable[[], T]) -> T:
        """Do something on the site's loop, and give back what came of it."""

        async def calling() -> T:
            return work()

        return self.run(calling())

    def run(self, work: Coroutine[Any, Any, T], timeout: float | None = 60.0) -> T:
        """Run a coroutine on the site's loop, and give back what came of it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout)

    def __enter__(self) -> RunningSite:
        self._thread.start()

        async def starting() -> Site:
            site = Site(
                port=self._port,
                data=self._data,
                variables=self._variables,
                payloads=self.payloads,
            )
            open_control(site)
            await site.start()
            return site

        try:
            self._site = self.run(starting())
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *about: object) -> None:
        try:
            if self._site is not None:
                self.run(self._site.stop())
        finally:
            self._site = None
            self._end()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()


class RunningPlant:
    """One plant of a running site, with plain calls for what a test wants of it."""

    def __init__(self, running: RunningSite, stage: Stage) -> None:
        self._running = running
        self.stage = stage
        self.name = stage.name

    def url(self, endpoint: str) -> str:
        """Where an endpoint is: `plant.url("wms.http")`. Raises KeyError."""
        return str(self._running.call(self.stage.urls)[endpoint]["url"])

    @property
    def control_url(self) -> str:
        """Where the control plane has this plant."""
        return f"{self._running.url}/control/plants/{self.name}"

    # --- doing ---

    def act(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """Perform an action, as a step of a scenario has it. Raises Mistake, Refusal."""
        return self._running.call(lambda: act(self.stage, action))

    def do(self, operation: str, **given: Any) -> Any:
        """Call an operation: `plant.do("mes.release_order", order="4711")`."""
        return self.act({"do": operation, "with": given})["result"]

    @contextlib.contextmanager
    def fault(self, kind: str, on: str | list[str], **parameters: Any) -> Iterator[dict[str, Any]]:
        """A fault in force for the length of a `with`. Keywords that Python reserves end in _."""
        given = {name.rstrip("_"): value for name, value in parameters.items()}
        applied = self.act({"fault": kind, "on": on, **given})["fault"]
        try:
            yield applied
        finally:
            self._running.call(lambda: self._lift(applied["id"]))

    def _lift(self, fault: str) -> None:
        self.stage.catch_up()
        if any(one["id"] == fault for one in self.stage.describe_faults()):
            self.stage.act({"clear": fault})

    def step(self, span: str) -> None:
        """Move plant time forward at once, with all that is due on the way."""

        async def stepping() -> None:
            self.stage.catch_up()
            goal = self.stage.now + parse_span(span)
            self.stage.act({"step": span})
            await self.stage.run_until(goal)

        self._running.run(stepping())

    def save(self) -> bytes:
        """The whole plant but its journal."""
        return self._running.call(lambda: snapshot.save(self.stage))

    def restore(self, saved: bytes) -> None:
        """Put a saved plant back."""
        self._running.call(lambda: snapshot.restore(self.stage, saved))

    # --- looking ---

    def journal(self, after: int = 0, **match: Any) -> list[Entry]:
        """The entries that match: `plant.journal(system="wms", status="4xx")`."""
        wanted = Match(match)
        return self._running.run(read(self.stage.journal, wanted, after=after))

    def wait(
        self, count: int = 1, *, timeout: float = 10.0, after: int = 0, **match: Any
    ) -> list[Entry]:
        """Wait until `count` entries match. Raises TimeoutError, saying how many came."""
        wanted = Match(match)
        waiting = wait(self.stage.journal, wanted, count=count, after=after, timeout=timeout)
        found = self._running.run(waiting, timeout + 30)
        if len(found) < count:
            raise TimeoutError(f"{len(found)} of {count} entries in {timeout:g} s: {wanted!r}")
        return found

    def expect(self, claim: Mapping[str, Any], *, wait: float = 0.0, after: int = 0) -> Outcome:
        """Judge an expectation, as a scenario has it. Raises Broken where it is not kept."""
        one = read_claim(claim)
        judging = judged(one, self.stage, after=after, wait=wait)
        outcome = self._running.run(judging, wait + 60)
        if not outcome.kept:
            raise Broken(outcome)
        return outcome
