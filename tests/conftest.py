"""Fixtures for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

for name in [name for name in os.environ if name.startswith("NEMOTRON_")]:
    del os.environ[name]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory):
    """The embedded model's files, built once."""
    from support.app import demo_model

    return demo_model(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def repo() -> Path:
    """The repository's root."""
    return Path(__file__).resolve().parents[1]
