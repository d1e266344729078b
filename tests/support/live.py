"""The real command with the real engine, in a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

DEMO = "nemotron-runtime/embedded-demo"
LOG = "serve.log"
START_S = 240
END_S = 60


@contextmanager
def live_server(folder: Path, *flags: str, model: str = DEMO, program: Path | None = None) -> Iterator[str]:
    """Runs ``nemotron serve``; yields its URL once it is ready.

    Args:
        folder: For the log.
        flags: Further flags of the command.
        program: The command; by default the one of the running environment.

    Raises:
        AssertionError: it doesn't get ready, or doesn't end well, with the end of its log.
    """
    log = folder / LOG
    port = _free_port()
    command = [
        str(program or Path(sys.executable).with_name("nemotron")),
        "serve",
        f"--model={model}",
        f"--port={port}",
        *flags,
    ]
    with (
        log.open("wb") as out,
        subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, start_new_session=True) as process,
    ):
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(process, url, log)
            yield url
            process.send_signal(signal.SIGTERM)
            code = process.wait(END_S)
            assert code == 0, f"nemotron serve ended with {code}:\n{_tail(log)}"
        finally:
            with suppress(ProcessLookupError):  # what it started, too
                os.killpg(process.pid, signal.SIGKILL)


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while not _ready(url):
        assert process.poll() is None, f"nemotron serve ended with {process.returncode}:\n{_tail(log)}"
        assert time.monotonic() < deadline, f"nemotron serve is not ready after {START_S} s:\n{_tail(log)}"
        time.sleep(0.25)


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/ready", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-40:])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
