from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.hub import Hub, asked


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Where the hub's client keeps repositories."""
    return tmp_path / "hub"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, cache: Path) -> Iterator[Hub]:
    """A hub that the real client asks."""
    with asked(monkeypatch, cache) as one:
        yield one
