"""What a run on the hosted endpoint may cost: told, and agreed to, before anything is sent."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from nemotron_runtime.cli.bench.recipes import HOSTED
from nemotron_runtime.cli.output import CommandFault, error_console

if TYPE_CHECKING:
    from nemotron_bench.versus import Side, Versus


def agreed(run: Versus, *, yes: bool) -> None:
    """Tells the cost of each hosted side, and asks.

    Raises:
        CommandFault: no; or it can't be told, or nobody can be asked.
        ServerFailed: there is no price.
    """
    for side, turns in ((run.a, run.rounds + 1), (run.b, run.rounds)):
        if isinstance(side.where, str) and (side.where + "/").startswith(f"{HOSTED}/"):
            _agree(_dollars(run, side, turns), turns, yes=yes)


def _dollars(run: Versus, side: Side, turns: int) -> tuple[float, int]:
    """At most, and the number of requests."""
    from nemotron_bench.arrivals import Closed
    from nemotron_bench.money import most_dollars, price_of
    from nemotron_bench.servers import reach

    if side.key is None:
        raise CommandFault("The hosted endpoint needs a key: set OPENROUTER_API_KEY.")
    limit = run.order.bounds.requests
    if limit is None:
        raise CommandFault(
            "What the hosted endpoint costs is known for a number of requests only: --requests."
        )
    widths = [load.concurrency for load in run.order.loads if isinstance(load, Closed)]
    requests = sum(turns * limit + width for width in widths)
    server = reach(side.where if isinstance(side.where, str) else "", side.model, side.key)
    try:
        return most_dollars(price_of(server), run.order.workload, requests), requests
    except ValueError as fault:
        raise CommandFault(f"{fault}.") from fault


def _agree(cost: tuple[float, int], turns: int, *, yes: bool) -> None:
    dollars, requests = cost
    error_console().print(
        f"Hosted: {requests} requests at each length, in {turns} turns; at most about ${dollars:.2f}.",
        markup=False,
    )
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandFault("Nobody can be asked here: agree with --yes.")
    if not typer.confirm("Spend it?"):
        raise CommandFault("Nothing was sent.")
