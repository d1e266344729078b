"""``nemotron tune``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from nemotron_runtime.cli.output import console, print_json, print_rows
from nemotron_runtime.cli.tuning import progress
from nemotron_runtime.errors import ConfigError, KernelUnavailable

if TYPE_CHECKING:
    from nemotron_kernels.tune.end_to_end import Load
    from nemotron_kernels.tune.session import Order, Result

_HEAD = ("tokens", "what", "best", "gain", "noise", "kept")


def tune(
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder", metavar="FOLDER", help="Where files are written.", show_default="the user's own"
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            "--model",
            metavar="FOLDER",
            help="Checkpoint to run end to end.",
            show_default="the published one's shape with random weights",
        ),
    ] = None,
    dtype: Annotated[
        Literal["bf16", "fp8"], typer.Option("--dtype", metavar="CHOICE", help="Weights: bf16 or fp8.")
    ] = "bf16",
    tensor_parallel: Annotated[
        int,
        typer.Option("--tensor-parallel", metavar="INTEGER", min=1, max=2, help="GPUs that share a layer."),
    ] = 1,
    tokens: Annotated[
        str | None,
        typer.Option(
            "--tokens", metavar="LIST", help="Only these batches, as in 1,8,64.", show_default="all"
        ),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Few candidates, short measurements.")] = False,
    end_to_end: Annotated[
        bool, typer.Option("--end-to-end/--no-end-to-end", help="Run whole models, too.")
    ] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be measured.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take the last files back.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Measure the expert kernels on this machine's GPU, and keep what is faster than vLLM's own.

    Stop the server first: it needs the whole card. Only what is right, and faster by more than the noise, is
    written.
    """
    from nemotron_runtime.engine.tuned import user_folder

    where = folder or user_folder()
    if undo:
        if model or tokens is not None or quick or dry_run:
            raise typer.BadParameter("--undo goes with --folder and --json only")
        _undo(where, as_json=as_json)
        return
    if model and not end_to_end:
        raise typer.BadParameter("--model is for the end-to-end run: leave it out, or --no-end-to-end")
    order = _order(where, dtype, tensor_parallel, tokens, quick=quick)
    if dry_run:
        _show_plan(order, end_to_end=end_to_end, as_json=as_json)
        return
    result = _run(order, model, end_to_end=end_to_end)
    if as_json:
        print_json(_document(result))
    else:
        _show(result, where)


def _order(
    folder: Path, dtype: Literal["bf16", "fp8"], tensor_parallel: int, tokens: str | None, *, quick: bool
) -> Order:
    from nemotron_kernels.geometry import NANO, NANO_TP2
    from nemotron_kernels.tune.climb import Plan
    from nemotron_kernels.tune.ladder import LADDER
    from nemotron_kernels.tune.search import QUICK, Effort
    from nemotron_kernels.tune.session import Order

    plan = Plan(
        tokens=LADDER if tokens is None else _counts(tokens), effort=QUICK if quick else Effort(), quick=quick
    )
    return Order(folder, NANO if tensor_parallel == 1 else NANO_TP2, dtype, plan)


def _counts(text: str) -> tuple[int, ...]:
    from nemotron_kernels.tune.ladder import LADDER

    try:
        counts = sorted({int(word) for word in text.split(",")})
    except ValueError:
        raise typer.BadParameter(f"--tokens is a list of whole numbers, as in 1,8,64, not {text!r}") from None
    if counts[0] < 1 or counts[-1] > LADDER[-1]:
        raise typer.BadParameter(f"--tokens are from 1 to {LADDER[-1]}, not {text!r}")
    return tuple(counts)


def _run(order: Order, model: Path | None, *, end_to_end: bool) -> Result:
    from dataclasses import replace

    from nemotron_kernels.tune.card import NoCard, require_card
    from nemotron_kernels.tune.check import WrongResult
    from nemotron_kernels.tune.end_to_end import EngineFailed
    from nemotron_kernels.tune.field import TooSmall
    from nemotron_kernels.tune.session import tune as measure
    from nemotron_kernels.tune.stock import NoStock

    try:
        require_card()
        if end_to_end:
            order = replace(order, load=_load(order, model))
        with progress(order) as tell:
            return measure(order, tell)
    except (NoCard, NoStock, TooSmall, EngineFailed, WrongResult) as fault:
        raise KernelUnavailable(f"{fault}.") from fault


