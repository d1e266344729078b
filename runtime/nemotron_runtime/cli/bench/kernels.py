"""``nemotron bench kernels``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from nemotron_runtime.cli.bench.results import RESULTS
from nemotron_runtime.cli.output import clean, console, print_json
from nemotron_runtime.errors import KernelUnavailable

_MOST_TOKENS = 8192


def kernels(
    tokens: Annotated[
        str | None,
        typer.Option(
            "--tokens", metavar="LIST", help="Only these batches, as in 1,8,64.", show_default="all"
        ),
    ] = None,
    dtype: Annotated[
        Literal["bf16", "fp8"], typer.Option("--dtype", metavar="CHOICE", help="Weights: bf16 or fp8.")
    ] = "bf16",
    layers: Annotated[
        int | None,
        typer.Option(
            "--layers",
            metavar="INTEGER",
            min=1,
            help="With weights of their own.",
            show_default="20 if they fit",
        ),
    ] = None,
    seconds: Annotated[
        float,
        typer.Option("--seconds", metavar="FLOAT", min=1, help="Begin no further section after so long."),
    ] = 3600.0,
    tensor_parallel: Annotated[
        int,
        typer.Option("--tensor-parallel", metavar="INTEGER", min=1, max=2, help="GPUs that share a layer."),
    ] = 1,
    tuned: Annotated[
        Path | None,
        typer.Option(
            "--tuned", metavar="FOLDER", help="Files of `nemotron tune`.", show_default="reasoned tiles"
        ),
    ] = None,
    whole_model: Annotated[
        bool, typer.Option("--whole-model", help="Engines with random weights instead of single layers.")
    ] = False,
    model: Annotated[
        Path | None,
        typer.Option("--model", metavar="FOLDER", help="With a config.json, for --whole-model."),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder",
            metavar="FOLDER",
            help="Where the result is written.",
            show_default="benchmarks/results",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Measure the expert kernels against vLLM's own and FlashInfer's on this machine's GPU.

    Outputs are checked against float64 before any time is taken. Exit code 1: one of ours is wrong.
    """
    if model and not whole_model:
        raise typer.BadParameter("--model is for --whole-model")
    if whole_model and (tokens or tensor_parallel > 1):
        raise typer.BadParameter("--whole-model goes without --tokens and --tensor-parallel")
    os.environ.setdefault("VLLM_PLUGINS", "")  # the baseline is vLLM without our plugin
    from nemotron_bench.kernels.command import TOKENS, NothingTuned, Options, is_wrong, measure, table
    from nemotron_kernels.tune.card import NoCard

    options = Options(
        folder=folder or (RESULTS if RESULTS.is_dir() else Path()),
        tokens=_counts(tokens) if tokens else TOKENS,
        dtype=dtype,
        layers=layers,
        seconds=seconds,
        tensor_parallel=1 if tensor_parallel == 1 else 2,
        tuned=tuned,
        whole_model=whole_model,
        model=model,
    )
    say = console().print
    try:
        result, path = measure(options, lambda row: None if as_json else say(clean(row), markup=False))
    except (NoCard, NothingTuned) as fault:
        raise KernelUnavailable(f"{fault}.") from fault
    if as_json:
        print_json({**result, "file": str(path)})
    else:
        say(clean("\n".join(["", *table(result), f"wrote {path}"])), markup=False)
    if is_wrong(result):
        raise typer.Exit(1)


def _counts(text: str) -> tuple[int, ...]:
    try:
        found = sorted({int(word) for word in text.split(",")})
    except ValueError:
        raise typer.BadParameter(f"--tokens is a list of whole numbers, as in 1,8,64, not {text!r}") from None
    if found[0] < 1 or found[-1] > _MOST_TOKENS:
        raise typer.BadParameter(f"--tokens are from 1 to {_MOST_TOKENS}, not {text!r}")
    return tuple(found)
