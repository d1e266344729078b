"""One step of load: sessions sent as its arrivals say, until its bounds are reached."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from nemotron_bench.arrivals import Arrivals, Closed, Poisson
from nemotron_bench.client import Client
from nemotron_bench.limits import Gauge, Limits
from nemotron_bench.record import Row
from nemotron_bench.workloads import Session

TELL_S = 0.5


@dataclass(frozen=True, slots=True)
class Bounds:
    """When nothing more is sent; what is in flight then is waited for.

    Attributes:
        requests: After so many.
        seconds: After so long.
    """

    requests: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        if self.requests is None and self.seconds is None:
            raise ValueError("a number of requests or of seconds is needed")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a step is.

    Attributes:
        events_per_s: Since the last time.
        left_s: At the pace until now, or by the clock; None where nothing can be said yet.
    """

    open: int
    done: int
    failed: int
    elapsed_s: float
    events_per_s: float
    total: int | None
    left_s: float | None


@dataclass(frozen=True, slots=True)
class Measured:
    """A step's rows, in the order of the workload.

    Attributes:
        began_ns: Monotonic clock at the beginning; times of rows count from here.
        began_unix_s: Wall clock at the same time.
    """

    rows: tuple[Row, ...]
    limits: Limits
    began_ns: int
    began_unix_s: float


async def run_step(
    client: Client,
    sessions: Iterator[Session],
    arrivals: Arrivals,
    bounds: Bounds,
    seed: int = 0,
    tell: Callable[[Progress], None] | None = None,
) -> Measured:
    """Sends and measures.

    Args:
        seed: Of random arrivals.
        tell: Called twice a second, and at the end.
    """
    gauge, events = Gauge(), client.watch.events
    with _no_collection(), gauge.watching():
        load = _Load(client, sessions, bounds)  # its time begins once the last collection is over
        async with _telling(load, tell):
            await (load.closed(arrivals) if isinstance(arrivals, Closed) else load.open(arrivals, seed))
    rows = tuple(sorted(load.rows, key=lambda row: row.index))
    return Measured(rows, gauge.limits(client.watch.events - events), load.began_ns, load.began_unix_s)


class _Load:
    def __init__(self, client: Client, sessions: Iterator[Session], bounds: Bounds) -> None:
        self.client, self.sessions, self.bounds = client, sessions, bounds
        self.rows: list[Row] = []
        self.failed = self.begun = 0
        self.began_ns, self.began_unix_s = time.monotonic_ns(), time.time()

    @property
    def elapsed_s(self) -> float:
        return (time.monotonic_ns() - self.began_ns) / 1e9

    async def closed(self, arrivals: Closed) -> None:
        """So many workers, each with a session at a time."""

        async def worker(place: int) -> None:
            await asyncio.sleep(arrivals.ramp_s * place / arrivals.concurrency)
            while not self._over() and (session := next(self.sessions, None)) is not None:
                await self._session(session, None)

        async with asyncio.TaskGroup() as group:
            for place in range(arrivals.concurrency):
                group.create_task(worker(place))

    async def open(self, arrivals: Poisson, seed: int) -> None:
        """Sessions as they come."""
        async with asyncio.TaskGroup() as group:
            for due_s in arrivals.offsets_s(seed):
                if self.bounds.seconds is not None and due_s > self.bounds.seconds:
                    return
                while (wait_s := due_s - self.elapsed_s) > 0:  # noqa: ASYNC110 - uvloop fires timers early
                    await asyncio.sleep(wait_s)
                session = None if self._over() else next(self.sessions, None)
                if session is None:
                    return
                self.begun += 1  # so that the next arrival sees it; the task begins later
                group.create_task(self._session(session, due_s))

    async def _session(self, session: Session, due_s: float | None) -> None:
        counted = due_s is not None
        for call in session:
            if not counted and self._over():
                return
            self.begun += not counted
            row = await self.client.chat(call, self.began_ns, due_s)
            self.rows.append(row)
            self.failed += row.error is not None
            due_s, counted = None, False

    def _over(self) -> bool:
        requests, seconds = self.bounds.requests, self.bounds.seconds
        return (requests is not None and self.begun >= requests) or (
            seconds is not None and self.elapsed_s >= seconds
        )

    def left_s(self) -> float | None:
        """Whichever bound is reached first."""
        by_clock = None if self.bounds.seconds is None else max(0.0, self.bounds.seconds - self.elapsed_s)
        if self.bounds.requests is None or not self.rows:
            return by_clock
        by_count = self.elapsed_s / len(self.rows) * max(0, self.bounds.requests - len(self.rows))
        return by_count if by_clock is None else min(by_clock, by_count)


@asynccontextmanager
async def _telling(load: _Load, tell: Callable[[Progress], None] | None) -> AsyncIterator[None]:
    if tell is None:
        yield
        return
    events, at_s = load.client.watch.events, load.elapsed_s

    def now() -> Progress:
        nonlocal events, at_s
        new, passed_s = load.client.watch.events - events, load.elapsed_s - at_s
        events, at_s = events + new, at_s + passed_s
        return Progress(
            open=load.client.watch.open,
            done=len(load.rows),
            failed=load.failed,
            elapsed_s=load.elapsed_s,
            events_per_s=new / passed_s if passed_s > 0 else 0.0,
            total=load.bounds.requests,
            left_s=load.left_s(),
        )

    async def repeat() -> None:
        while True:
            await asyncio.sleep(TELL_S)
            tell(now())

    task = asyncio.create_task(repeat())
    try:
        yield
    finally:
        task.cancel()
        tell(now())


@contextmanager
def _no_collection() -> Iterator[None]:
    """A collection of garbage stops the loop for long enough to be seen in the figures."""
    was_on = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
