"""How much of the time this box answered."""

from __future__ import annotations

from nemotron_runtime.store.figures import Bar, UptimeFigures
from nemotron_runtime.wire.stats import UptimeBar, UptimeBody

HOUR_S = 3600
BUCKET_S = 600


def uptime(figures: UptimeFigures, hourly: list[Bar], buckets: list[Bar]) -> UptimeBody:
    """Encodes the figures and both rows of bars."""
    return {
        "last_5m": figures.last_5m,
        "last_30m": figures.last_30m,
        "last_1d": figures.last_1d,
        "hourly": _bars(hourly),
        "buckets": _bars(buckets),
    }


def _bars(bars: list[Bar]) -> list[UptimeBar]:
    return [{"t": bar.t, "availability": bar.availability} for bar in bars]
