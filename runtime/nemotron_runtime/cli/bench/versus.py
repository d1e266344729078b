"""``nemotron bench versus``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nemotron_runtime.cli.bench.money import agreed
from nemotron_runtime.cli.bench.progress import live
from nemotron_runtime.cli.bench.recipes import Found, find
from nemotron_runtime.cli.bench.results import result_file, write_result
from nemotron_runtime.cli.output import (
    ServerFault,
    clean,
    console,
    error_console,
    faults_as_json,
    print_json,
    print_rows,
)
from nemotron_runtime.cli.talk.options import key_for

if TYPE_CHECKING:
    from nemotron_bench.ratios import SideName
    from nemotron_bench.serve import Order
    from nemotron_bench.versus import Side, Versus

KEY_VARIABLE = "NEMOTRON_BENCH_KEY"
_DEFAULT_SECONDS = 30.0
_HEAD = ("load", "figure", "A", "B", "B / A", "of the rounds", "noise", "verdict")
_SERVER = "A recipe with flags of `nemotron serve`, a URL, or a command that starts a server"


def versus(
    other: Annotated[str, typer.Option("--other", metavar="SERVER", help=f"B. {_SERVER}.")],
    server: Annotated[
        str, typer.Option("--server", metavar="SERVER", help="A, what B is held against. The same.")
    ] = "ours",
    model: Annotated[
        str | None,
        typer.Option(
            "--model", metavar="ID", help="Model to ask both for.", show_default="the first each one lists"
        ),
    ] = None,
    workload: Annotated[
        str,
        typer.Option(
            "--workload", metavar="NAME|FILE", help="What is asked; docs/benchmarks.md lists the names."
        ),
    ] = "chat-1k-1k",
    concurrency: Annotated[
        str, typer.Option("--concurrency", metavar="LIST", help="Streams at a time, as in 1,8,64.")
    ] = "1",
    requests: Annotated[
        int | None, typer.Option("--requests", metavar="INTEGER", min=1, help="End a turn after so many.")
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            "--seconds",
            metavar="FLOAT",
            min=0.1,
            help="End a turn after so long; what is in flight is waited for.",
            show_default="30, without --requests",
        ),
    ] = None,
    rounds: Annotated[
        int,
        typer.Option(
            "--rounds",
            metavar="INTEGER",
            min=1,
            max=100,
            help="Turns of B, between turns of A. Below 3 nothing is called a difference.",
        ),
    ] = 4,
    end_tokens: Annotated[
        str | None,
        typer.Option(
            "--end-tokens",
            metavar="LIST",
            help="Ids banned by logit_bias on both sides, so that answers have their full length; none: not.",
            show_default="2,11 between ours and stock, else none",
        ),
    ] = None,
    in_turn: Annotated[
        bool, typer.Option("--in-turn", help="Start and end the servers for each turn: one at a time.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", metavar="INTEGER", help="Of the texts.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Where the result is written.",
            show_default="a new file in benchmarks/results, or here",
        ),
    ] = None,
    name: Annotated[
        str, typer.Option("--name", metavar="WORD", help="Last part of the file's name.")
    ] = "versus",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the commands of both servers, and end.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Spend the money without asking.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as one JSON document.")] = False,
) -> None:
    """Measure two servers in one run, in turns on the same workload: A B A B A.

    Recipes: ours (nemotron serve), stock (vLLM's own server with the same settings, without our kernels) and
    hosted (OpenRouter, whose cost is told first). Kernels off against on: --server "ours --kernels off"
    --other "ours --kernels on".
    """
    from nemotron_bench.arrivals import BadArrivals
    from nemotron_bench.http1 import BadUrl
    from nemotron_bench.serve import ServerUnusable
    from nemotron_bench.servers import ServerFailed
    from nemotron_bench.workloads import BadWorkload

    one, two = find(server), find(other)
    if dry_run:
        _show_commands(one, two)
        return
    path = result_file(out)
    with faults_as_json(as_json):
        try:
            banned = _end_tokens(end_tokens, one, two)
            order = _order(workload, concurrency, requests, seconds, banned, seed)
            run = _versus(order, _side("A", one, model), _side("B", two, model), rounds, in_turn=in_turn)
            agreed(run, yes=yes)
            document = _measure(run, name)
        except (BadArrivals, BadUrl, BadWorkload) as fault:
            raise typer.BadParameter(str(fault)) from fault
        except (ServerFailed, ServerUnusable) as fault:
            raise ServerFault(str(fault)) from fault
        written = write_result(path, document, name)
    if as_json:
        for step in document["steps"]:
            del step["rows"]
        print_json({**document, "file": str(written)})
    else:
        _show(document, written)


def _side(name: SideName, found: Found, model: str | None) -> Side:
    from nemotron_bench.versus import Side

    key = None
    if isinstance(found.where, str):
        key = os.environ.get(KEY_VARIABLE) or key_for(found.where, None)
    return Side(name, found.where, model or found.model, key)


def _end_tokens(text: str | None, one: Found, two: Found) -> tuple[int, ...]:
    if text is None:
        return one.end_tokens if two.end_tokens else ()
    if text == "none":
        return ()
    try:
        return tuple(int(word) for word in text.split(","))
    except ValueError:
        raise typer.BadParameter(
            f"ids such as 2,11, or none, not {text!r}", param_hint="--end-tokens"
        ) from None


def _order(
    workload: str,
    concurrency: str,
    requests: int | None,
    seconds: float | None,
    banned: tuple[int, ...],
    seed: int,
) -> Order:
    from nemotron_bench.arrivals import closed_ladder
    from nemotron_bench.run import Bounds
    from nemotron_bench.serve import Order
    from nemotron_bench.workloads import load

    if requests is None and seconds is None:
        seconds = _DEFAULT_SECONDS
    work = load(workload)
    bias = {str(token): -100 for token in banned} if work.fixed_output and not work.file else {}
    return Order(
        base_url="",
        model="",
        workload=work,
        loads=closed_ladder(concurrency),
        bounds=Bounds(requests, seconds),
        seed=seed,
        extra={"logit_bias": bias} if bias else {},
    )


def _versus(order: Order, a: Side, b: Side, rounds: int, *, in_turn: bool) -> Versus:
    import platformdirs

    from nemotron_bench.servers import Command
    from nemotron_bench.versus import Versus

    if in_turn and not (isinstance(a.where, Command) and isinstance(b.where, Command)):
        raise typer.BadParameter("--in-turn is for two servers that are started here; one is named by URL")
    return Versus(a, b, order, rounds, in_turn, platformdirs.user_state_path("nemotron") / "bench")


def _measure(run: Versus, name: str) -> dict[str, Any]:
    from nemotron_bench.environment import facts
    from nemotron_bench.evidence import now

    about = {"name": name, "time": now(), "command": ["nemotron", *sys.argv[1:]], "facts": facts()}
    complete = True
    with live() as tell:
        error_console().print("starting the servers ...")
        try:
            for _ in run.run(tell):
                pass
        except KeyboardInterrupt:
            if not run.turns:
                raise
            complete = False
    return run.document(about | {"complete": complete})


def _show_commands(one: Found, two: Found) -> None:
    import shlex

    for side, found in (("A", one), ("B", two)):
        if isinstance(found.where, str):
            console().print(clean(f"{side}  {found.where}"), markup=False)
            continue
        words = [*(f"{key}={value}" for key, value in found.where.environ.items()), *found.where.on(8000)]
        console().print(clean(f"{side}  {shlex.join(words)}"), markup=False)


def _show(document: dict[str, Any], path: Path) -> None:
    rows = [
        (
            *(line["label"], line["figure"], f"{line['a']:.4g}", f"{line['b']:.4g}"),
            *(f"{line['ratio']:.3f}", f"{line['low']:.3f} to {line['high']:.3f}"),
            *(f"{line['noise']:.1%}", line["verdict"]),
        )
        for line in document["ratios"]
    ]
    if rows:
        print_rows(_HEAD, rows)
    for line in document["warnings"]:
        error_console().print(clean(f"careful: {line}"), markup=False)
    if not document["complete"]:
        error_console().print("not complete: the file has the turns that were done", markup=False)
    console().print(f"\nwrote {path}", markup=False)
