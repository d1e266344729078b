"""What is shown while bytes arrive: how many, how fast, how long still."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from nemotron_runtime.cli.transfer import JsonTransfer, LiveTransfer, Meter, Transfer
from nemotron_runtime.weights.progress import Progress

GB = 10**9


class Clock:
    """Moves when it is told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_the_rate_is_that_of_late(clock: Clock) -> None:
    meter = Meter(clock)
    assert meter.see(5 * GB) == 0.0  # what was there before is no rate
    for second in range(1, 61):
        clock.now = float(second)
        rate = meter.see(5 * GB + second * 1000 + (1000 * (second - 30) if second > 30 else 0))
    assert rate == pytest.approx(2000)


def test_lines_come_now_and_then_with_rate_and_time_left(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    show = Transfer(clock)
    for second in range(41):
        clock.now = float(second)
        show(Progress("download", second * GB // 10, 4 * GB))
    show(Progress("download", 4 * GB, 4 * GB))  # hashing goes on
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "download: 0.00 of 4.00 GB (0 %)"
    assert lines[1] == "download: 1.00 of 4.00 GB (25 %), 100.0 MB/s, 1 min left"
    assert lines[-1] == "download: 4.00 of 4.00 GB (100 %), 100.0 MB/s, 0 min left"
    assert len(lines) == 5


def test_the_end_is_told_at_once_and_once(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    show = Transfer(clock)
    for done in (0, 10, 10, 10):
        show(Progress("check", done, 10))
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_long_waits_are_in_hours(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    show = Transfer(clock)
    show(Progress("download", 0, 63 * GB))
    clock.now = 10.0
    show(Progress("download", GB // 20, 63 * GB))
    assert capsys.readouterr().err.endswith("5.0 MB/s, 3 h 29 min left\n")


def test_programs_get_the_same_in_numbers(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    show = JsonTransfer(clock)
    show(Progress("download", 0, 4 * GB))
    clock.now = 2.0
    show(Progress("download", 2 * GB, 4 * GB, "a shard is fetched again"))
    first, note, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["bytes_per_s"], first["left_s"]) == (0, None)
    assert (note["event"], note["text"]) == ("note", "a shard is fetched again")
    assert (last["done_bytes"], last["bytes_per_s"], last["left_s"]) == (2 * GB, GB, 2.0)


def test_on_a_terminal_there_is_a_bar_a_phase() -> None:
    out = Console(file=io.StringIO(), force_terminal=True, width=100)
    with LiveTransfer(out) as show:
        show(Progress("wait", 0, GB, "another pull of it is going on"))
        show(Progress("download", GB, GB))
        show(Progress("check", GB, GB))
        show.event("done", "all is whole\x1b[2J")
    text = out.file.getvalue()  # type: ignore[attr-defined]
    assert all(words in text for words in ("another pull", "download", "check", "1.0/1.0 GB", "all is whole"))
    assert "\x1b[2J" not in text
