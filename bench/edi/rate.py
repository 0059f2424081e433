"""How often a second something can be done. It runs in every side's own environment."""

import gc
import time


def rate(work, seconds):  # type: ignore[no-untyped-def]
    """Times a second, over so many seconds, warmed up by a tenth of them."""
    for share in (0.1, 1.0):
        gc.collect()
        done, begun = 0, time.perf_counter()
        until = begun + seconds * share
        while (now := time.perf_counter()) < until:
            work()
            done += 1
    return done / (now - begun)
