"""The ruler held against a scripted server: its times are known as scripted, and as it wrote them."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from nemotron_bench.arrivals import Closed
from nemotron_bench.client import Client
from nemotron_bench.limits import Limits
from nemotron_bench.metrics import Distribution, Figures, distribution, figures
from nemotron_bench.record import Row
from nemotron_bench.run import Bounds, Measured, run_step
from nemotron_bench.scripted import MODEL, Script, scripted_server
from nemotron_bench.workloads import SyntheticSource, Workload

_SHORT = Workload("ruler", "", input_tokens=(20,))


@dataclass(frozen=True, slots=True)
class Check:
    """What the ruler said, beside what was.

    Attributes:
        figures: As measured.
        event_error_ms: Of each event: when the ruler says that it came, less when the server wrote it.
        send_error_ms: Of each request: when the server had read it, less when the ruler says that it was
            sent. What the server needs to read it is in it.
        server_late_ms: Of each event: when the server wrote it, less when the script wanted it.
    """

    script: Script
    streams: int
    figures: Figures
    limits: Limits
    event_error_ms: Distribution
    send_error_ms: Distribution
    server_late_ms: Distribution


async def check(script: Script, streams: int, rounds: int = 2, ramp_s: float = 0.0) -> Check:
    """Measures the scripted server, and compares.

    Args:
        rounds: Requests of each stream.
        ramp_s: As of :class:`nemotron_bench.arrivals.Closed`.
    """
    source = SyntheticSource(_SHORT, seed=0)
    with scripted_server(script) as url:
        client = Client.connect(f"{url}/v1", MODEL)
        try:
            measured = await run_step(
                client, source.sessions("ruler"), Closed(streams, ramp_s), Bounds(requests=streams * rounds)
            )
        finally:
            client.close()
        with urllib.request.urlopen(f"{url}/log", timeout=60) as answer:  # noqa: S310, ASYNC210
            log = json.load(answer)
    return compare(script, streams, measured, log)


def compare(script: Script, streams: int, measured: Measured, log: Mapping[str, Any]) -> Check:
    """Rows beside the server's log."""
    came, sent, late = [], [], []
    for row in measured.rows:
        if row.sent_s is None or row.answer_id is None:
            raise RuntimeError(f"a request to the scripted server failed: {row.error}: {row.message}")
        entry = log[row.answer_id]
        wrote_s = [(stamp - measured.began_ns) / 1e9 for stamp in entry["sent_ns"]]
        received_s = (entry["received_ns"] - measured.began_ns) / 1e9
        came += [1000 * (a - b) for a, b in zip(arrivals_s(row), wrote_s, strict=True)]
        sent.append(1000 * (received_s - row.sent_s))
        late += [
            1000 * (stamp_s - received_s) - script.ttft_ms - place * script.itl_ms
            for place, stamp_s in enumerate(wrote_s)
        ]
    return Check(
        script=script,
        streams=streams,
        figures=figures(measured.rows),
        limits=measured.limits,
        event_error_ms=_known(came),
        send_error_ms=_known(sent),
        server_late_ms=_known(late),
    )


def arrivals_s(row: Row) -> tuple[float, ...]:
    """When each event came, in seconds since the step began; empty where gaps weren't kept."""
    if row.first_s is None:
        return ()
    return tuple(accumulate((gap_us / 1e6 for gap_us in row.gaps_us), initial=row.first_s))


def _known(values: Sequence[float]) -> Distribution:
    found = distribution(values)
    if found is None:
        raise RuntimeError("the scripted server sent no events")
    return found
