"""``nemotron pull``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from nemotron_runtime.cli.output import CommandFault, ExitCode
from nemotron_runtime.cli.transfer import Transfer, quieten, transfer
from nemotron_runtime.errors import HardwareUnsupported, SetupError

if TYPE_CHECKING:
    from nemotron_runtime.models.spec import Variant
    from nemotron_runtime.weights.listing import Listing
    from nemotron_runtime.weights.pull import Order
    from nemotron_runtime.weights.receipt import Receipt

Weights = Literal["auto", "bf16", "fp8", "nvfp4"]


class NotConfirmed(CommandFault):
    """Nobody has agreed to the download."""

    exit_code = ExitCode.USAGE


def pull(
    repo: Annotated[
        str | None,
        typer.Argument(metavar="REPO", help="OWNER/NAME on the hub.", show_default="what --variant says"),
    ] = None,
    variant: Annotated[
        Weights,
        typer.Option(
            "--variant",
            metavar="CHOICE",
            help="One of auto, bf16, fp8, nvfp4; auto is what `nemotron plan` says.",
        ),
    ] = "auto",
    revision: Annotated[
        str | None,
        typer.Option("--revision", metavar="NAME", help="Branch, tag or commit.", show_default="the newest"),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Download without asking.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be downloaded.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Download weights and check every byte; run it again to go on where it stopped.

    They go into the cache of Hugging Face, whose variables hold: HF_HOME, HF_HUB_CACHE, HF_TOKEN,
    HF_ENDPOINT, HF_HUB_OFFLINE.
    """
    quieten()
    with transfer(as_json=as_json) as show:
        try:
            _pull(*_wanted(repo, variant, revision), show, yes=yes, dry_run=dry_run)
        except (SetupError, CommandFault) as fault:
            if as_json:
                show.event("error", "", message=str(fault))
            raise


def chosen_variant(name: Weights) -> Variant:
    """The variant of this name; ``auto``: what is planned for the cards of this machine.

    Raises:
        HardwareUnsupported: There is no card, or none that the model fits.
    """
    from nemotron_runtime.hardware.here import found
    from nemotron_runtime.hardware.plan import SHORTEST, Need, nearest
    from nemotron_runtime.hardware.plan import plan as planned
    from nemotron_runtime.hardware.probe import gpus
    from nemotron_runtime.models.spec import load_all

    spec = next(spec for spec in load_all().values() if not spec.embedded)
    if name != "auto":
        return spec.variant(name)
    if not (here := gpus()):
        raise HardwareUnsupported(
            "no NVIDIA GPU is found here to choose weights for: name them, as in nemotron pull --variant fp8"
        )
    cards, need = found(here), Need(spec.context_tokens)
    best = planned(spec, cards.kind, cards.count, need, cards.memory_gib)
    if best.longest < SHORTEST:
        raise HardwareUnsupported(nearest(spec, cards.kind, cards.count, need, cards.memory_gib))
    return best.variant


def _wanted(repo: str | None, variant: Weights, revision: str | None) -> tuple[str, str | None]:
    if repo is None:
        chosen = chosen_variant(variant)
        return chosen.repo, revision or chosen.revision
    if variant != "auto":
        raise typer.BadParameter("--variant names a repository of its own: give it, or REPO, not both")
    return repo, revision


def _pull(repo: str, revision: str | None, show: Transfer, *, yes: bool, dry_run: bool) -> None:
    from nemotron_runtime.weights import pull as weights

    def agree(order: Order) -> None:
        agreed(order, show, yes=yes or dry_run)
        if dry_run:
            raise typer.Exit

    receipt = weights.pull(repo, revision, agree, show)
    show.event(
        "done",
        f"{receipt.repo} at {receipt.commit[:12]} is whole: {receipt.folder}",
        **_facts(receipt),
        folder=str(receipt.folder),
    )


def agreed(order: Order, show: Transfer, *, yes: bool) -> None:
    """Tells what would be downloaded, and asks on the terminal.

    Args:
        yes: Doesn't ask.

    Raises:
        DiskFull: It does not fit.
        NotConfirmed: The answer is no, or there is no terminal to ask at.
    """
    _tell(show, order)
    order.check_room()
    if order.fetch_bytes and not yes:
        _ask(order)


def _tell(show: Transfer, order: Order) -> None:
    listing = order.listing
    text = (
        f"{listing.repo} at {listing.commit[:12]} ({listing.revision})\n"
        f"licence   {listing.licence}\n"
        f"files     {len(listing.files)} of {listing.bytes / 1e9:.2f} GB\n"
        f"download  {order.fetch_bytes / 1e9:.2f} GB\n"
        f"free      {order.free_bytes / 1e9:.2f} GB"
    )
    show.event(
        "order",
        text,
        **_facts(listing),
        licence=listing.licence,
        gated=listing.gated,
        files=len(listing.files),
        download_bytes=order.fetch_bytes,
        check_bytes=order.check_bytes,
        free_bytes=order.free_bytes,
    )


def _facts(state: Listing | Receipt) -> dict[str, Any]:
    return {
        "repo": state.repo,
        "revision": state.revision,
        "commit": state.commit,
        "bytes": state.bytes,
    }


def _ask(order: Order) -> None:
    if not sys.stdin.isatty():
        raise NotConfirmed(
            f"{order.fetch_bytes / 1e9:.2f} GB would be downloaded, and there is no terminal to ask at: "
            "add --yes."
        )
    if not typer.confirm("Download?", err=True):
        raise NotConfirmed("nothing was downloaded.")
