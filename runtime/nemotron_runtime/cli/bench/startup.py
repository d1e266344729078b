"""``nemotron bench startup``."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from nemotron_runtime.cli.bench.recipes import find
from nemotron_runtime.cli.bench.results import result_file, write_result
from nemotron_runtime.cli.output import (
    ServerFault,
    console,
    error_console,
    faults_as_json,
    print_json,
    print_rows,
)


def startup(
    server: Annotated[
        str,
        typer.Option(
            "--server",
            metavar="SERVER",
            help="A recipe with flags of `nemotron serve`, as in 'ours --variant fp8', or a command.",
        ),
    ] = "ours",
    ready_s: Annotated[
        float, typer.Option("--ready-s", metavar="FLOAT", min=1, help="Longest time of one start, seconds.")
    ] = 1800.0,
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
    """Start a server twice, phase by phase: with empty caches of compiled code, then with those it filled.

    Weights and programs may lie in the system's page cache at both. With a GPU the plan's blocks stand beside
    vLLM's.
    """
    import platformdirs

    from nemotron_bench.environment import facts
    from nemotron_bench.evidence import now
    from nemotron_bench.servers import ServerFailed
    from nemotron_bench.startup import document, starts

    command = find(server).where
    if isinstance(command, str):
        raise typer.BadParameter("a server that runs already can't be started: name a recipe or a command")
    path = result_file(out)
    about = {"name": "startup", "time": now(), "command": ["nemotron", *sys.argv[1:]], "facts": facts()}
    logs = platformdirs.user_state_path("nemotron") / "bench"
    with faults_as_json(as_json):
        try:
            found = list(starts(command, logs, ready_s, _tell))
        except ServerFailed as fault:
            raise ServerFault(str(fault)) from fault
        result = {**about, **document(command, found), "plan": _plan(server)}
        written = write_result(path, result, "startup")
    if as_json:
        print_json({**result, "file": str(written)})
    else:
        _show(result, written)


def _tell(kind: str) -> None:
    error_console().print(f"a {kind} start ...")


def _plan(server: str) -> dict[str, Any] | None:
    """What was planned for the cards here; None without any, and for other servers than ours."""
    from nemotron_runtime.cli.bench.recipes import settings_of
    from nemotron_runtime.errors import SetupError
    from nemotron_runtime.hardware import here
    from nemotron_runtime.hardware.memory import GIB
    from nemotron_runtime.hardware.probe import gpus
    from nemotron_runtime.models.spec import load_all
    from nemotron_runtime.planning import plan_for

    recipe, *flags = shlex.split(server)
    if recipe not in ("ours", "stock") or not (cards := gpus()):
        return None
    spec = next(spec for spec in load_all().values() if not spec.embedded)
    settings = settings_of(flags).settings
    folder = Path(settings.model)
    try:
        best = plan_for(settings, spec, here.found(cards), folder if folder.is_dir() else None)
    except SetupError:
        return None
    if best is None:
        return None
    blocks = best.pool.blocks(max(0, int(best.free_gib * GIB)))
    return {"block_tokens": best.pool.block_tokens, "blocks": blocks, "vllm_serve": best.command}


def _show(result: dict[str, Any], path: Path) -> None:
    cold, warm = (result["starts"][kind] for kind in ("cold", "warm"))
    names = dict.fromkeys([*cold["phases_s"], *warm["phases_s"]])
    rows = [(name, *(f"{start['phases_s'].get(name, 0):.1f}" for start in (cold, warm))) for name in names]
    rows.append(("ready", f"{cold['ready_s']:.1f}", f"{warm['ready_s']:.1f}"))
    print_rows(("phase", "cold, s", "warm, s"), rows)
    say = console().print
    if cache := warm["cache"]:
        say(f"vLLM: {cache.get('num_gpu_blocks')} blocks of {cache.get('block_size')} tokens", markup=False)
    if planned := result["plan"]:
        say(f"plan: {planned['blocks']} blocks of {planned['block_tokens']} tokens", markup=False)
    say(f"\nwrote {path}", markup=False)
