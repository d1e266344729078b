"""Clients in JavaScript: processes that take tasks on stdin."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.clients.base import Json, Work

FOLDER = Path(__file__).resolve().parents[2] / "clients/node"


def missing() -> str | None:
    """Why these clients can't run; None where they can."""
    if shutil.which("node") is None:
        return "Node.js is not installed"
    if not (FOLDER / "node_modules").is_dir():
        return "the npm clients are not installed (make node)"
    return None


@contextmanager
def node_client(script: str, base_url: str) -> Iterator[Work]:
    """Runs a script of tests/clients/node until the end of the block."""
    process = subprocess.Popen(
        ["node", script],
        cwd=FOLDER,
        env={**os.environ, "BASE_URL": base_url},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def work(task: Mapping[str, Any]) -> Json:
        print(json.dumps(task), file=process.stdin, flush=True)
        line = process.stdout.readline()  # type: ignore[union-attr]
        assert line, f"{script} ended with {process.wait()}; its words are on stderr"
        return json.loads(line)

    try:
        yield work
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(timeout=10)
