"""``nemotron install``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from nemotron_runtime.cli.transfer import Transfer, transfer
from nemotron_runtime.errors import ConfigError, SetupError


def install(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="Folder that `nemotron bundle` wrote.")],
    venv: Annotated[
        Path | None,
        typer.Option(
            "--venv",
            metavar="DIR",
            help="Install the wheels into this environment.",
            show_default="leave them",
        ),
    ] = None,
    caches: Annotated[
        Path | None,
        typer.Option(
            "--caches", metavar="DIR", help="Put the compiled caches here.", show_default="leave them out"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Check every byte of a bundle, then install it. Needs no network.

    Weights go into the cache of Hugging Face, and count as pulled. Where nemotron is not installed yet, run
    the bundle's own install.sh instead.
    """
    with transfer(as_json=as_json) as show:
        try:
            _install(bundle, venv, caches, show)
        except SetupError as fault:
            if as_json:
                show.event("error", "", message=fault.message)
            raise


def _install(bundle: Path, venv: Path | None, caches: Path | None, show: Transfer) -> None:
    from nemotron_runtime.bundle.install import Places
    from nemotron_runtime.bundle.install import install as installed
    from nemotron_runtime.bundle.manifest import read

    packed = read(bundle)
    if caches and packed.caches_bytes and (other := _other_card(packed.target.card)):
        show.event(
            "note", f"The caches are left out: they are for {packed.target.card}, and here is {other}."
        )
        caches = None
    installed(bundle, Places(venv, caches), show)
    command = f"{venv}/bin/nemotron" if venv else "nemotron"
    left = " Its caches were left out." if packed.caches_bytes and not caches else ""
    show.event(
        "done",
        f"Installed, every byte as it was packed.{left} Next: {command} doctor, then {command} serve",
        version=packed.version,
        repo=packed.weights and packed.weights.repo,
        venv=venv and str(venv),
        caches=caches and str(caches),
    )


def _other_card(wanted: str | None) -> Any:
    """A card of this machine that is another one than the bundle was packed for."""
    from nemotron_runtime.hardware import cards, probe

    for gpu in probe.gpus() if wanted else ():
        try:
            found = cards.named(gpu.name).name
        except ConfigError:
            found = gpu.name
        if found != wanted:
            return found
    return None
