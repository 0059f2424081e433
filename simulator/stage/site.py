"""One process: several plants side by side, and the servers that they share.

A site (ISA-95's word for where areas of production stand) isolates its plants: each has its own
clock, seed, faults and journal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from simulator.core.durations import Instant
from simulator.core.errors import Mistake, UnknownName
from simulator.core.journal import LIMIT, Journal, SqliteStore
from simulator.core.timer import wall_clock
from simulator.plant import load_plant
from simulator.stage.stage import Stage

T = TypeVar("T")
FIRST_SECOND = 1_767_225_600  # 2026-01-01 UTC


def this_occasion() -> int:
    """Ten numbers for each second of wall time: up to nine digits, until the year 2029."""
    return int(wall_clock() - FIRST_SECOND) * 10 % 1_000_000_000


class Site:
    """The plants of one process."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 8080,
        data: Path | None = None,
        variables: Mapping[str, str] | None = None,
        payloads: Path = Path("payloads"),
        journal_limit: int = LIMIT,
    ) -> None:
        self.host = host
        self.port = port
        self.data = data
        self.variables = dict(variables or {})
        self.payloads = payloads
        self.journal_limit = journal_limit
        self.stages: dict[str, Stage] = {}
        self._shared: dict[str, Any] = {}

    def add(
        self,
        path: Path,
        *,
        seed: int = 0,
        start: Instant | None = None,
        speed: float = 1.0,
        network: bool = True,
        journal: Journal | None = None,
        occasion: int | None = None,
    ) -> Stage:
        """Add the plant of a plant file; with a data folder, as it was when it last stopped.

        `occasion` is where numbers that partners remember begin: this second's by default where
        there is a network. Plant time starts at `start`, else now. Raises Mistakes, CouldNotStart.
        """
        model = load_plant(path, self.payloads)
        if model.name in self.stages:
            cure = "give one of them another name: `plant:` in its file"
            raise Mistake(f"two plants are called {model.name!r}", cure=cure)
        if journal is None:
            store = SqliteStore(self.data / f"{model.name}.journal") if self.data else None
            journal = Journal(store, self.journal_limit)
        snapshot = self._snapshot(model.name)
        stage = Stage.build(
            model,
            payloads=self.payloads,
            seed=seed,
            start=round(wall_clock() * 1_000_000) if start is None else start,
            speed=speed,
            network=network,
            journal=journal,
            variables=self.variables,
            shared=self.shared,
            address=(self.host, self.port),
            occasion=(this_occasion() if network else 0) if occasion is None else occasion,
            saved=snapshot.read_bytes() if snapshot and snapshot.is_file() else None,
        )
        if self.data is not None:
            stage.keeping.files = self.data / f"{model.name}.files"
            stage.keeping.save = lambda: self.save(stage)
        self.stages[model.name] = stage
        return stage

    def stage(self, name: str) -> Stage:
        """The stage of a plant. Raises UnknownName."""
        if name not in self.stages:
            raise UnknownName("plant", name, self.stages)
        return self.stages[name]

    def shared(self, name: str, factory: Callable[[], T]) -> T:
        """An object that all plants share, made when first asked for, stopped with the site."""
        if name not in self._shared:
            self._shared[name] = factory()
        found: T = self._shared[name]
        return found

    async def start(self) -> None:
        """Start every plant, then the servers they share. Raises CouldNotStart."""
        for stage in self.stages.values():
            await stage.start()
        for shared in self._shared.values():
            if hasattr(shared, "start"):
                await shared.start()

    async def stop(self) -> None:
        """Stop everything; with a data folder, save every plant. Stopping twice is fine."""
        for shared in reversed(list(self._shared.values())):
            if hasattr(shared, "stop"):
                await shared.stop()
        self._shared.clear()
        for stage in self.stages.values():
            await stage.stop()
            self.save(stage)

    def save(self, stage: Stage) -> None:
        """Write a plant's snapshot beside its journal, whole or not at all."""
        target = self._snapshot(stage.name)
        if target is not None:
            fresh = target.with_suffix(".new")
            fresh.write_bytes(stage.save())
            fresh.replace(target)

    def _snapshot(self, name: str) -> Path | None:
        return None if self.data is None else self.data / f"{name}.snapshot"
