from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No server of the machine that runs the tests gets in."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
