"""``nemotron stop``."""

from __future__ import annotations

from typing import Annotated

import typer

from nemotron_runtime.background import stopping
from nemotron_runtime.cli.background import Port, chosen
from nemotron_runtime.cli.output import CommandFault, console, error_console


def stop(
    port: Port = None,
    now: Annotated[
        bool, typer.Option("--now", help="Kill it where it has not ended after some seconds.")
    ] = False,
) -> None:
    """Stop a server in the background. Running requests get the time of --shutdown-grace-s to end."""
    server = chosen(port)
    was_alive = server.process.alive
    if not stopping.stop(server, now=now, tell=_draining):
        raise CommandFault(
            f"process {server.process.pid} has not ended yet. Wait on with `nemotron stop`, "
            "or end it with `nemotron stop --now`"
        )
    what = "stopped" if was_alive else "was dead already; its run file is removed"
    console().print(f"{server.base_url} {what}", markup=False)


def _draining(open_now: int) -> None:
    if open_now:
        noun = "connection is" if open_now == 1 else "connections are"
        error_console().print(f"{open_now} {noun} still open, to be answered; --now would cut that off")
