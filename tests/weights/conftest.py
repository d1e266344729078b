from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import close_session

from nemotron_runtime.weights import fetch
from support.hub import Hub, point_at, serving


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Where the hub's client keeps repositories."""
    return tmp_path / "hub"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, cache: Path) -> Iterator[Hub]:
    """A hub that the real client asks, and no pauses between attempts."""
    monkeypatch.setattr(fetch, "PAUSE_S", 0.0)
    with serving() as one:
        point_at(monkeypatch, one, cache)
        yield one
        close_session()
