"""The start takes a while; the real command says what it is doing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from support.live import DEMO, LOG, live_server

pytestmark = pytest.mark.engine


STEPS = ("import", "inspect", "processes", "load", "compile", "capture", "rehearse")


@pytest.mark.usefixtures("live")
def test_each_step_of_the_start_is_told_when_it_begins_and_when_it_is_over(live_folder: Path) -> None:
    log = (live_folder / LOG).read_text()
    told = re.findall(r"^\[ *([\d.]+) s\] (\w+): (.+?)(?: \(about .* left\))?$", log, re.MULTILINE)
    seconds = [float(at) for at, _, _ in told]
    assert seconds == sorted(seconds)
    assert tuple(dict.fromkeys(name for _, name, _ in told))[-len(STEPS) :] == STEPS
    done = {name for _, name, detail in told if detail.startswith("done in")}
    assert done >= set(STEPS)


def test_the_first_thought_and_call_were_the_models_own(live: str, live_folder: Path) -> None:
    log = (live_folder / LOG).read_text()
    assert re.search(
        r'rehearse: a thought of [1-9]\d* characters, then get_weather\({"city": ?"Paris"}\)', log
    )
    start = httpx.get(f"{live}/ready").json()["start"]
    assert start["phase"] is None
    assert start["phases"].keys() >= set(STEPS)
    assert start["passed_s"] == pytest.approx(sum(start["phases"].values()), abs=0.1)


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_start_can_be_interrupted(tmp_path: Path) -> None:
    """The engine's processes end with it, whatever step it is at."""
    program = Path(sys.executable).with_name("nemotron")
    command = [str(program), "serve", f"--model={DEMO}", "--port=0"]
    with (
        (tmp_path / LOG).open("wb") as out,
        subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, start_new_session=True) as process,
    ):
        try:
            while "] processes: " not in (tmp_path / LOG).read_text():
                assert process.poll() is None
                time.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
            ended = time.monotonic()
            while alive(process.pid):  # those that only clean up take a moment
                assert time.monotonic() < ended + 20
                time.sleep(0.05)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def test_dummy_weights_are_served_and_not_rehearsed(tmp_path: Path) -> None:
    with live_server(tmp_path, "--load-format=dummy") as url:
        answer = httpx.post(
            f"{url}/v1/chat/completions",
            json={"messages": [{"role": "user", "content": "hi"}], "max_tokens": 3},
            timeout=60,
        )
    assert answer.status_code == 200
    assert answer.json()["usage"]["completion_tokens"] == 3
    assert "rehearse: skipped: random weights have nothing to say" in (tmp_path / LOG).read_text()