def _load(order: Order, model: Path | None) -> Load:
    """What the whole model's engines are started with."""
    from nemotron_kernels.geometry import NANO
    from nemotron_kernels.tune.end_to_end import Load
    from nemotron_runtime.models.spec import load_all
    from nemotron_runtime.weights.skeleton import skeleton

    if model and not (model / "config.json").is_file():
        raise ConfigError(f"{model} holds no config.json: name a checkpoint's folder, or leave --model out")
    spec = next(spec for spec in load_all().values() if not spec.embedded)
    engine: dict[str, Any] = {
        "model": str(model or skeleton(spec.variant(order.dtype))),
        "load_format": "auto" if model else "dummy",
        "dtype": "bfloat16",
        "skip_tokenizer_init": True,
        "max_model_len": 4096,
        "max_num_seqs": 128,
        "enable_prefix_caching": False,
        "gpu_memory_utilization": 0.9,
        "tensor_parallel_size": 1 if order.geometry == NANO else 2,
    }
    return Load(engine)


def _undo(folder: Path, *, as_json: bool) -> None:
    from nemotron_kernels.tune.files import CannotUndo
    from nemotron_kernels.tune.files import undo as take_back

    try:
        receipt = take_back(folder)
    except CannotUndo as fault:
        raise ConfigError(f"{fault}.") from fault
    back, gone = receipt.replaced, [name for name in receipt.written if name not in receipt.replaced]
    if as_json:
        print_json({"folder": str(folder), "restored": list(back), "removed": gone})
        return
    for name in back:
        console().print(f"restored  {folder / name}", markup=False)
    for name in gone:
        console().print(f"removed   {folder / name}", markup=False)


def _show_plan(order: Order, *, end_to_end: bool, as_json: bool) -> None:
    from dataclasses import replace

    from nemotron_kernels.tune.end_to_end import Load

    steps = order.plan.steps(order.geometry, order.weight_bytes, tiles=True)
    minutes = replace(order, load=Load({}) if end_to_end else None).estimated_s() / 60
    if as_json:
        print_json(
            {
                "folder": str(order.folder),
                "dtype": order.dtype,
                "candidates": steps,
                "checked": list(order.plan.checked),
                "routings": list(order.plan.kinds),
                "end_to_end": end_to_end,
                "estimated_minutes": round(minutes),
            }
        )
        return
    print_rows(("tokens", "candidates"), [(str(count), str(tried)) for count, tried in steps.items()])
    console().print(
        f"\n{sum(steps.values())} candidates, {order.dtype}; about {minutes:.0f} minutes by a rule of thumb. "
        f"Files go to {order.folder}.",
        markup=False,
    )


def _document(result: Result) -> dict[str, Any]:
    layers = int(result.facts["layers"])
    return {
        "facts": dict(result.facts),
        "rows": [row.as_json(layers) for row in result.outcome.rows],
        "ranges": [
            {"tokens": [one.first, one.last], "choice": one.choice.as_json(), "gain": one.gain}
            for one in result.ranges
        ],
        "tiles": result.tiles,
        "written": sorted(result.written.written) if result.written else [],
    }


def _show(result: Result, folder: Path) -> None:
    rows = []
    for row in result.outcome.rows:
        first = next(iter(row.verdict.compared.values()), None)
        gain, noise = (f"{first.gain:.3f}", f"{100 * first.noise:.1f} %") if first else ("-", "-")
        kept = "yes" if row.verdict.winner is not None else "no"
        rows.append((str(row.tokens), row.what, row.verdict.best or "none is right", gain, noise, kept))
    print_rows(_HEAD, rows)
    say = console().print
    for streams, one in result.end_to_end.compared.items() if result.end_to_end else ():
        say(f"end to end, {streams} streams: {one.gain:.3f} (noise {100 * one.noise:.1f} %)", markup=False)
    if not result.written:
        say("\nNothing is faster than vLLM's own by more than the noise: nothing was written.")
        return
    for name in result.written.written:
        say(f"wrote {folder / name}", markup=False)
    say("`nemotron serve` uses them from its next start. To undo: nemotron tune --undo")
