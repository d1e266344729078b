from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace

import pytest

from nemotron_runtime.background.process import Process


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as process:
        yield process
        process.kill()


def test_a_process_is_known_while_it_runs(sleeper: subprocess.Popen[bytes]) -> None:
    process = Process.of(sleeper.pid)
    assert process.alive
    assert Process.of(sleeper.pid) == process
    assert 0 <= process.uptime_s <= Process.of(os.getpid()).uptime_s


def test_one_that_ended_is_not_alive_even_before_it_is_collected(sleeper: subprocess.Popen[bytes]) -> None:
    process = Process.of(sleeper.pid)
    assert process.send(signal.SIGKILL)
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert not process.alive
    sleeper.wait()
    assert not process.alive
    assert not process.send(signal.SIGTERM)
    with pytest.raises(ProcessLookupError):
        Process.of(sleeper.pid)


@pytest.mark.parametrize("change", [{"started_ticks": 1}, {"boot": "another"}])
def test_a_stranger_with_the_number_is_told_apart_and_left_alone(
    sleeper: subprocess.Popen[bytes], change: dict[str, int | str]
) -> None:
    stranger = Process.of(sleeper.pid)
    ours = replace(stranger, **change)
    assert not ours.alive
    assert not ours.send(signal.SIGKILL)
    ours.kill_group()
    assert stranger.alive


def test_a_group_is_killed_only_by_its_leader() -> None:
    with subprocess.Popen(
        ["sh", "-c", "sleep 600 & echo $!; wait"], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as leader:
        assert leader.stdout is not None
        child = Process.of(int(leader.stdout.readline()))
        Process.of(leader.pid).kill_group()
        assert leader.wait() == -signal.SIGKILL
    while child.alive:  # the signal is under way
        pass


def test_a_name_with_brackets_and_spaces_is_no_trap() -> None:
    script = "open('/proc/self/comm', 'w').write(') Z 1 ('); print(flush=True); input()"
    with subprocess.Popen(
        ["python3", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as odd:
        assert odd.stdout is not None
        odd.stdout.readline()
        assert Process.of(odd.pid).alive
        odd.kill()
