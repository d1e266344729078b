"""The command under test."""

from __future__ import annotations

import sys
from collections.abc import Callable

from typer.testing import Result

Run = Callable[..., Result]
"""``run(*args, stdin=None, **environ)``."""

COMMAND = [sys.executable, "-c", "from nemotron_runtime.cli import main; main()"]
"""The same as ``nemotron``, wherever that is installed."""
