"""`stagefloor serve`: plants that run until they are told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from simulator.cli.errors import say
from simulator.cli.memory import settle
from simulator.cli.options import find_plants, read_speed, read_targets
from simulator.control.front import open_control
from simulator.control.tokens import Tokens
from simulator.core.durations import parse_instant
from simulator.core.errors import CouldNotStart, Mistake, UnknownName
from simulator.core.link import pause
from simulator.core.timer import monotonic
from simulator.plant import load_plant
from simulator.stage.site import Site

SAVE_EVERY = 1.0  # wall seconds between two snapshots, with a data folder
SAVE_SHARE = 50  # saving takes at most a fiftieth of the time


@dataclass(frozen=True)
class Serving:
    """The options of `serve`."""

    began: float  # when the command was given, monotonic
    plants: list[Path]
    host: str
    port: int
    seed: int
    speed: str
    start: str | None
    data: Path | None
    tokens: list[str]
    targets: list[str]
    payloads: Path | None
    scenarios: Path
    journal_limit: int


def serve_plants(options: Serving) -> None:
    """Serve until SIGINT or SIGTERM. Raises Mistakes, CouldNotStart."""
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    site, tokens = build_site(options)
    asyncio.run(_serve(site, tokens, options))


def build_site(options: Serving) -> tuple[Site, Tokens]:
    """The site with its plants, not yet started. Raises Mistakes, CouldNotStart."""
    tokens = Tokens.read(options.tokens)
    paths, payloads = find_plants(options.plants, options.payloads)
    if options.data is not None:
        try:
            options.data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            what = f"the data folder {options.data} cannot be made: {error.strerror}"
            raise CouldNotStart(what) from None
    site = Site(
        host=options.host,
        port=options.port,
        data=options.data,
        variables=read_targets(options.targets),
        payloads=payloads,
        journal_limit=options.journal_limit,
    )
    open_control(site, tokens, scenarios=options.scenarios)
    speed = read_speed(options.speed)
    for path in paths:
        start = None
        if options.start is not None:
            start = parse_instant(options.start, load_plant(path, payloads).zone)
        _add(site, path, options.seed, start, speed)
    for plant in tokens.plants:
        if plant not in site.stages:
            raise UnknownName("plant in --token", plant, site.stages)
    return site, tokens


def _add(site: Site, path: Path, seed: int, start: int | None, speed: float) -> None:
    """Add a plant; with a data folder, as it was saved. Raises Mistakes, CouldNotStart."""
    try:
        site.add(path, seed=seed, start=start, speed=speed)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if site.data is None:
            raise
        what = f"what was saved in {site.data} does not fit {path}: {error}"
        cure = "put the plant file back as it was, or take the .snapshot away to start anew"
        raise Mistake(what, cure=cure) from error


async def _serve(site: Site, tokens: Tokens, options: Serving) -> None:
    with _interruptible() as interrupted:
        try:
            await site.start()
            settle()
            _announce(site, tokens, monotonic() - options.began)
            await _until(site, interrupted)
        finally:
            await site.stop()
    sys.stdout.write("stopped\n")


async def _until(site: Site, interrupted: asyncio.Event) -> None:
    """Wait for the signal; with a data folder, save the plants that moved, again and again."""
    if site.data is None:
        await interrupted.wait()
        return
    saved: dict[str, int] = {}
    rest = SAVE_EVERY
    while not await pause(rest, interrupted):
        began = monotonic()
        for stage in site.stages.values():
            if saved.get(stage.name) != len(stage.journal):
                stage.journal.store.flush()
                site.save(stage)
                saved[stage.name] = len(stage.journal)
        rest = max(SAVE_EVERY, (monotonic() - began) * SAVE_SHARE)


@contextlib.contextmanager
def _interruptible() -> Iterator[asyncio.Event]:
    """An event that SIGINT and SIGTERM set; the second signal ends the process at once."""
    loop = asyncio.get_running_loop()
    interrupted = asyncio.Event()
    signals = (signal.SIGINT, signal.SIGTERM)

    def stop() -> None:
        interrupted.set()
        for one in signals:
            loop.remove_signal_handler(one)

    for one in signals:
        loop.add_signal_handler(one, stop)
    try:
        yield interrupted
    finally:
        for one in signals:
            loop.remove_signal_handler(one)


def _announce(site: Site, tokens: Tokens, seconds: float) -> None:
    """Every URL that an integration may be pointed at, then where the control plane is."""
    from simulator.cli.show import endpoint_table
    from simulator.control.front import shared_server

    sys.stdout.write(endpoint_table(site.stages.values()))
    address = shared_server(site).url
    locked = "" if tokens else " (open: loopback only)"
    sys.stdout.write(f"control plane: {address}/control{locked}\n")
    sys.stdout.write(f"ready in {seconds:.2f} s\n")
    sys.stdout.flush()
    for stage in site.stages.values():
        for name, one in stage.urls().items():
            if one.get("missing"):
                what = f"{stage.name}: {name} is not connected: ${{{one['missing']}}} is not set"
                target = str(one["missing"]).removesuffix("_URL").lower()
                say("note", what, f"give --target {target}=URL to connect it")
