"""``nemotron status``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from nemotron_runtime.background import servers
from nemotron_runtime.cli.background import Port
from nemotron_runtime.cli.output import ExitCode, clean, console, print_json

if TYPE_CHECKING:
    from nemotron_runtime.background.state import State


def status(
    port: Port = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Tell how the servers in the background are. Exit code 4: none runs.

    A run file whose process is gone is reported once, as dead, and removed.
    """
    from nemotron_runtime.background.state import DEAD, look

    states = [look(server) for server in servers.known() if port in (None, server.port)]
    for state in states:
        if state.state == DEAD:
            servers.forget(state.server.port, state.server.process)
    if as_json:
        print_json({"servers": [_document(state) for state in states]})
    else:
        _show(states)
    if all(state.state == DEAD for state in states):
        raise typer.Exit(ExitCode.UNREACHABLE)


def _document(state: State) -> dict[str, Any]:
    server = state.server
    return {
        "state": state.state,
        "base_url": server.base_url,
        "host": server.host,
        "port": server.port,
        "pid": server.process.pid,
        "model": state.model or server.model,
        "uptime_s": None if state.uptime_s is None else round(state.uptime_s, 1),
        "engine_restarts": state.engine_restarts,
        "log": str(server.log),
    }


def _show(states: list[State]) -> None:
    say = console().print
    if not states:
        say("No server runs in the background.")
    for state in states:
        server = state.server
        say(f"{state.state}  {server.base_url}", style="bold", markup=False)
        facts = {
            "model": clean(state.model or server.model),
            "process": str(server.process.pid),
            "up": "" if state.uptime_s is None else duration(state.uptime_s),
            "engine restarts": "" if state.engine_restarts is None else str(state.engine_restarts),
            "log": str(server.log),
        }
        for name, fact in facts.items():
            if fact:
                say(f"  {name:<16}{fact}", markup=False)
        if state.uptime_s is None:
            say("  It ended without a word: its run file was stale and is removed.", style="yellow")


def duration(seconds: float) -> str:
    """``2 d 3 h``, ``4 min 5 s``: the two largest units."""
    left = int(seconds)
    days, left = divmod(left, 86400)
    hours, left = divmod(left, 3600)
    minutes, left = divmod(left, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (left, "s")]
    first = next((at for at, (count, _) in enumerate(parts) if count), len(parts) - 1)
    return " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2])
