"""``nemotron logs``."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from nemotron_runtime.background import logfile
from nemotron_runtime.background.servers import Server
from nemotron_runtime.cli.background import Port, chosen
from nemotron_runtime.cli.output import ExitCode, Unreachable, clean

_POLL_S = 0.2


def logs(
    port: Port = None,
    lines: Annotated[
        int, typer.Option("--lines", "-n", metavar="INTEGER", min=0, help="Lines from the end.")
    ] = 50,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with new lines until the server ends.")
    ] = False,
) -> None:
    """Print the end of the log of a server in the background; of one that has ended, too."""
    server, log = _log(port)
    try:
        with logfile.Tail(log, last=lines) as tail:
            while follow and server and server.process.alive:
                _print(tail.lines())
                time.sleep(_POLL_S)
            _print(tail.end())
    except FileNotFoundError:
        raise Unreachable(f"there is no log at {log}") from None
    except KeyboardInterrupt:
        raise typer.Exit(ExitCode.INTERRUPTED) from None


def _log(port: int | None) -> tuple[Server | None, Path]:
    """Of the chosen server, else of the one that ended last."""
    try:
        server = chosen(port)
    except Unreachable:
        log = logfile.newest() if port is None else logfile.path(port)
        if log is None:
            raise
        return None, log
    return server, server.log


def _print(lines: list[str]) -> None:
    sys.stdout.writelines(f"{clean(line)}\n" for line in lines)
    sys.stdout.flush()
