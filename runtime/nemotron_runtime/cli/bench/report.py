"""``nemotron bench report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nemotron_runtime.cli.output import console
from nemotron_runtime.errors import ConfigError


def report(
    files: Annotated[list[Path], typer.Argument(metavar="FILES", help="Results of `nemotron bench serve`.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FOLDER",
            help="Where it is written.",
            show_default="a folder beside the first file",
        ),
    ] = None,
) -> None:
    """Draw results: a self-contained HTML page, and each chart as a PNG.

    Several files share the charts, so that servers stand beside each other.
    """
    from nemotron_bench.evidence import BadEvidence, read
    from nemotron_bench.report import NoPlots, write_report

    folder = out or files[0].with_suffix("")
    try:
        runs = [read(path) for path in files]
        written = write_report(folder, runs)
    except BadEvidence as fault:
        raise typer.BadParameter(str(fault)) from fault
    except NoPlots as fault:
        raise ConfigError(str(fault)) from fault
    for path in written:
        console().print(f"wrote {path}", markup=False)
