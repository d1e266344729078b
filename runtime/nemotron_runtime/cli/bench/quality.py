"""``nemotron bench quality``."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nemotron_runtime.cli.bench.recipes import find
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
    from nemotron_bench.quality.agreement import Agreement
    from nemotron_bench.quality.run import Quality, Score
    from nemotron_bench.quality.task import Task

KEY_VARIABLE = "NEMOTRON_BENCH_KEY"
_SERVER = "A recipe with flags of `nemotron serve`, a URL, or a command that starts a server"
_EVERY = 25
_SHOWN = 3


def quality(
    server: Annotated[str, typer.Option("--server", metavar="SERVER", help=f"{_SERVER}.")] = (
        "http://127.0.0.1:8000/api/v1"
    ),
    other: Annotated[
        str | None,
        typer.Option(
            "--other", metavar="SERVER", help="A second one, to hold its answers against. The same."
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model", metavar="ID", help="Model to ask for.", show_default="the first each one lists"
        ),
    ] = None,
    count: Annotated[
        int, typer.Option("--count", metavar="INTEGER", min=0, max=1000, help="Short tasks of each kind.")
    ] = 40,
    lengths: Annotated[
        str,
        typer.Option(
            "--lengths", metavar="LIST", help="Words of the texts of needle and multi-hop; none: without."
        ),
    ] = "500,2000,8000",
    long_count: Annotated[
        int,
        typer.Option("--long-count", metavar="INTEGER", min=1, max=1000, help="Long tasks of each length."),
    ] = 10,
    bfcl: Annotated[
        Path | None,
        typer.Option("--bfcl", metavar="FOLDER", help="Your copy of bfcl-eval's folder data, to ask, too."),
    ] = None,
    categories: Annotated[
        str,
        typer.Option("--categories", metavar="LIST", help="Of BFCL; docs/benchmarks.md lists them."),
    ] = "simple_python,multiple,parallel,irrelevance",
    bfcl_count: Annotated[
        int,
        typer.Option("--bfcl-count", metavar="INTEGER", min=1, help="First tasks of each of them."),
    ] = 50,
    max_tokens: Annotated[
        int, typer.Option("--max-tokens", metavar="INTEGER", min=1, help="Of an answer, thought included.")
    ] = 2048,
    concurrency: Annotated[
        int, typer.Option("--concurrency", metavar="INTEGER", min=1, max=1000, help="Requests at a time.")
    ] = 8,
    seed: Annotated[int, typer.Option("--seed", metavar="INTEGER", help="Of the tasks.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Where the result is written.",
            show_default="a new file in benchmarks/results, or here",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Ask tasks with known answers at temperature 0, so that fast and wrong is seen.

    With --other both servers answer, and the share of equal answers is told, beside that of the first server
    with itself.
    """
    from nemotron_bench.environment import facts
    from nemotron_bench.evidence import now
    from nemotron_bench.quality.bfcl import BadData
    from nemotron_bench.servers import ServerFailed

    path = result_file(out)
    about = {"name": "quality", "time": now(), "command": ["nemotron", *sys.argv[1:]], "facts": facts()}
    with faults_as_json(as_json):
        try:
            tasks = _tasks(count, _lengths(lengths), long_count, bfcl, categories, bfcl_count, seed)
            found, reports = _measure(
                [server, other] if other else [server], model, tasks, max_tokens, concurrency
            )
        except BadData as fault:
            raise typer.BadParameter(str(fault), param_hint="--bfcl") from fault
        except ServerFailed as fault:
            raise ServerFault(str(fault)) from fault
        settings = {"seed": seed, "tasks": len(tasks), "max_tokens": max_tokens, "concurrency": concurrency}
        head = {"schema": 1, "kind": "quality", **about, "servers": reports, "settings": settings}
        document = {**head, **found.as_json()}
        written = write_result(path, document, "quality")
    if as_json:
        print_json({**document, "file": str(written)})
    else:
        _show(found, written)


def _lengths(text: str) -> tuple[int, ...]:
    if text == "none":
        return ()
    try:
        found = tuple(int(word) for word in text.split(","))
    except ValueError:
        found = (0,)
    if not all(10 <= length <= 1_000_000 for length in found):
        raise typer.BadParameter(f"words from 10 to 1000000, as in 500,2000, or none, not {text!r}")
    return tuple(dict.fromkeys(found))


def _tasks(
    count: int,
    lengths: Sequence[int],
    long_count: int,
    bfcl: Path | None,
    categories: str,
    bfcl_count: int,
    seed: int,
) -> list[Task]:
    from nemotron_bench.quality.bfcl import bfcl_tasks
    from nemotron_bench.quality.long_tasks import long_tasks
    from nemotron_bench.quality.short_tasks import short_tasks

    tasks = [*short_tasks(count, seed), *long_tasks(lengths, long_count, seed)]
    if bfcl is not None:
        for category in categories.split(","):
            tasks += bfcl_tasks(bfcl, category, bfcl_count)
    if not tasks:
        raise typer.BadParameter("there is nothing to ask: raise --count, or give --lengths or --bfcl")
    return tasks


def _measure(
    names: Sequence[str], model: str | None, tasks: Sequence[Task], max_tokens: int, concurrency: int
) -> tuple[Quality, list[dict[str, Any]]]:
    import platformdirs

    from nemotron_bench.quality.run import measure
    from nemotron_bench.versus import Side

    logs = platformdirs.user_state_path("nemotron") / "bench"
    sides = []
    for label, name in zip(("A", "B"), names, strict=False):
        found = find(name)
        key = None
        if isinstance(found.where, str):
            key = os.environ.get(KEY_VARIABLE) or key_for(found.where, None)
        sides.append(Side("A" if label == "A" else "B", found.where, model or found.model, key))
    with ExitStack() as stack:
        servers = [stack.enter_context(side.open(logs)) for side in sides]
        reports = [side.describe(server) for side, server in zip(sides, servers, strict=True)]
        return asyncio.run(measure(servers, tasks, max_tokens, concurrency, _teller(len(tasks)))), reports


def _teller(total: int) -> Any:
    out = error_console()

    def tell(what: str, done: int) -> None:
        if done % _EVERY == 0 or done == total:
            out.print(clean(f"{what}: {done} of {total}"), markup=False)

    return tell


def _show(found: Quality, path: Path) -> None:
    heads = ("task", "n", *(f"{side}, right" for side in ("A", "B")[: len(found.scores)]))
    rows = [
        (across[0].kind, str(across[0].asked), *map(_cell, across))
        for across in zip(*found.scores, strict=True)
    ]
    print_rows(heads, rows)
    say = console().print
    for label, one in (("A with itself", found.itself), ("A with B", found.between)):
        if one is not None:
            say(f"equal answers, {label}: {_agreement(one)}", markup=False)
            for first in one.differences[:_SHOWN]:
                line = f"  {first.name}, from character {first.at}: {first.one!r}, {first.other!r}"
                say(clean(line), markup=False)
    say(f"\nwrote {path}", markup=False)


def _cell(score: Score) -> str:
    low, high = score.interval
    failed = f", {score.failed} failed" if score.failed else ""
    return f"{score.right / score.asked:.0%} ({low:.0%} to {high:.0%}){failed}"


def _agreement(found: Agreement) -> str:
    if found.share is None:
        return f"none was answered by both ({found.failed} failed)"
    low, high = found.interval
    failed = f", {found.failed} failed" if found.failed else ""
    return f"{found.equal} of {found.asked}, {found.share:.1%} ({low:.1%} to {high:.1%}){failed}"
