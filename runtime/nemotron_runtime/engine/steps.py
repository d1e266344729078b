"""Which step of its start vLLM is at, read from its own log.

Its processes write what they do at level INFO into a file, and on stderr no more than before.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Tell = Callable[[str, str], None]
"""Hears the name of a step that begins, and what it is about."""

LOAD = ("load", "reading the weights")
COMPILE = ("compile", "compiling, measuring memory")
CAPTURE = ("capture", "capturing graphs, warming up")

Mark = tuple[tuple[str, ...], tuple[str, str]]
"""Words of a line, and the step that begins there."""

MARKS: tuple[Mark, ...] = (
    (("Starting to load model",), LOAD),
    (("Loading weights took", "Model loading took"), COMPILE),
    (("KV cache size",), CAPTURE),
)
"""What vLLM 0.32 writes where each step begins."""

_LOOK_S = 0.1
_FORMAT = "%(levelname)s %(asctime)s %(message)s"


@functools.cache
def log_file() -> Path:
    """The file, for as long as this program runs."""
    folder = Path(tempfile.mkdtemp(prefix="nemotron-vllm-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder / "vllm.log"


def configure(level: str) -> None:
    """Has vLLM write its log there. Before vllm is imported; a configuration of the user's own wins.

    Args:
        level: Least severity on stderr.
    """
    if "VLLM_LOGGING_CONFIG_PATH" in os.environ or os.environ.get("VLLM_CONFIGURE_LOGGING") == "0":
        return
    log_file().touch()
    path = log_file().with_name("logging.json")
    path.write_text(json.dumps(_config(os.environ.get("VLLM_LOGGING_LEVEL", level))), encoding="utf-8")
    os.environ["VLLM_LOGGING_CONFIG_PATH"] = str(path)


def _config(level: str) -> dict[str, object]:
    file = {
        "class": "logging.FileHandler",
        "filename": str(log_file()),
        "level": "INFO",
        "formatter": "plain",
    }
    screen = {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "level": level}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"plain": {"format": _FORMAT}},
        "handlers": {"file": file, "screen": {**screen, "formatter": "plain"}},
        "loggers": {"vllm": {"handlers": ["file", "screen"], "level": "INFO", "propagate": False}},
    }


@contextmanager
def followed(tell: Tell, file: Path | None = None) -> Iterator[None]:
    """Tells, in a thread, each step that the log comes to meanwhile."""
    path = file or log_file()
    begin = path.stat().st_size if path.exists() else 0
    over = threading.Event()
    thread = threading.Thread(target=_follow, args=(path, begin, over, tell), name="vllm-steps", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _follow(path: Path, begin: int, over: threading.Event, tell: Tell) -> None:
    if not path.exists():
        return
    waiting = list(MARKS)
    with path.open("rb") as log:
        log.seek(begin)
        while waiting:
            last = over.is_set()
            for line in log.read().decode(errors="replace").splitlines():
                waiting = _passed(line, waiting, tell)
            if last:
                return
            over.wait(_LOOK_S)


def _passed(line: str, waiting: list[Mark], tell: Tell) -> list[Mark]:
    """Tells the step that a line begins; those before it are over. Each process writes the same lines."""
    for index, (words, step) in enumerate(waiting):
        if any(word in line for word in words):
            tell(*step)
            return waiting[index + 1 :]
    return waiting
