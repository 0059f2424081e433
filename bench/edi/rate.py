"""How often a second something can be done. It runs in every side's own environment."""

import gc
import time


def rate(work, seconds):  # type: ignore[no-untyped-def]
    """Times a second of CPU, over so many seconds of it, warmed up by a tenth of them.

    What else runs on the machine counts for less that way.
    """
    for share in (0.1, 1.0):
        gc.collect()
        gc.freeze()  # what was imported is not looked through again and again
        done, begun = 0, time.process_time()
        until = begun + seconds * share
        while (now := time.process_time()) < until:
            work()
            done += 1
    return done / (now - begun)
