"""``nemotron serve`` for the time of an exam."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

START_S = 600
END_S = 60

_BASE = re.compile(r"http://\S+/api/v1")


@contextmanager
def serving(model: str, log: Path) -> Iterator[str]:
    """Serves a model on a free port; yields the base URL once it is ready.

    Args:
        model: A slug or a folder with weights.
        log: File for the server's output.
    """
    command = [str(Path(sys.executable).with_name("nemotron")), "serve", "--port", "0", "--model", model]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)  # noqa: S603
    try:
        yield _wait(process, log)
    finally:
        process.terminate()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        found = _BASE.search(log.read_text(errors="replace"))
        if found and _ready(found[0]):
            return found[0]
        time.sleep(0.2)
    raise SystemExit(
        f"nemotron serve did not get ready, see {log}:\n{log.read_text(errors='replace')[-2000:]}"
    )


def _ready(base: str) -> bool:
    try:
        return httpx.get(f"{base.removesuffix('/api/v1')}/ready", timeout=5).is_success
    except httpx.HTTPError:
        return False
