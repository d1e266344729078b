"""``nemotron doctor``."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from nemotron_runtime.cli.output import ExitCode, clean, console, print_json
from nemotron_runtime.doctor.checks import examine
from nemotron_runtime.doctor.finding import Finding, State, worst
from nemotron_runtime.settings import config_file

_STYLES = {State.OK: "green", State.WARNING: "bold yellow", State.WRONG: "bold red"}
_INDENT = " " * 24


def doctor(
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="TOML file with settings.",
            show_default="the user's own, if there",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="TEXT", help="As for serve.", show_default="as for serve"),
    ] = None,
    host: Annotated[
        str | None,
        typer.Option("--host", metavar="TEXT", help="As for serve.", show_default="as for serve"),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", metavar="INTEGER", min=0, max=65535, help="As for serve.", show_default="as for serve"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Look at this machine, and say what is wrong and what to do. Exit code 3: something is wrong.

    It starts nothing and changes nothing. Warnings leave the exit code at 0.
    """
    from nemotron_runtime.doctor.probe.gather import gather

    flags: dict[str, Any] = {"model": model, "host": host, "port": port}
    findings = examine(gather(flags, os.environ, config_file(config)))
    if as_json:
        print_json({"state": worst(findings), "findings": [asdict(finding) for finding in findings]})
    else:
        _show(findings)
    if worst(findings) is State.WRONG:
        raise typer.Exit(ExitCode.SETUP)


def _show(findings: Sequence[Finding]) -> None:
    say = console().print
    for finding in findings:
        state = (f"{finding.state:<9}", _STYLES[finding.state])
        say(Text.assemble(state, f"{finding.name:<15}", clean(finding.seen)))
        if finding.advice:
            say(f"{_INDENT}{clean(finding.advice)}", style="bold", markup=False)
    counts = Counter(finding.state for finding in findings)
    bad = [f"{counts[state]} {state}" for state in (State.WRONG, State.WARNING) if counts[state]]
    say("\n" + (", ".join(bad) if bad else "All is well."), markup=False)
