"""serve --background, status, stop and logs, with real processes."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from nemotron_runtime.background import servers, stopping
from nemotron_runtime.background.process import Process
from nemotron_runtime.background.servers import Server
from nemotron_runtime.cli.status import duration
from support.command import COMMAND, Run

STAND_IN = [sys.executable, "-P", str(Path(__file__).parents[1] / "support/stand_in.py")]
Start = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(autouse=True)
def no_server_outlives_its_test() -> Iterator[None]:
    yield
    for server in servers.known():
        server.process.kill_group()


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Start:
    """Runs ``serve --background`` with a stand-in for the engine, to its end."""
    monkeypatch.setenv("STAND_IN_RELEASE", str(tmp_path / "release"))

    def run(*flags: str, port: int = 0) -> subprocess.CompletedProcess[str]:
        command = [*STAND_IN, "serve", "--background", f"--port={port}", *flags]
        return subprocess.run(command, capture_output=True, text=True)

    return run


@pytest.fixture
def sleeper() -> Iterator[Process]:
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as process:
        yield Process.of(process.pid)
        process.kill()


def only() -> Server:
    (server,) = servers.known()
    return server


def note(process: Process, port: int = 8000) -> Server:
    server = Server(process, "127.0.0.1", port, "auto", Path("/nowhere/serve.log"), 0.0)
    with servers.claim(port):
        servers.write(server)
    return server


def states(run: Run) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("status", "--json").stdout)["servers"]
    return found


def test_it_comes_back_once_the_server_is_ready_and_leaves_it_running(run: Run, start: Start) -> None:
    done = start()
    assert (done.returncode, done.stdout) == (0, "")
    server = only()
    for text in ("weights: looking", "engine: warming up", "Serving", str(server.log), "nemotron stop"):
        assert text in done.stderr
    assert os.getsid(server.process.pid) == server.process.pid != os.getsid(0)

    (state,) = states(run)
    assert state["uptime_s"] >= 0
    assert state | {"uptime_s": 0} == {
        "state": "ready",
        "base_url": f"http://127.0.0.1:{server.port}/api/v1",
        "host": "127.0.0.1",
        "port": server.port,
        "pid": server.process.pid,
        "model": "stand/in",
        "uptime_s": 0,
        "engine_restarts": 2,
        "log": str(server.log),
    }
    shown = run("status")
    assert shown.exit_code == 0
    assert re.search(rf"ready  http://127.0.0.1:{server.port}/api/v1\n.*restarts +2", shown.stdout, re.DOTALL)

    stopped = run("stop")
    assert (stopped.exit_code, stopped.stdout) == (0, f"{server.base_url} stopped\n")
    assert not server.process.alive
    assert run("status").exit_code == 4
    assert servers.known() == ()


def test_the_start_is_told_as_json_too(start: Start) -> None:
    done = start("--json")
    assert (done.returncode, done.stderr) == (0, "")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["event"] for event in events] == ["phase", "done", "phase", "done", "ready"]
    assert events[2]["detail"] == "warming up"


def test_a_start_that_fails_says_why_and_leaves_only_its_log(run: Run, start: Start) -> None:
    done = start("--model", "broken")
    assert done.returncode == 3
    assert "error: the weights are not whole: run `nemotron pull`\n" in done.stderr
    assert "(exit code 3) before it was ready. Log: " in done.stderr
    assert servers.known() == ()
    shown = run("logs")
    assert (shown.exit_code, shown.stdout.splitlines()[-1]) == (
        0,
        "error: the weights are not whole: run `nemotron pull`",
    )


def test_a_port_is_not_served_twice(start: Start) -> None:
    assert start().returncode == 0
    server = only()
    again = start(port=server.port)
    assert again.returncode == 3
    assert f"a server runs on port {server.port} already" in again.stderr
    assert only() == server


def test_a_port_that_others_use_is_refused_before_anything_starts(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = start(port=other.getsockname()[1])
    assert done.returncode == 3
    assert re.fullmatch(r"error: port \d+ is in use: choose another --port or --host, or .*\n", done.stderr)
    assert servers.known() == ()


def test_an_address_of_another_machine_is_refused_likewise(start: Start) -> None:
    done = start("--host=192.0.2.1", "--insecure")
    assert (done.returncode, "192.0.2.1 is not an address of this machine" in done.stderr) == (3, True)


def test_a_folder_that_cant_be_written_to_is_named(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/nowhere")
    done = start()
    assert done.returncode == 3
    assert re.fullmatch(r"error: /proc/nowhere\S*: .+: set XDG_STATE_HOME to a folder .*\n", done.stderr)


def test_a_start_that_is_stopped_is_no_success(run: Run, start: Start) -> None:
    command = [*STAND_IN, "serve", "--background", "--port=0", "--model=slow"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as waiting:
        while [state["state"] for state in states(run)] != ["starting"]:
            pass
        assert run("stop").exit_code == 0
        assert waiting.stderr is not None
        assert "before it was ready" in waiting.stderr.read()
    assert waiting.returncode == 1


def test_waiting_can_be_left_and_the_start_goes_on(run: Run, start: Start) -> None:
    command = [*STAND_IN, "serve", "--background", "--port=0", "--model=slow"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as waiting:
        assert waiting.stderr is not None
        while "warming up" not in waiting.stderr.readline():
            pass
        waiting.send_signal(signal.SIGINT)
        rest = waiting.stderr.read()
    assert waiting.returncode == 130
    assert "goes on starting" in rest
    while (state := states(run)[0]["state"]) == "running":  # it listens in a moment
        pass
    assert state == "starting"


def test_a_process_that_does_not_answer_is_running_for_all_that_is_known(run: Run, sleeper: Process) -> None:
    note(sleeper)
    (state,) = states(run)
    assert (state["state"], state["model"], state["engine_restarts"]) == ("running", "auto", None)


def test_a_stale_run_file_is_said_to_be_stale_and_cleaned_up(run: Run, sleeper: Process) -> None:
    note(replace(sleeper, started_ticks=1))  # its number went to another
    shown = run("status")
    assert shown.exit_code == 4
    assert "dead  http://127.0.0.1:8000/api/v1" in shown.stdout
    assert "stale" in shown.stdout
    assert servers.known() == ()
    assert run("status").stdout == "No server runs in the background.\n"


@pytest.mark.parametrize("flags", [[], ["--now"]])
def test_a_stranger_with_the_number_is_not_stopped(run: Run, sleeper: Process, flags: list[str]) -> None:
    note(replace(sleeper, started_ticks=1))
    stopped = run("stop", *flags)
    assert (stopped.exit_code, "dead already" in stopped.stdout) == (0, True)
    assert sleeper.alive
    assert servers.known() == ()


def test_running_requests_are_waited_for_and_told_of(start: Start, tmp_path: Path) -> None:
    assert start().returncode == 0
    answers: list[httpx.Response] = []
    url = f"{only().probe_url}/hold"
    client = threading.Thread(target=lambda: answers.append(httpx.get(url, timeout=60, trust_env=False)))
    client.start()
    while not stopping.ports.connections(only().port):
        pass
    with subprocess.Popen([*COMMAND, "stop"], stdout=-1, stderr=-1, text=True) as stop:
        assert stop.stderr is not None
        assert stop.stderr.readline().startswith("1 connection is still open, to be answered; --now would")
        (tmp_path / "release").touch()
        assert stop.wait() == 0
    client.join()
    assert answers[0].status_code == 200


def test_one_that_does_not_end_is_said_to_run_and_killed_by_choice(
    run: Run, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in ("NOW_S", "_MARGIN_S"):
        monkeypatch.setattr(stopping, limit, 0.3)
    done = start("--model=deaf", "--shutdown-grace-s=0")
    found = re.search(r"child (\d+)", done.stderr)
    assert found
    child = Process.of(int(found[1]))
    server = only()
    stopped = run("stop")
    assert (stopped.exit_code, "nemotron stop --now" in stopped.stderr) == (1, True)
    assert server.process.alive
    assert run("stop", "--now").exit_code == 0
    while child.alive:  # what it started goes, too
        pass
    assert servers.known() == ()


def test_among_several_one_is_chosen_by_its_port(run: Run, start: Start) -> None:
    for _ in range(2):
        assert start().returncode == 0
    first, second = servers.known()
    for verb in ("stop", "logs"):
        result = run(verb)
        assert result.exit_code == 2
        assert f"--port ({first.port}, {second.port})" in result.stderr
    assert [state["port"] for state in states(run)] == [first.port, second.port]
    assert run("stop", "--port", str(first.port)).exit_code == 0
    assert only() == second
    assert run("stop").exit_code == 0


@pytest.mark.parametrize("verb", ["stop", "logs"])
def test_where_nothing_runs_it_says_how_to_start_one(run: Run, verb: str) -> None:
    result = run(verb)
    assert (result.exit_code, "nemotron serve --background" in result.stderr) == (4, True)
    assert run(verb, "--port", "9").exit_code == 4


def test_the_end_of_the_log_is_printed(run: Run, start: Start) -> None:
    start()
    with only().log.open("a") as log:
        log.write("steer\x1b[2J\nlast\n")
    assert run("logs", "-n", "2").stdout == "steer\N{REPLACEMENT CHARACTER}[2J\nlast\n"
    assert run("logs", "--lines", "0").stdout == ""


def test_the_log_is_followed_through_a_cut_to_the_servers_end(run: Run, start: Start) -> None:
    start()
    server = only()
    with subprocess.Popen([*COMMAND, "logs", "-f", "-n1"], stdout=-1, stderr=-1, text=True) as follow:
        assert follow.stdout is not None
        assert '"ready"' in follow.stdout.readline()
        server.log.write_text("")  # as logrotate's copytruncate
        with server.log.open("a") as log:
            log.write("after the cut\n")
        assert follow.stdout.readline() == "after the cut\n"
        assert run("stop").exit_code == 0
        assert follow.wait() == 0


def test_following_is_left_quietly(start: Start) -> None:
    start()
    with subprocess.Popen([*COMMAND, "logs", "-f", "-n1"], stdout=-1, stderr=-1, text=True) as follow:
        assert follow.stdout is not None
        follow.stdout.readline()
        follow.send_signal(signal.SIGINT)
        assert follow.communicate() == ("", "")
    assert follow.returncode == 130


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.9, "59 s"), (61, "1 min 1 s"), (3600, "1 h 0 min"), (90061, "1 d 1 h")],
)
def test_uptime_in_words(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.engine
def test_the_real_server_in_the_background(run: Run) -> None:
    done = subprocess.run([*COMMAND, "serve", "--background", "--port", "0"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    server = only()
    assert [(state["state"], state["engine_restarts"]) for state in states(run)] == [("ready", 0)]
    body = {"messages": [{"role": "user", "content": "Who are you?"}], "max_tokens": 200}
    answer = httpx.post(f"{server.base_url}/chat/completions", json=body, timeout=120, trust_env=False)
    assert answer.status_code == 200
    assert answer.json()["choices"][0]["message"]["content"]
    assert '"event": "ready"' in run("logs").stdout
    assert run("stop").exit_code == 0
    assert not server.process.alive
