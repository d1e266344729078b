"""How sure a share is."""

from __future__ import annotations

import math

_Z = 1.959964  # of a 95 % interval


def wilson(right: int, asked: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share.

    Returns:
        Both ends, from 0 to 1.
    """
    if not asked:
        return 0.0, 1.0
    share, spread = right / asked, _Z * _Z / asked
    middle = (share + spread / 2) / (1 + spread)
    half = _Z / (1 + spread) * math.sqrt(share * (1 - share) / asked + spread / asked / 4)
    return max(0.0, middle - half), min(1.0, middle + half)
