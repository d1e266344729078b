"""A browser for all tests of the pages, and servers with and without figures."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.app import Running, scripted_server
from support.clients.plays import players
from support.page_stats import EMPTY, seeded, telling

FOLDER = Path(__file__).parent / "browser"
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")

Browse = Callable[..., Any]
"""Runs a check of tests/web/browser/checks by name, fails as it fails, returns what it saw."""


def _chromium() -> str:
    if shutil.which("node") is None:
        pytest.skip("Node.js is not installed")
    if not (FOLDER / "node_modules").is_dir():
        pytest.skip("the browser's driver is not installed (make node)")
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    return found or pytest.skip("no Chromium is here (Debian: apt-get install chromium)")


@pytest.fixture(scope="session")
def browse() -> Iterator[Browse]:
    process = subprocess.Popen(
        ["node", "worker.mjs"],
        cwd=FOLDER,
        env={**os.environ, "CHROMIUM": _chromium()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def run(check: str, url: str, **task: Any) -> Any:
        print(json.dumps({"do": check, "url": url, **task}), file=process.stdin, flush=True)
        line = process.stdout.readline()  # type: ignore[union-attr]
        assert line, f"the browser's driver ended with {process.wait()}; its words are on stderr"
        result = json.loads(line)
        assert "error" not in result, result["error"]
        return result["seen"]

    try:
        yield run
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(timeout=30)


@pytest.fixture(scope="session")
def shots() -> str | None:
    """Where screenshots go: the folder that the variable SCREENSHOTS names."""
    return os.environ.get("SCREENSHOTS")


@pytest.fixture(scope="module")
def used(demo) -> Iterator[Running]:
    """A box with a past."""
    with scripted_server(demo, players(demo.tokens), wrap=telling(seeded())) as running:
        yield running


@pytest.fixture(scope="module")
def fresh(demo) -> Iterator[Running]:
    """A box without one."""
    with scripted_server(demo, players(demo.tokens), wrap=telling(EMPTY)) as running:
        yield running
