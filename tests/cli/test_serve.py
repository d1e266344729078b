from __future__ import annotations

import subprocess

import pytest

from nemotron_runtime.cli.announce import Announcer
from nemotron_runtime.errors import EngineDead, WeightsMissing
from nemotron_runtime.settings import Loaded
from support.command import COMMAND, Run


def test_flags_reach_the_server_and_its_status_comes_back(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Loaded] = []

    def serve(loaded: Loaded, announce: Announcer, fetch: object) -> int:
        seen.append(loaded)
        announce.ready(["listening"])
        return 7

    monkeypatch.setattr("nemotron_runtime.app.serve", serve)
    result = run("serve", "--port", "0", "--api-key", "a", "--api-key", "b", "--dtype", "float32")
    assert result.exit_code == 7
    assert result.stderr == "listening\n"
    settings = seen[0].settings
    assert (settings.port, settings.dtype, len(settings.api_keys)) == (0, "float32", 2)


@pytest.mark.parametrize(
    ("fault", "code"), [(WeightsMissing("run make weights"), 3), (EngineDead("the engine is gone"), 1)]
)
def test_faults_become_a_message_and_a_code(
    run: Run, monkeypatch: pytest.MonkeyPatch, fault: Exception, code: int
) -> None:
    def serve(loaded: Loaded, announce: Announcer, fetch: object) -> int:
        raise fault

    monkeypatch.setattr("nemotron_runtime.app.serve", serve)
    result = run("serve")
    assert (result.exit_code, result.stderr) == (code, f"error: {fault}\n")


def test_an_open_door_is_refused_before_anything_starts() -> None:
    done = subprocess.run([*COMMAND, "serve", "--host", "0.0.0.0"], capture_output=True, text=True)
    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.startswith("error: host: 0.0.0.0 can be reached")
    assert "--insecure" in done.stderr
    assert "Traceback" not in done.stderr
