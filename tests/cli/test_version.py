from __future__ import annotations

import json

from nemotron_runtime import __version__
from support.command import Run


def test_it_says_what_is_installed(run: Run) -> None:
    assert run("version").stdout.startswith(f"nemotron-runtime {__version__}\n")
    assert json.loads(run("version", "--json").stdout)["nemotron-runtime"] == __version__
