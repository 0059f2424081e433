"""What was agreed on with a partner: its profile, and guides of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from simulator.core.yamlfile import inside
from simulator.plant.trading.partners import PartnerProfile

SHARED = "segments.yaml"
"""The file beside guides that says what their segments hold."""


@dataclass(frozen=True, slots=True)
class Terms:
    """With what an interchange is read. `guides` is a folder of the partner's own guides.

    `guessed`: nothing was agreed on, the profile was made from the envelope; so neither partners
    nor versions nor kinds of documents can be wrong.
    """

    profile: PartnerProfile
    guides: Path | None = None
    guessed: bool = False


def agreed(
    profile: PartnerProfile,
    payloads: Path | None,
    find_guide: Callable[[str, str, Path | None], object],
) -> Terms:
    """The terms of a partner; its own guides are read by `find_guide`: code, version, folder.

    Raises Mistake where their folder is not there, Mistake or Mistakes for one that is wrong.
    """
    if not profile.guide or payloads is None:
        return Terms(profile)
    folder = inside(payloads, profile.guide, folder=True)
    for file in sorted(folder.glob("*/*.yaml")):
        if file.name != SHARED:
            find_guide(file.stem, file.parent.name, folder)
    return Terms(profile, folder)
