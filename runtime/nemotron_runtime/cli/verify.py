"""``nemotron verify``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from nemotron_runtime.cli.output import ExitCode
from nemotron_runtime.cli.pull import Weights, chosen_variant
from nemotron_runtime.cli.transfer import Transfer, transfer
from nemotron_runtime.errors import SetupError

if TYPE_CHECKING:
    from nemotron_runtime.weights.receipt import Receipt


def verify(
    repo: Annotated[
        str | None,
        typer.Argument(metavar="REPO", help="OWNER/NAME on the hub.", show_default="all that were pulled"),
    ] = None,
    variant: Annotated[
        Weights,
        typer.Option("--variant", metavar="CHOICE", help="One of bf16, fp8, nvfp4.", show_default="all"),
    ] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Read pulled weights again, and compare every byte with what the hub named. Needs no network."""
    from nemotron_runtime.weights import verify as weights

    if repo and variant != "auto":
        raise typer.BadParameter("--variant names a repository of its own: give it, or REPO, not both")
    if variant != "auto":
        repo = chosen_variant(variant).repo
    with transfer(as_json=as_json) as show:
        whole = [_verify(receipt, show) for receipt in weights.receipts(repo)]
    if not all(whole):
        raise typer.Exit(ExitCode.SETUP)


def _verify(receipt: Receipt, show: Transfer) -> bool:
    """One that is not whole must not hide another."""
    from nemotron_runtime.weights import verify as weights

    try:
        weights.verify(receipt, show)
    except SetupError as fault:
        show.event("error", f"error: {fault.message}", repo=receipt.repo, message=fault.message)
        return False
    show.event(
        "done",
        f"{receipt.repo} at {receipt.commit[:12]}: all {len(receipt.files)} files are right",
        repo=receipt.repo,
        commit=receipt.commit,
        bytes=receipt.bytes,
        folder=str(receipt.folder),
    )
    return True
