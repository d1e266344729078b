"""Where results go."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from nemotron_runtime.cli.output import CommandFault

RESULTS = Path("benchmarks/results")


def result_file(out: Path | None) -> Path | None:
    """The file that a person names.

    Raises:
        typer.BadParameter: it is there already; said before anything is measured.
    """
    if out and out.exists():
        raise typer.BadParameter(f"{out} exists, and results are never overwritten", param_hint="--out")
    return out


def write_result(path: Path | None, document: Mapping[str, Any], name: str, *, local: bool = True) -> Path:
    """Writes a result whose ``facts`` say where it was measured.

    Args:
        path: None: a new file in benchmarks/results, or in the working folder where that isn't there.
        local: As of :func:`nemotron_bench.evidence.result_path`.

    Raises:
        CommandFault: it can't be written.
    """
    from nemotron_bench.evidence import BadEvidence, result_path, write_once

    folder = RESULTS if RESULTS.is_dir() else Path()
    where = path or result_path(folder, document["facts"], name, local=local)
    try:
        write_once(where, document)
    except BadEvidence as fault:
        raise CommandFault(str(fault)) from fault
    return where
