"""A line of bars from the height of text."""

from __future__ import annotations

from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float]) -> str:
    """One character a value, of the greatest one's height; a space for nothing."""
    most = max(values, default=0)
    return "".join(_BARS[min(7, int(8 * value / most))] if value > 0 else " " for value in values)
