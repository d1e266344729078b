"""How the endpoint has done lately, out of the store."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

import structlog

from nemotron_runtime.models.served import Health, Percentiles
from nemotron_runtime.store import figures
from nemotron_runtime.store.store import Store

log = structlog.get_logger()

WINDOW_S = 30 * 60
FRESH_S = 5.0
"""An answer this old is given again: the route needs no key, and each look costs the database something."""


class LiveHealth:
    """A source of :class:`Health`. It blocks where its last answer is too old.

    Args:
        model: The slug; all its variants count.
    """

    def __init__(self, store: Store | None, model: str, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._model = model
        self._clock = clock
        self._seen = (float("-inf"), Health())
        self._lock = Lock()

    def __call__(self) -> Health:
        """Nothing is known where there is no store, or none that answers."""
        if self._store is None:
            return Health()
        with self._lock:
            now_s = self._clock()
            if not 0 <= now_s - self._seen[0] < FRESH_S:
                self._seen = now_s, self._look(self._store, now_s)
            return self._seen[1]

    def _look(self, store: Store, now_s: float) -> Health:
        try:
            uptime = store.uptime.figures(self._model, now_s)
            speed = store.traffic.speed(self._model, now_s - WINDOW_S, now_s + 1)
        except Exception as error:
            log.error("the store can't be read", exc_info=error)
            return Health()
        return Health(
            uptime_last_5m=uptime.last_5m,
            uptime_last_30m=uptime.last_30m,
            uptime_last_1d=uptime.last_1d,
            latency_last_30m=_percentiles(speed.ttft_ms),
            throughput_last_30m=_percentiles(speed.throughput),
        )


def _percentiles(of: figures.Percentiles | None) -> Percentiles | None:
    return Percentiles(of.p50, of.p75, of.p90, of.p99) if of else None
