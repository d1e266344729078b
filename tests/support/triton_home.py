"""Where Triton is: `make test` puts it beside the environment of the CPU engine.

In that environment itself vLLM would find it, and tell every user at every start that it has no CPU in it.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

HOME = Path(sys.prefix) / "triton"


def find() -> None:
    """Makes `import triton` work in this process."""
    if importlib.util.find_spec("triton"):
        return
    if not (HOME / "triton").is_dir():
        raise RuntimeError(f"Triton is neither installed nor in {HOME}: run `make triton`")
    sys.path.append(str(HOME))


def environ(**more: str) -> dict[str, str]:
    """The environment of a process that is to find it."""
    paths = [more.pop("PYTHONPATH", ""), os.environ.get("PYTHONPATH", ""), str(HOME)]
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))} | more
