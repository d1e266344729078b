"""``nemotron plan``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from nemotron_runtime.cli.output import ExitCode, console, print_json, print_rows
from nemotron_runtime.hardware.here import cards_of
from nemotron_runtime.hardware.memory import GIB
from nemotron_runtime.hardware.plan import LADDER, Need, Plan, nearest
from nemotron_runtime.hardware.plan import plan as planned
from nemotron_runtime.models.spec import load_all

_SETTINGS = (
    *("variant", "repo", "context_tokens", "max_num_seqs", "max_num_batched_tokens", "kv_dtype", "ssm_dtype"),
    *("tensor_parallel", "replicas", "gpu_memory_utilization", "moe_backend", "block_tokens"),
)
_RATE = 100e6
"""Bytes a second that the download's time is told for."""


def plan(
    gpu: Annotated[
        str | None,
        typer.Option("--gpu", metavar="NAME", help="Plan for this card.", show_default="the ones here"),
    ] = None,
    count: Annotated[
        int | None, typer.Option("--count", metavar="INTEGER", min=1, help="Cards.", show_default="all")
    ] = None,
    variant: Annotated[
        Literal["auto", "bf16", "fp8", "nvfp4"],
        typer.Option("--variant", metavar="CHOICE", help="Weights. One of auto, bf16, fp8, nvfp4."),
    ] = "auto",
    context_tokens: Annotated[
        int,
        typer.Option(
            "--context-tokens", metavar="INTEGER", min=128, max=1 << 20, help="Of prompt and output."
        ),
    ] = 262144,
    ssm_dtype: Annotated[
        Literal["float32", "float16", "bfloat16"],
        typer.Option("--ssm-dtype", metavar="CHOICE", help="Of the SSM states."),
    ] = "float32",
    utilization: Annotated[
        float | None,
        typer.Option(
            "--utilization",
            metavar="NUMBER",
            min=0.1,
            max=1,
            help="Share of the memory to use.",
            show_default="the card's",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Work out how Nemotron 3 Nano is best served on a card, before anything is downloaded.

    Without --gpu it reads the cards of this machine. Exit code 3: nothing fits.
    """
    spec = next(spec for spec in load_all().values() if not spec.embedded)
    cards = cards_of(gpu, count)
    need = Need(
        context_tokens, None if variant == "auto" else variant, ssm=ssm_dtype, utilization=utilization
    )
    best = planned(spec, cards.kind, cards.count, need, cards.memory_gib)
    advice = None if best.fits else nearest(spec, cards.kind, cards.count, need, cards.memory_gib)
    if as_json:
        print_json(_document(best, advice))
    else:
        _show(best, advice)
    if advice:
        raise typer.Exit(ExitCode.SETUP)


def _document(best: Plan, advice: str | None) -> dict[str, Any]:
    gigabytes = best.variant.download_gb
    return {
        "fits": best.fits,
        "gpu": best.card.name,
        "count": best.count,
        "variant": best.variant.name,
        "repo": best.variant.repo,
        "context_tokens": best.context_tokens,
        "max_num_seqs": best.max_sequences,
        "max_num_batched_tokens": best.batched_tokens,
        "kv_dtype": best.kv,
        "ssm_dtype": best.ssm,
        "tensor_parallel": best.tensor_parallel,
        "replicas": best.replicas,
        "gpu_memory_utilization": best.utilization,
        "moe_backend": best.moe_backend or "auto",
        "block_tokens": best.pool.block_tokens,
        "blocks": best.pool.blocks(max(0, int(best.free_gib * GIB))),
        "weights_gib": round(best.weights_gib, 2),
        "memory_gib": {name: round(gib, 2) for name, gib in best.memory.items()},
        "sequences_at": {str(tokens): round(best.sequences(tokens), 2) for tokens in LADDER},
        "longest_tokens": best.longest,
        "download_gb": gigabytes,
        "download_minutes_at_100_mb_s": gigabytes and round(gigabytes * 1e9 / _RATE / 60, 1),
        "untested": best.card.untested,
        "evidence": best.card.evidence,
        "why": list(best.why),
        "advice": advice,
        "vllm_serve": best.command,
    }


def _show(best: Plan, advice: str | None) -> None:
    say = console().print
    facts = _document(best, advice)
    say(f"{best.count} x {best.card.name}, {best.memory_gib:.1f} GiB each\n", style="bold", markup=False)
    if advice:
        say(
            f"Nothing fits: {best.variant.name} weights and {best.context_tokens:,} tokens. {advice}\n",
            style="bold red",
            markup=False,
        )
    print_rows(("setting", "value"), [(name, str(facts[name])) for name in _SETTINGS])
    say("\nMemory of each GPU, GiB", style="bold")
    print_rows(("for", "GiB"), [(name, f"{gib:.2f}") for name, gib in best.memory.items()])
    say("\nSequences at the same time, on each replica", style="bold")
    print_rows(
        ("tokens", "sequences"),
        [(f"{tokens:,}", f"{best.sequences(tokens):.1f}") for tokens in LADDER],
    )
    say(
        f"\nDownload: {facts['download_gb']} GB, "
        f"{facts['download_minutes_at_100_mb_s']} min at 100 MB/s.\n\nWhy",
        markup=False,
    )
    for reason in best.why:
        say(f"- {reason}", markup=False)
    if best.card.evidence:
        say(f"- Evidence: {best.card.evidence}.", markup=False)
    if best.card.untested:
        say("- Worked out by arithmetic: this project has not run the model on this card.", markup=False)
    say(f"\nThe same in vLLM's own words:\n{best.command}", markup=False)
