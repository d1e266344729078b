from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from nemotron_runtime.cli import main
from support.command import Run
from support.scripted_chat import ScriptedChat
from support.server import serve


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine that runs the tests gets in."""
    for name in os.environ:
        if name.startswith(("NEMOTRON_", "OPENROUTER_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("VLLM_PLUGINS", "")  # so that what a verb sets is taken back; then as it was
    monkeypatch.delenv("VLLM_PLUGINS")


@pytest.fixture
def run() -> Run:
    """Runs the command in this process, output not a terminal."""

    def invoke(*args: str, stdin: str | None = None, **env: str) -> Result:
        return CliRunner().invoke(main, list(args), input=stdin, env=env)

    return invoke


@pytest.fixture
def chat_server() -> Iterator[tuple[ScriptedChat, str]]:
    """The scripted server and its base URL."""
    scripted = ScriptedChat()
    with serve(scripted.app) as origin:
        yield scripted, f"{origin}/v1"
