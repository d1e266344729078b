"""Fixtures for all tests."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import hypothesis
import pytest
import structlog

ROOT = Path(__file__).resolve().parents[1]

# `python -m pytest` puts the root on the path, where our folder `kernels` passes for Hugging Face's module.
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != ROOT]

# Background jobs of a shell ignore SIGINT and hand that down: no command under test could be interrupted.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# structlog's own default draws all locals of a traceback, vocabularies included: seconds for each.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)

hypothesis.settings.register_profile("no clock", deadline=None)  # a slow machine is no fault
hypothesis.settings.load_profile("no clock")

for name in [name for name in os.environ if name.startswith("NEMOTRON_")]:
    del os.environ[name]

# Servers of the tests keep their stores apart from the user's.
os.environ["XDG_DATA_HOME"] = tempfile.mkdtemp(prefix="nemotron-data-")
atexit.register(shutil.rmtree, os.environ["XDG_DATA_HOME"], ignore_errors=True)

# Engines of the tests share the cores with their clients: threads bound to cores would wait for them.
os.environ.setdefault("VLLM_CPU_OMP_THREADS_BIND", "nobind")
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def demo():
    """The embedded model's files."""
    from support.app import demo_model

    return demo_model()


@pytest.fixture(scope="session")
def random_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model of random weights that has the real routing, top-6 of 128 experts."""
    from support.random_checkpoint.checkpoint import write_random_checkpoint

    return write_random_checkpoint(tmp_path_factory.mktemp("weights") / "random")


@pytest.fixture(scope="session")
def repo() -> Path:
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def live_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the live server has its log."""
    return tmp_path_factory.mktemp("live")


@pytest.fixture(scope="session")
def live(live_folder: Path):
    """The URL of ``nemotron serve`` with the embedded model in the real engine."""
    from support.live import live_server

    with live_server(live_folder) as url:
        yield url
