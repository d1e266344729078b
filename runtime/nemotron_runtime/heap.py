"""What the garbage collector may look at while requests are served."""

from __future__ import annotations

import gc

THRESHOLDS = (20_000, 50, 100)
"""New objects before the youngest are looked at, and how much rarer the older ones are. A streamed token
makes a handful that reference counting frees; Python's own 700 would have the collector run all the time."""


def settle() -> None:
    """Takes all that was loaded out of the collector's sight: it stays, and a walk over it would hold up
    every stream. Call it once, when the process is ready; what is made later is collected as ever.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
