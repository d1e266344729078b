"""A whole run: warm-up, the ladder of loads, lengths and repeats."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from nemotron_bench.arrivals import Arrivals, Closed
from nemotron_bench.ceiling import ceiling_events_per_s
from nemotron_bench.client import Client
from nemotron_bench.evidence import Asked, Step
from nemotron_bench.limits import allow_open_files
from nemotron_bench.metrics import Objectives, figures
from nemotron_bench.run import Bounds, Progress, run_step
from nemotron_bench.workloads import Source, SyntheticSource, Workload, fingerprint, open_source

_OPEN_LOOP_STREAMS = 8
"""Warm-up and ceiling of open-loop steps, whose streams aren't known before."""
_REPLAY_WARM_UP = Workload("warm-up", "", input_tokens=(500,), output_tokens=64)

Tell = Callable[[str, Progress], None]


class ServerUnusable(Exception):
    """No request of the warm-up was answered."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to run.

    Attributes:
        loads: A step each, for each length of the workload.
        warm_up: Requests before each step; None: as many as it has streams.
        repeats: The whole ladder so often, one after the other.
        extra: Fields added to each request.
        gpus: That the server uses, for tokens/s of one GPU.
        ceiling: Measure what the client can read at all.
        keep_gaps: Keep the times of events in the rows.
        silence_s: A request fails after so long without a byte.
    """

    base_url: str
    model: str
    workload: Workload
    loads: tuple[Arrivals, ...]
    bounds: Bounds
    seed: int = 0
    warm_up: int | None = None
    repeats: int = 1
    objectives: Objectives = field(default_factory=Objectives)
    extra: Mapping[str, Any] = field(default_factory=dict)
    gpus: int = 1
    ceiling: bool = True
    keep_gaps: bool = True
    silence_s: float = 300.0

    def asked(self) -> Asked:
        """The workload as evidence has it.

        Raises:
            BadWorkload: a file to replay can't be read.
        """
        work = self.workload
        known = fingerprint(work, open_source(work.rungs()[0], self.seed), self.seed)
        fields = asdict(work) | {"input_tokens": list(work.input_tokens)}
        fields["file"] = work.file.name if work.file else None
        fields = {name: value for name, value in fields.items() if name not in ("name", "about")}
        return Asked(work.name, work.about, known, self.seed, fields)

    def settings(self) -> dict[str, Any]:
        """The rest of the order as evidence has it."""
        names = ("warm_up", "repeats", "keep_gaps", "silence_s")
        return {
            **{name: getattr(self, name) for name in names},
            "bounds": asdict(self.bounds),
            "objectives": asdict(self.objectives),
            "extra": dict(self.extra),
        }


async def run_order(order: Order, key: str | None, tell: Tell) -> AsyncIterator[Step]:
    """Yields each step as it is done, so that what was measured outlives an interruption.

    Args:
        key: Of the server.
        tell: Called with the name of what runs, twice a second.

    Raises:
        BadWorkload, BadUrl: the order can't be run.
        ServerUnusable: a warm-up failed altogether.
    """
    allow_open_files()
    rungs = [(rung, open_source(rung, order.seed)) for rung in order.workload.rungs()]
    ceilings = {streams: await ceiling_events_per_s(streams) for streams in _streams(order)}
    client = Client.connect(
        order.base_url,
        order.model,
        key=key,
        silence_s=order.silence_s,
        keep_gaps=order.keep_gaps,
        extra=order.extra,
    )
    try:
        for repeat in range(order.repeats):
            for rung, source in rungs:
                for load in order.loads:
                    step = await _step(order, client, rung, source, load, repeat, tell)
                    yield _with_ceiling(step, ceilings.get(_width(load)))
    finally:
        client.close()


async def _step(
    order: Order, client: Client, rung: Workload, source: Source, load: Arrivals, repeat: int, tell: Tell
) -> Step:
    length = None if rung.file else rung.input_tokens[0]
    part = f"{load}, {length} tokens in, repeat {repeat + 1}"
    shown = _shown(order, rung, load, repeat)
    warm_up = _width(load) if order.warm_up is None else order.warm_up
    if warm_up:
        await _warm_up(
            client,
            SyntheticSource(_REPLAY_WARM_UP, order.seed) if rung.file else source,
            part,
            streams=_width(load),
            requests=warm_up,
            tell=lambda progress: tell(f"warm-up, {shown}", progress),
        )
    measured = await run_step(
        client,
        source.sessions(part),
        load,
        order.bounds,
        order.seed + repeat,
        lambda progress: tell(shown, progress),
    )
    return Step(
        arrivals=load,
        input_tokens=length,
        repeat=repeat,
        warm_up=warm_up,
        began_unix_s=measured.began_unix_s,
        figures=figures(measured.rows, order.objectives),
        limits=measured.limits,
        rows=measured.rows,
    )


async def _warm_up(
    client: Client,
    source: Source,
    part: str,
    *,
    streams: int,
    requests: int,
    tell: Callable[[Progress], None],
) -> None:
    """Other prompts than the step's, so that none of them is cached when it begins."""
    measured = await run_step(
        client,
        source.sessions(f"warm-up {part}"),
        Closed(min(streams, requests)),
        Bounds(requests=requests),
        tell=tell,
    )
    if measured.rows and all(row.error for row in measured.rows):
        first = measured.rows[0]
        raise ServerUnusable(f"no request of the warm-up was answered: {first.error}: {first.message}")


def _shown(order: Order, rung: Workload, load: Arrivals, repeat: int) -> str:
    """The step's name in live progress: what sets it apart from the others."""
    length = f", {rung.input_tokens[0]} tokens in" if len(order.workload.input_tokens) > 1 else ""
    return f"{load}{length}" + (f", repeat {repeat + 1}" if order.repeats > 1 else "")


def _width(load: Arrivals) -> int:
    return load.concurrency if isinstance(load, Closed) else _OPEN_LOOP_STREAMS


def _streams(order: Order) -> list[int]:
    return sorted({_width(load) for load in order.loads}) if order.ceiling else []


def _with_ceiling(step: Step, ceiling: float | None) -> Step:
    return replace(step, limits=replace(step.limits, ceiling_events_per_s=ceiling))
