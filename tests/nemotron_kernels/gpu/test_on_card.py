"""Every way, size, dtype and routing on a real card; the script that does it is tested without one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support import triton_home

PROBE = Path(__file__).with_name("card_probe.py")


def probe(timeout_s: float, **environ: str) -> dict[str, Any]:
    run = subprocess.run(
        [sys.executable, "-P", str(PROBE)],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
        env=triton_home.environ(**environ),
    )
    assert run.returncode == 0, run.stderr[-4000:]
    return json.loads(run.stdout.splitlines()[-1])


def test_the_probe_finds_nothing_wrong_in_small() -> None:
    seen = probe(200, TRITON_INTERPRET="1")
    assert seen["faults"] == {}
    assert seen["ran"] > 20


@pytest.mark.gpu
@pytest.mark.timeout(1800)
def test_every_way_on_the_card() -> None:
    assert probe(1700)["faults"] == {}
