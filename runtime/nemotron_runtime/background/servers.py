"""The run files: one for each port, so that a server is found again. Written whole or not at all."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import platformdirs

from nemotron_runtime.background.process import Process
from nemotron_runtime.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Server:
    """A server as its run file knows it.

    Attributes:
        model: The setting: a slug, a folder, or ``auto``.
        grace_s: How long running requests get once it is told to stop.
    """

    process: Process
    host: str
    port: int
    model: str
    log: Path
    grace_s: float

    @property
    def base_url(self) -> str:
        """Where clients find it."""
        return f"http://{_in_url(self.host)}:{self.port}/api/v1"

    @property
    def probe_url(self) -> str:
        """Where this machine finds it, without a path."""
        own = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        return f"http://{_in_url(own)}:{self.port}"


def folder() -> Path:
    """Where run files are."""
    return platformdirs.user_state_path("nemotron") / "run"


def known() -> tuple[Server, ...]:
    """Every server with a run file, by port, dead ones too. Files that can't be read are left out."""
    found = (_read(path) for path in folder().glob("*.json"))
    return tuple(sorted((server for server in found if server), key=lambda server: server.port))


@contextmanager
def claim(port: int) -> Iterator[None]:
    """Holds the run files while a server for the port is started; its run file is to be written inside.

    A process that is forked inside must leave the block, too: the lock ends with the last of them.

    Raises:
        ConfigError: A server is on the port already.
    """
    with _lock():
        if (other := _read(_path(port))) and other.process.alive:
            raise ConfigError(
                f"a server runs on port {port} already (process {other.process.pid}). "
                f"Stop it with `nemotron stop --port {port}`, or choose another --port"
            )
        yield


def write(server: Server) -> None:
    """Writes the run file; call it inside :func:`claim`."""
    document = {**asdict(server), "log": str(server.log)}
    with tempfile.NamedTemporaryFile("w", dir=folder(), suffix=".new", delete=False) as file:
        file.write(json.dumps(document, indent=2) + "\n")
    Path(file.name).replace(_path(server.port))


def forget(port: int, process: Process) -> None:
    """Removes the run file, unless it is a later server's."""
    with _lock():
        if (server := _read(_path(port))) and server.process == process:
            _path(port).unlink(missing_ok=True)


def _path(port: int) -> Path:
    return folder() / f"{port}.json"


def _read(path: Path) -> Server | None:
    with suppress(OSError, ValueError, KeyError, TypeError):
        fields = json.loads(path.read_text(encoding="utf-8"))
        return Server(
            process=Process(**fields["process"]),
            host=str(fields["host"]),
            port=int(fields["port"]),
            model=str(fields["model"]),
            log=Path(fields["log"]),
            grace_s=float(fields["grace_s"]),
        )
    return None


@contextmanager
def _lock() -> Iterator[None]:
    """Closing, not unlocking: a forked process that leaves must not free its parent's lock."""
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(folder() / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
