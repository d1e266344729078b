"""Where the files of tuned expert kernels lie: the user's own, or those that were shipped."""

from __future__ import annotations

from pathlib import Path

import platformdirs

from nemotron_runtime.models.spec import configs_dir


def user_folder() -> Path:
    """Where `nemotron tune` writes by default; it need not exist."""
    return platformdirs.user_data_path("nemotron") / "moe"


def tuned_folder() -> Path | None:
    """What the engine looks in: the user's folder if it holds any file, else the shipped one, if any."""
    if any(user_folder().glob("*.json")):
        return user_folder()
    shipped = configs_dir() / "moe"
    return shipped if shipped.is_dir() else None
