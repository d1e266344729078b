"""How many events a second this client reads at all, on this machine."""

from __future__ import annotations

from nemotron_bench.arrivals import Closed
from nemotron_bench.client import Client
from nemotron_bench.run import Bounds, run_step
from nemotron_bench.scripted import MODEL, Script, scripted_server
from nemotron_bench.workloads import SyntheticSource, Workload

SECONDS = 2.0


async def ceiling_events_per_s(streams: int) -> float:
    """From a scripted server beside it that writes as fast as it can; so the true ceiling is higher."""
    script = Script(ttft_ms=0, itl_ms=0, events=200, reasoning_events=0)
    source = SyntheticSource(Workload("ceiling", "", input_tokens=(20,)), seed=0)
    with scripted_server(script) as url:
        client = Client.connect(f"{url}/v1", MODEL, keep_gaps=False)
        try:
            measured = await run_step(
                client, source.sessions("ceiling"), Closed(streams), Bounds(seconds=SECONDS)
            )
        finally:
            client.close()
    return measured.limits.events_per_s
