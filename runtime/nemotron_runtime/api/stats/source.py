"""Puts the answer of ``/stats`` together, and keeps it for some seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from nemotron_runtime.api.stats.box import Box
from nemotron_runtime.api.stats.days import DAYS, apps, days
from nemotron_runtime.api.stats.reference import reference
from nemotron_runtime.api.stats.results import results
from nemotron_runtime.api.stats.traffic import effective_price, percentiles, series, totals
from nemotron_runtime.api.stats.uptime import BUCKET_S, HOUR_S, uptime
from nemotron_runtime.store.figures import Counts, Speed, UptimeFigures
from nemotron_runtime.store.periods import DAY_S
from nemotron_runtime.store.store import Store
from nemotron_runtime.wire.stats import Stats, WindowName

FRESH_S = 5.0
"""An answer this old is given again: the page asks often, and each look costs the database something."""

SPEED_S = 30 * 60
APPS = 20


@dataclass(frozen=True, slots=True)
class Span:
    """A window and the steps of its series."""

    length_s: int
    step_s: int


SPANS: dict[WindowName, Span] = {
    "1h": Span(HOUR_S, 60),
    "24h": Span(DAY_S, BUCKET_S),
    "3d": Span(3 * DAY_S, HOUR_S),
    "30d": Span(30 * DAY_S, DAY_S),
}


class StatsSource:
    """Looks at the store.

    Args:
        model: The slug; all its variants count.
    """

    def __init__(
        self, store: Store | None, model: str, box: Box, clock: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._model = model
        self._box = box
        self._clock = clock
        self._kept: dict[WindowName, tuple[float, Stats]] = {}

    def kept(self, window: WindowName) -> Stats | None:
        """What was seen some seconds ago; doesn't block."""
        seen_s, stats = self._kept.get(window, (float("-inf"), None))
        return stats if 0 <= self._clock() - seen_s < FRESH_S else None

    def look(self, window: WindowName) -> Stats:
        """What there is to show; blocks."""
        now_s = self._clock()
        seen = self._seen(self._store, window, now_s) if self._store else self._nothing(window, now_s)
        self._kept[window] = now_s, seen
        return seen

    def _nothing(self, window: WindowName, now_s: float) -> Stats:
        """What a box shows that keeps no store."""
        return {
            "as_of": datetime.fromtimestamp(now_s, UTC).isoformat(),
            "window": window,
            "step_s": SPANS[window].step_s,
            "box": self._box.body(),
            "totals": totals(Counts(), 0),
            "series": [],
            "percentiles": percentiles(Speed()),
            "uptime": uptime(UptimeFigures(), [], []),
            "effective_price": effective_price(Counts()),
            "tool_call_error_rate": None,
            "days": [],
            "apps": [],
            "results": results(),
            "reference": reference(),
        }

    def _seen(self, store: Store, window: WindowName, now_s: float) -> Stats:
        model, span, until_s = self._model, SPANS[window], now_s + 1
        today = datetime.fromtimestamp(now_s, UTC).date()
        since_s = now_s - span.length_s
        counts = store.traffic.totals(model, since_s, until_s)
        activity = store.activity.by_day(today - timedelta(days=DAYS - 1), today, model=model)
        bars = store.uptime.bars
        return {
            **self._nothing(window, now_s),
            "totals": totals(counts, store.traffic.weekly_tokens(model, now_s)),
            "series": series(store.traffic.series(model, since_s, until_s, span.step_s)),
            "percentiles": percentiles(store.traffic.speed(model, now_s - SPEED_S, until_s)),
            "uptime": uptime(
                store.uptime.figures(model, now_s),
                bars(model, now_s - 3 * DAY_S, until_s, HOUR_S),
                bars(model, now_s - DAY_S, until_s, BUCKET_S),
            ),
            "effective_price": effective_price(counts),
            "tool_call_error_rate": counts.tool_call_error_rate,
            "days": days(activity, today),
            "apps": apps(store.apps.ranking(today.replace(day=1), today, model=model, limit=APPS)),
        }
