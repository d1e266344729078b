"""Runs scripts that look at what is one process's own, such as vLLM's plugins."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from support import triton_home

TESTS = Path(__file__).parents[1]


def run(script: Path, *args: str, **environ: str) -> Any:
    """What a script printed last, from JSON; it can import `support` and the probes of `nemotron_kernels`."""
    paths = os.pathsep.join((str(TESTS), str(TESTS / "nemotron_kernels")))
    done = subprocess.run(
        [sys.executable, str(script), *args],
        env=triton_home.environ(PYTHONPATH=paths, **environ),
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])
