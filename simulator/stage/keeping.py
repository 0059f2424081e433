"""What a plant keeps on disk: its transports' files, and the snapshots that partners rely on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from simulator.core.errors import JournalFull


class Keeping:
    """One plant's place on disk: the site's data folder, or a temporary one."""

    def __init__(self, plant: str) -> None:
        self._plant = plant
        self.files: Path | None = None  # set by a site that has a data folder
        self.save: Callable[[], None] | None = None  # likewise
        self._temporary: TemporaryDirectory[str] | None = None
        self._saving: asyncio.Future[None] | None = None

    def folder(self, name: str) -> Path:
        """A folder of the plant's own; gone with the plant, unless the site keeps its data."""
        if self.files is None:
            self._temporary = TemporaryDirectory(prefix=f"stagefloor-{self._plant}-")
            self.files = Path(self._temporary.name)
        found = self.files / name
        found.mkdir(parents=True, exist_ok=True)
        return found

    async def secured(self) -> None:
        """Return once the plant's state is on disk; calls in one loop turn share the writing.

        Raises JournalFull where it cannot be written.
        """
        if self.save is None:
            return
        if self._saving is None:
            loop = asyncio.get_running_loop()
            self._saving = loop.create_future()
            loop.call_soon(self._save, self._saving)
        await asyncio.shield(self._saving)

    def _save(self, done: asyncio.Future[None]) -> None:
        self._saving = None
        assert self.save is not None
        try:
            self.save()
        except OSError as error:
            if not done.cancelled():
                done.set_exception(JournalFull(f"the plant cannot be saved: {error}"))
        else:
            if not done.cancelled():
                done.set_result(None)

    def close(self) -> None:
        """Throw the temporary folder away."""
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = self.files = None
