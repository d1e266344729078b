"""A run of load, with all that is known about it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from nemotron_runtime.cli.bench.progress import live
from nemotron_runtime.cli.output import ExitCode, ServerFault, complain

if TYPE_CHECKING:
    from nemotron_bench.evidence import Evidence, Step
    from nemotron_bench.serve import Order


def measure(order: Order, key: str | None, name: str) -> tuple[Evidence, ExitCode]:
    """Runs it. Steps that were done outlive an interruption, and a server that is lost.

    Returns:
        What was measured, and how the command ends.

    Raises:
        ServerFault: no step was done, for the server answers nothing.
    """
    import uvloop

    from nemotron_bench.environment import facts
    from nemotron_bench.evidence import Evidence, now
    from nemotron_bench.serve import ServerUnusable, run_order
    from nemotron_bench.target import report

    began, about, server = now(), facts(), report(order.base_url, key)
    workload = order.asked()
    steps: list[Step] = []
    code = ExitCode.OK

    async def collect() -> None:
        with live() as tell:
            async for step in run_order(order, key, tell):
                steps.append(step)

    try:
        uvloop.run(collect())
    except ServerUnusable as fault:
        if not steps:
            raise ServerFault(str(fault)) from fault
        complain(str(fault))
        code = ExitCode.SERVER
    except KeyboardInterrupt:
        if not steps:
            raise
        code = ExitCode.INTERRUPTED
    evidence = Evidence(
        name=name,
        time=began,
        complete=code is ExitCode.OK,
        command=("nemotron", *sys.argv[1:]),
        facts=about,
        server={**server, "model": order.model},
        workload=workload,
        gpus=order.gpus,
        settings=order.settings(),
        steps=tuple(steps),
    )
    return evidence, code
