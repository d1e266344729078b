"""``nemotron bench compare``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nemotron_runtime.cli.output import clean, console, print_json, print_rows

if TYPE_CHECKING:
    from nemotron_bench.compare import Comparison

_HEAD = ("load", "figure", "A", "B", "B / A", "spread", "verdict")


def compare(
    first: Annotated[Path, typer.Argument(metavar="FIRST", help="A, a result of `nemotron bench serve`.")],
    second: Annotated[Path, typer.Argument(metavar="SECOND", help="B, another one.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Say what differs between two runs: first the set-up, then the speed, with its spread.

    A difference that repeats of one run show among themselves, too, is called noise; below three repeats a
    side nothing is called a gain.
    """
    from dataclasses import asdict

    from nemotron_bench.compare import compare as held_against
    from nemotron_bench.evidence import BadEvidence, read

    try:
        found = held_against(read(first), read(second))
    except BadEvidence as fault:
        raise typer.BadParameter(str(fault)) from fault
    if as_json:
        print_json(asdict(found))
    else:
        _show(found)


def _show(found: Comparison) -> None:
    say = console().print
    say("Set-up:" if found.setup else "Set-up: no difference.")
    for one in found.setup:
        say(clean(f"  {one.name}: {one.a} | {one.b}"), markup=False)
    for line in found.warnings:
        say(clean(f"  careful: {line}"), markup=False)
    say("")
    rows = [
        (
            one.label,
            one.figure,
            f"{one.a:.4g}",
            f"{one.b:.4g}",
            "-" if one.ratio is None else f"{one.ratio:.3f}",
            "-" if one.spread is None else f"{one.spread:.1%}",
            one.verdict,
        )
        for one in found.figures
    ]
    if rows:
        print_rows(_HEAD, rows)
    else:
        say("No load is in both runs, so nothing is compared.")
