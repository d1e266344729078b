"""Whether the client was the limit, and not the server."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from nemotron_bench.metrics import Distribution, distribution

CPU_SHARE = 0.7
LAG_P99_MS = 5.0
CEILING_SHARE = 0.5
"""Above these the client may have bent the figures."""

_EVERY_S = 0.02


@dataclass(frozen=True, slots=True)
class Limits:
    """What the client had to do in a step.

    Attributes:
        cpu_share: Of one core; the client has one process and one loop.
        loop_lag_ms: How late a timer of its loop was, asked every 20 ms.
        events_per_s: Events read, over the whole step.
        ceiling_events_per_s: What it reads from a scripted server that writes as fast as it can, on this
            machine and at this number of streams; None where that wasn't measured.
    """

    cpu_share: float
    loop_lag_ms: Distribution | None
    events_per_s: float
    ceiling_events_per_s: float | None = None

    def doubts(self) -> tuple[str, ...]:
        """Why the client may have been the limit; empty where nothing says so."""
        found = []
        if self.cpu_share > CPU_SHARE:
            found.append(f"the client used {self.cpu_share:.0%} of a core")
        if self.loop_lag_ms and self.loop_lag_ms.p99 > LAG_P99_MS:
            found.append(f"the client's loop was up to {self.loop_lag_ms.p99:.1f} ms late (p99)")
        if self.ceiling_events_per_s and self.events_per_s > CEILING_SHARE * self.ceiling_events_per_s:
            share = self.events_per_s / self.ceiling_events_per_s
            found.append(f"the client read {share:.0%} of the events a second that it can read at all")
        return tuple(found)


@dataclass(slots=True)
class Gauge:
    """Watches the client while a step lasts."""

    lags_ms: list[float] = field(default_factory=list)
    _wall_s: float = 0.0
    _cpu_s: float = 0.0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """For the time of a step, in a running loop."""
        task = asyncio.create_task(self._lag())
        wall_s, cpu_s = time.monotonic(), time.process_time()
        try:
            yield
        finally:
            self._wall_s, self._cpu_s = time.monotonic() - wall_s, time.process_time() - cpu_s
            task.cancel()

    def limits(self, events: int) -> Limits:
        """After the step."""
        wall_s = max(self._wall_s, 1e-9)
        return Limits(self._cpu_s / wall_s, distribution(self.lags_ms), events / wall_s)

    async def _lag(self) -> None:
        while True:
            before_s = time.monotonic()
            await asyncio.sleep(_EVERY_S)
            self.lags_ms.append(max(0.0, 1000 * (time.monotonic() - before_s - _EVERY_S)))


def allow_open_files() -> None:
    """As many as this process may have: each stream is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
