"""``nemotron bench serve``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nemotron_runtime.cli.bench.measure import measure
from nemotron_runtime.cli.bench.results import result_file, write_result
from nemotron_runtime.cli.bench.tables import print_steps
from nemotron_runtime.cli.output import (
    ServerFault,
    Unreachable,
    console,
    error_console,
    faults_as_json,
    print_json,
)
from nemotron_runtime.cli.talk.options import key_for

if TYPE_CHECKING:
    from nemotron_bench.arrivals import Arrivals
    from nemotron_bench.evidence import Evidence

KEY_VARIABLE = "NEMOTRON_BENCH_KEY"
_DEFAULT_SECONDS = 60.0


def serve(
    base_url: Annotated[
        str, typer.Option("--base-url", metavar="URL", help="OpenAI- or OpenRouter-compatible server.")
    ] = "http://127.0.0.1:8000/api/v1",
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="ID",
            help="Model to ask for.",
            show_default="the first of the server's /models",
        ),
    ] = None,
    workload: Annotated[
        str,
        typer.Option(
            "--workload", metavar="NAME|FILE", help="What is asked; docs/benchmarks.md lists the names."
        ),
    ] = "chat-1k-1k",
    concurrency: Annotated[
        str | None,
        typer.Option(
            "--concurrency",
            metavar="LIST",
            help="Streams at a time, a step each, as in 1,8,64.",
            show_default="1, without --rate",
        ),
    ] = None,
    rate: Annotated[
        str | None,
        typer.Option(
            "--rate", metavar="LIST", help="Sessions a second at random (Poisson), a step each, as in 0.5,2."
        ),
    ] = None,
    requests: Annotated[
        int | None, typer.Option("--requests", metavar="INTEGER", min=1, help="End a step after so many.")
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            "--seconds",
            metavar="FLOAT",
            min=0.1,
            help="End a step after so long; what is in flight is waited for.",
            show_default="60, without --requests",
        ),
    ] = None,
    warm_up: Annotated[
        int | None,
        typer.Option(
            "--warm-up",
            metavar="INTEGER",
            min=0,
            help="Requests before each step, not counted.",
            show_default="one for each stream",
        ),
    ] = None,
    ramp_s: Annotated[
        float,
        typer.Option(
            "--ramp-s", metavar="FLOAT", min=0, max=3600, help="Seconds in which the streams begin."
        ),
    ] = 0.0,
    repeats: Annotated[
        int,
        typer.Option(
            "--repeats", metavar="INTEGER", min=1, max=100, help="Runs of the whole ladder; compare needs 3."
        ),
    ] = 1,
    seed: Annotated[int, typer.Option("--seed", metavar="INTEGER", help="Of texts and arrivals.")] = 0,
    slo: Annotated[
        list[str] | None,
        typer.Option(
            "--slo",
            metavar="NAME=MS",
            help="Goodput counts answers within it: ttft, ttfc, tpot, e2el. Repeat for more.",
        ),
    ] = None,
    extra: Annotated[
        str | None,
        typer.Option("--extra", metavar="JSON", help="Fields added to each request, as a JSON object."),
    ] = None,
    timeout_s: Annotated[
        float,
        typer.Option("--timeout-s", metavar="FLOAT", min=0.1, help="Silence after which a request fails."),
    ] = 300.0,
    gpus: Annotated[
        int,
        typer.Option(
            "--gpus", metavar="INTEGER", min=1, max=1024, help="GPUs of the server, for rates of one."
        ),
    ] = 1,
    gaps: Annotated[
        bool, typer.Option("--gaps/--no-gaps", help="Keep the time of each event in the file.")
    ] = True,
    ceiling: Annotated[
        bool, typer.Option("--ceiling/--no-ceiling", help="Measure first what this client can read at all.")
    ] = True,
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
        str | None,
        typer.Option(
            "--name", metavar="WORD", help="Last part of the file's name.", show_default="the workload's"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as one JSON document.")] = False,
) -> None:
    """Measure a server under load: TTFT, ITL, tokens/s, errors; one file a run.

    A key is taken from NEMOTRON_BENCH_KEY, or from OPENROUTER_API_KEY for openrouter.ai, and written nowhere.
    """
    from nemotron_bench.arrivals import BadArrivals
    from nemotron_bench.evidence import as_json as document_of
    from nemotron_bench.http1 import BadUrl
    from nemotron_bench.metrics import BadObjective, Objectives
    from nemotron_bench.run import Bounds
    from nemotron_bench.serve import Order
    from nemotron_bench.target import BadServer, NoServer, find_model
    from nemotron_bench.workloads import BadWorkload, load

    result_file(out)
    if requests is None and seconds is None:
        seconds = _DEFAULT_SECONDS
    key = os.environ.get(KEY_VARIABLE) or key_for(base_url, None)
    with faults_as_json(as_json):
        try:
            order = Order(
                base_url=base_url,
                model=model or find_model(base_url, key),
                workload=load(workload),
                loads=_loads(concurrency, rate, ramp_s),
                bounds=Bounds(requests, seconds),
                seed=seed,
                warm_up=warm_up,
                repeats=repeats,
                objectives=Objectives.parse(slo or ()),
                extra=_extra(extra),
                gpus=gpus,
                ceiling=ceiling,
                keep_gaps=gaps,
                silence_s=timeout_s,
            )
            evidence, code = measure(order, key, name or order.workload.name)
        except (BadArrivals, BadObjective, BadUrl, BadWorkload) as fault:
            raise typer.BadParameter(str(fault)) from fault
        except NoServer as fault:
            raise Unreachable(f"{fault}. Start one: nemotron serve") from fault
        except BadServer as fault:
            raise ServerFault(str(fault)) from fault
        path = write_result(out, document_of(evidence), evidence.name, local=evidence.server["local"])
    _show(evidence, path, as_json=as_json)
    if code:
        raise typer.Exit(code)


def _loads(concurrency: str | None, rate: str | None, ramp_s: float) -> tuple[Arrivals, ...]:
    from nemotron_bench.arrivals import closed_ladder, poisson_ladder

    if rate is None:
        return closed_ladder(concurrency or "1", ramp_s)
    if concurrency is not None or ramp_s:
        raise typer.BadParameter("--rate goes without --concurrency and --ramp-s")
    return poisson_ladder(rate)


def _extra(text: str | None) -> dict[str, Any]:
    import json

    if text is None:
        return {}
    try:
        fields = json.loads(text)
    except ValueError as fault:
        raise typer.BadParameter(f"no JSON: {fault}", param_hint="--extra") from fault
    reserved = {"messages", "model", "stream", "stream_options"}
    if not isinstance(fields, dict) or reserved & fields.keys():
        raise typer.BadParameter(
            f"a JSON object without {', '.join(sorted(reserved))} is needed", param_hint="--extra"
        )
    return fields


def _show(evidence: Evidence, path: Path, *, as_json: bool) -> None:
    from nemotron_bench.evidence import as_json as document_of

    if as_json:
        document = document_of(evidence)
        for step in document["steps"]:
            del step["rows"]
        print_json({**document, "file": str(path)})
        return
    print_steps(evidence.steps)
    for step in evidence.steps:
        for doubt in step.limits.doubts():
            error_console().print(f"doubtful: {step.label}: {doubt}", markup=False)
    if not evidence.complete:
        error_console().print("not complete: the file has the steps that were done", markup=False)
    console().print(f"\nwrote {path}", markup=False)
