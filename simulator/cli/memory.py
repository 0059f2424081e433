"""The garbage collector, told what kind of process this is."""

from __future__ import annotations

import gc


def settle() -> None:
    """Call once a plant is on stage: what is there by now stays, and new things mostly stay too.

    A plant grows by orders and movements that live on; looking through all of them again and again
    is what makes a timeline late.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


def unsettle() -> None:
    """Undo `settle`, for whoever runs several plants one after another in one process."""
    gc.set_threshold(700, 10, 10)
    gc.unfreeze()
