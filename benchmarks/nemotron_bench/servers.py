"""A server to measure: one that runs already, by its URL, or one that is started by its command."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from nemotron_bench.http1 import BadUrl
from nemotron_bench.target import BadServer, NoServer, find_model

READY_S = 1800.0
"""A 30B on a cold disk, with kernels to compile, takes minutes."""
END_S = 60.0

_LOOK_S = 0.1
_TAIL = 2000
_STATES = ("/ready", "/health")
_BASES = ("/api/v1", "/v1")


class ServerFailed(Exception):
    """A server that can't be started, reached or understood. The message says what to do next."""


@dataclass(frozen=True, slots=True)
class Command:
    """How a server is started.

    Attributes:
        words: Program and arguments; ``{port}`` in them stands for a free port. Where no word has it,
            ``--port PORT`` is added.
        environ: Variables beside those of this process.
    """

    words: tuple[str, ...]
    environ: Mapping[str, str] = field(default_factory=dict)

    def on(self, port: int) -> list[str]:
        """The command for a port."""
        if any("{port}" in word for word in self.words):
            return [word.replace("{port}", str(port)) for word in self.words]
        return [*self.words, "--port", str(port)]


@dataclass(frozen=True, slots=True)
class Server:
    """One that answers.

    Attributes:
        base_url: With its path, as in ``http://127.0.0.1:8000/api/v1``.
        model: What requests ask for.
        key: For the Authorization header; never written anywhere.
        ready_s: From the command to the first good answer; None where it ran already.
    """

    base_url: str
    model: str
    key: str | None = None
    ready_s: float | None = None

    @property
    def origin(self) -> str:
        """The URL without its path."""
        return str(httpx.URL(self.base_url).copy_with(path="/")).rstrip("/")


def parse(text: str) -> str | Command:
    """A URL as it is, anything else as a command.

    Raises:
        ServerFailed: neither can be read in it.
    """
    if text.startswith(("http://", "https://")):
        return text.rstrip("/")
    try:
        words = tuple(shlex.split(text))
    except ValueError as fault:
        raise ServerFailed(f"{text!r} is no command: {fault}") from fault
    if not words:
        raise ServerFailed("a server is named by a URL or by a command that starts it, not by nothing")
    return Command(words)


def reach(base_url: str, model: str | None = None, key: str | None = None) -> Server:
    """A server that runs already.

    Args:
        model: To ask for; None: the first one that ``/models`` lists.

    Raises:
        ServerFailed: it doesn't answer, or lists no model.
    """
    try:
        return Server(base_url, model or find_model(base_url, key), key)
    except (BadServer, BadUrl) as fault:
        raise ServerFailed(str(fault)) from fault
    except NoServer as fault:
        raise ServerFailed(f"{fault}; start it, or check the URL") from fault


@contextmanager
def running(
    command: Command, log: Path, model: str | None = None, ready_s: float = READY_S
) -> Iterator[Server]:
    """Starts a server, waits until it answers, and ends it with all of its processes.

    Args:
        log: File for its output.
        model: As of :func:`reach`.
        ready_s: How long it may take.

    Raises:
        ServerFailed: it can't be run, ends, or isn't ready in time; with the end of its log.
    """
    port = free_port()
    log.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with log.open("wb") as output:
        process = _popen(command, port, output)
    try:
        base_url = _wait(process, port, log, began + ready_s)
        took_s = time.monotonic() - began
        found = reach(base_url, model)
        yield Server(base_url, found.model, ready_s=took_s)
    finally:
        end(process)


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end(process: subprocess.Popen[bytes], patience_s: float = END_S) -> None:
    """Asks the server to end, then ends whatever is left of its process group."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(patience_s)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _popen(command: Command, port: int, output: Any) -> subprocess.Popen[bytes]:
    words = command.on(port)
    environ = {**os.environ, **command.environ}
    try:
        return subprocess.Popen(  # noqa: S603  (it is the user's own command)
            words, stdout=output, stderr=subprocess.STDOUT, env=environ, start_new_session=True
        )
    except OSError as fault:
        raise ServerFailed(f"{words[0]} can't be run: {fault.strerror}") from fault


def _wait(process: subprocess.Popen[bytes], port: int, log: Path, deadline: float) -> str:
    """The base URL, once the server says that it is ready and lists its models."""
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerFailed(_said(f"the server ended with {process.returncode}", log))
        if (base_url := _answering(f"http://127.0.0.1:{port}")) is not None:
            return base_url
        time.sleep(_LOOK_S)
    raise ServerFailed(_said("the server was not ready in time", log))


def _answering(origin: str) -> str | None:
    with httpx.Client(timeout=5) as client:
        try:
            if not _is_ready(client, origin):
                return None
            for base in _BASES:
                if client.get(f"{origin}{base}/models").is_success:
                    return f"{origin}{base}"
        except httpx.HTTPError:
            return None
    return None


def _is_ready(client: httpx.Client, origin: str) -> bool:
    """By the first of the usual routes that is there. ``/health`` of ours says that it lives, no more."""
    for route in _STATES:
        status = client.get(origin + route).status_code
        if status != httpx.codes.NOT_FOUND:
            return status == httpx.codes.OK
    return True


def _said(fault: str, log: Path) -> str:
    end_of_log = log.read_text(errors="replace")[-_TAIL:].strip() or "(nothing was written)"
    return f"{fault}; its log, {log}, ends:\n{end_of_log}"
