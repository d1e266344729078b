"""``nemotron serve --background``, and what its verbs share."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Annotated

import typer

from nemotron_runtime.background import logfile, ports, servers
from nemotron_runtime.background.detach import detach
from nemotron_runtime.background.process import Process
from nemotron_runtime.background.servers import Server
from nemotron_runtime.cli.announce import Announcer, JsonAnnouncer, announcer
from nemotron_runtime.cli.output import CommandFault, ExitCode, Unreachable, clean, complain, error_console
from nemotron_runtime.cli.relay import Relay, event_of
from nemotron_runtime.errors import ConfigError
from nemotron_runtime.settings import Loaded, Settings

Run = Callable[[Loaded, Announcer, bool], int]
"""Serves to the end and returns the exit status; the flag: what it tells is JSON lines."""

_POLL_S = 0.1
_SHOWN_LINES = 10

Port = Annotated[
    int | None,
    typer.Option(
        "--port",
        metavar="INTEGER",
        min=1,
        max=65535,
        help="Port of the server.",
        show_default="the only one that runs",
    ),
]


class SeveralServers(CommandFault):
    """It is not said which one is meant."""

    exit_code = ExitCode.USAGE


def chosen(port: int | None) -> Server:
    """The server on the port, else the only one that runs, else the only one that died.

    Raises:
        Unreachable: There is none.
        SeveralServers: There are more.
    """
    found = [server for server in servers.known() if port in (None, server.port)]
    found = [server for server in found if server.process.alive] or found
    if not found:
        where = "" if port is None else f" on port {port}"
        raise Unreachable(f"no server runs in the background{where}. Start one: nemotron serve --background")
    if len(found) > 1:
        choices = ", ".join(str(server.port) for server in found)
        raise SeveralServers(f"several servers run in the background: choose one by --port ({choices})")
    return found[0]


def serve_in_background(loaded: Loaded, run: Run, *, as_json: bool) -> int:
    """Starts a server that outlives this command; the exit status once it is ready or has ended.

    Args:
        run: What is done there.

    Raises:
        ConfigError: The port is taken, or there is no room for its files.
    """
    settings = _with_port(loaded.settings)
    try:
        server = _start(settings)
    except OSError as error:
        where = error.filename or servers.folder()
        raise ConfigError(
            f"{where}: {error.strerror}: set XDG_STATE_HOME to a folder that can be written to"
        ) from error
    if server is None:
        return _serve(replace(loaded, settings=settings), run)
    with announcer(as_json=as_json) as announce, Relay(announce, as_json=as_json) as relay:
        return _watch(server, announce, relay)


def _start(settings: Settings) -> Server | None:
    """The server that begins; None in its own process."""
    log = logfile.path(settings.port)
    with servers.claim(settings.port):
        _check_port(settings)
        logfile.begin(log)
        if not (pid := detach(log)):
            return None
        server = _server(Process.of(pid), settings)
        servers.write(server)
        return server


def _with_port(settings: Settings) -> Settings:
    """A free port is chosen here, so that the run file can be named by it from the start."""
    if settings.port:
        return settings
    _check_port(settings)
    return settings.model_copy(update={"port": ports.free(settings.host)})


def _check_port(settings: Settings) -> None:
    if obstacle := ports.obstacle(settings.host, settings.port):
        raise ConfigError(f"{obstacle}: choose another --port or --host, or stop what is there")


def _server(process: Process, settings: Settings) -> Server:
    return Server(
        process=process,
        host=settings.host,
        port=settings.port,
        model=settings.model,
        log=logfile.path(settings.port),
        grace_s=settings.shutdown_grace_s,
    )


def _serve(loaded: Loaded, run: Run) -> int:
    try:
        with JsonAnnouncer() as announce:
            return run(loaded, announce, True)
    finally:
        servers.forget(loaded.settings.port, Process.of(os.getpid()))


def _watch(server: Server, announce: Announcer, relay: Relay) -> int:
    """Tells the start as the log does."""
    others: list[str] = []
    with suppress(KeyboardInterrupt), logfile.Tail(server.log) as log:
        while True:
            code = _ended(server.process.pid)
            for line in log.lines() if code is None else log.end():
                event = event_of(line)
                if event is None:
                    others.append(line)
                elif event["event"] == "ready":
                    announce.ready([*event["lines"], f"It runs in the background. {_hints(server)}"])
                    return ExitCode.OK
                else:
                    relay(event)
            if code is not None:
                return _failed(code, server, others)
            time.sleep(_POLL_S)
    announce.warn(f"it goes on starting. {_hints(server)}")
    return ExitCode.INTERRUPTED


def _ended(pid: int) -> int | None:
    """The exit status of the child, None while it runs; of one that was killed, that of a failed server."""
    done, status = os.waitpid(pid, os.WNOHANG)
    code = os.waitstatus_to_exitcode(status)
    return None if not done else code if code >= 0 else ExitCode.SERVER


def _hints(server: Server) -> str:
    return f"Log: {server.log}. See also: nemotron status, nemotron logs, nemotron stop"


def _failed(code: int, server: Server, lines: list[str]) -> int:
    servers.forget(server.port, server.process)
    for line in lines[-_SHOWN_LINES:]:
        error_console().print(clean(line), markup=False)
    complain(f"the server ended (exit code {code}) before it was ready. Log: {server.log}")
    return code or ExitCode.SERVER
