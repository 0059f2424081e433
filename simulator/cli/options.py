"""What several commands read from their options."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from simulator.core.clock import parse_speed
from simulator.core.errors import CouldNotStart, Mistake, UnknownName

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def read_targets(given: Iterable[str]) -> dict[str, str]:
    """`erp=http://…` as the variable ERP_URL. Raises Mistake."""
    found: dict[str, str] = {}
    for text in given:
        name, equals, url = text.partition("=")
        if not equals or not _NAME.fullmatch(name) or "://" not in url:
            cure = "write NAME=URL, like erp=http://127.0.0.1:9000"
            raise Mistake(f"--target: not a target: {text!r}", cure=cure)
        variable = name.upper().replace("-", "_")
        variable += "" if variable.endswith("_URL") else "_URL"
        if variable in found:
            raise Mistake(f"--target: {name!r} is given twice", cure="give it once")
        found[variable] = url.rstrip("/")
    return found


def read_speed(text: str) -> float:
    """A `--speed`. Raises Mistake."""
    try:
        return parse_speed("max" if text == "max" else float(text))
    except ValueError:
        raise Mistake(f"--speed: not a speed: {text!r}", cure="a number above 0, or max") from None


def find_plants(given: list[Path], payloads: Path | None) -> tuple[list[Path], Path]:
    """Plant files, and the folder of payloads they belong to. Raises Mistake.

    A plant is named by its file, or by its name under `payloads/plants`; none is all of these.
    """
    folder = payloads or _beside(given) or Path("payloads")
    plants = folder / "plants"
    if not given:
        found = sorted(plants.glob("*.yaml"))
        if not found:
            raise Mistake(f"there is no plant in {plants}/", cure="name a plant file")
        return found, folder
    return [_plant(one, plants) for one in given], folder


def _beside(given: list[Path]) -> Path | None:
    for one in given:
        if one.is_file():
            for folder in one.resolve().parents:
                if folder.name == "payloads" or (folder / "plants").is_dir():
                    return folder
                if (folder / "payloads").is_dir():
                    return folder / "payloads"
            return one.resolve().parent
    return None


def _plant(one: Path, plants: Path) -> Path:
    if one.suffix in (".yaml", ".yml") or len(one.parts) > 1 or one.is_file():
        return one  # whether it is there is said where it is read
    named = plants / f"{one}.yaml"
    if not named.is_file():
        known = [path.stem for path in plants.glob("*.yaml")]
        raise UnknownName("plant", str(one), known)
    return named


def writable(path: Path | None, option: str) -> None:
    """Make sure, before the work, that its outcome can be written. Raises CouldNotStart."""
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab"):
            pass
    except OSError as error:
        raise CouldNotStart(f"{option} {path} cannot be written: {error.strerror}") from None
