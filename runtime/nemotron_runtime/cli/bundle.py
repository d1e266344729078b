"""``nemotron bundle``."""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from nemotron_runtime import __version__
from nemotron_runtime.cli.transfer import Transfer, transfer
from nemotron_runtime.errors import SetupError, WeightsMissing


def bundle(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where it is written.")],
    weights: Annotated[
        str | None,
        typer.Option(
            "--weights", metavar="REPO", help="Pulled weights, or none.", show_default="the only ones pulled"
        ),
    ] = None,
    gpu: Annotated[
        str | None,
        typer.Option("--gpu", metavar="NAME", help="Card there, as `nemotron plan` names it."),
    ] = None,
    python: Annotated[
        str,
        typer.Option(
            "--python", metavar="PROGRAM", help="A Python of the version there.", show_default="own"
        ),
    ] = "",
    wheels: Annotated[
        list[Path] | None,
        typer.Option("--wheels", metavar="DIR", help="Further wheels, such as the one of this program."),
    ] = None,
    caches: Annotated[
        Path | None,
        typer.Option(
            "--caches", metavar="DIR", help="Compiled caches, made on the same card.", show_default="none"
        ),
    ] = None,
    part_gb: Annotated[
        float, typer.Option("--part-gb", metavar="NUMBER", min=0.001, help="Largest file of the archive.")
    ] = 4.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Pack wheels, pulled weights and caches into a folder, for a machine without network.

    It is for this kind of processor and Linux with glibc 2.35 or newer; pip fetches the wheels. Copy the
    whole folder there, and run its install.sh.
    """
    with transfer(as_json=as_json) as show:
        try:
            _bundle(folder, _contents(weights, gpu, python, wheels or [], caches), part_gb, show)
        except SetupError as fault:
            if as_json:
                show.event("error", "", message=fault.message)
            raise


def _contents(
    weights: str | None, gpu: str | None, python: str, wheels: list[Path], caches: Path | None
) -> Any:
    from nemotron_runtime.bundle import wheels as pip
    from nemotron_runtime.bundle.manifest import Target
    from nemotron_runtime.bundle.pack import Contents
    from nemotron_runtime.hardware import cards

    program = python or sys.executable
    card = cards.named(gpu).name if gpu else None
    return Contents(
        target=Target(python=pip.python_of(program), machine=platform.machine(), card=card),
        version=__version__,
        requirement=f"nemotron-runtime[cuda]=={__version__}",
        python=program,
        wheel_folders=tuple(wheels),
        weights=_pulled(weights),
        caches=caches,
    )


def _pulled(repo: str | None) -> Any:
    from nemotron_runtime.weights import receipt, verify

    if repo == "none":
        return None
    if repo:
        return verify.receipts(repo)[0]
    found = receipt.load_all()
    if len(found) != 1:
        names = ", ".join(one.repo for one in found) or "none are"
        raise WeightsMissing(
            f"which weights? Pulled here: {names}. Name one with --weights, or pull it first."
        )
    return found[0]


def _bundle(folder: Path, contents: Any, part_gb: float, show: Transfer) -> None:
    from nemotron_runtime.bundle.pack import pack

    packed = pack(contents, folder, int(part_gb * 1e9), show)
    total = sum(file.bytes for file in packed.files(folder).values())
    show.event(
        "done",
        f"{folder}: {len(packed.wheels)} wheels and {len(packed.parts)} parts, {total / 1e9:.2f} GB, for "
        f"{packed.target}. Copy all of it there, then: sh install.sh VENV",
        folder=str(folder),
        target=packed.target.model_dump(),
        version=packed.version,
        repo=packed.weights and packed.weights.repo,
        wheels=len(packed.wheels),
        parts=len(packed.parts),
        bytes=total,
    )
