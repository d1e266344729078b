from __future__ import annotations

import io
import json
import re

import pytest
from rich.console import Console

from nemotron_runtime.cli.announce import Announcer, JsonAnnouncer, LiveAnnouncer, announcer


def tell(announce: Announcer) -> None:
    with announce:
        announce.phase("weights", "1 of 2 GB")
        announce.phase("weights", "2 of 2 GB")
        announce.phase("engine")
        announce.warn("slow [disk]")
        announce.ready(["http://127.0.0.1:8000/api/v1", "[demo]"])


def fail(announce: Announcer) -> None:
    with announce:
        announce.phase("engine")
        raise ZeroDivisionError


def test_lines_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    tell(announcer(as_json=False))
    out, err = capsys.readouterr()
    assert out == ""
    assert re.sub(r"\d+\.\d s", "_ s", re.sub(r"\[ *", "[", err)).splitlines() == [
        "[_ s] weights: 1 of 2 GB",
        "[_ s] weights: 2 of 2 GB",
        "[_ s] weights: done in _ s",
        "[_ s] engine",
        "[_ s] warning: slow [disk]",
        "[_ s] engine: done in _ s",
        "http://127.0.0.1:8000/api/v1",
        "[demo]",
    ]


def test_json_lines_by_choice(capsys: pytest.CaptureFixture[str]) -> None:
    tell(announcer(as_json=True))
    out, err = capsys.readouterr()
    assert err == ""
    events = [json.loads(line) for line in out.splitlines()]
    assert [event["event"] for event in events] == [
        "phase",
        "phase",
        "done",
        "phase",
        "warning",
        "done",
        "ready",
    ]
    assert events[0] == {"event": "phase", "name": "weights", "detail": "1 of 2 GB", "left_s": None}
    assert events[-1] == {"event": "ready", "lines": ["http://127.0.0.1:8000/api/v1", "[demo]"]}


def test_a_terminal_gets_a_line_for_each_finished_phase() -> None:
    out = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=80)
    tell(LiveAnnouncer(out))
    assert isinstance(out.file, io.StringIO)
    text = re.sub(r"\d+\.\d s", "_ s", out.file.getvalue())
    for line in ("✓ weights  _ s", "warning: slow [disk]", "✓ engine  _ s", "[demo]"):
        assert line in text


def test_the_time_left_is_told_where_it_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    out = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=80)
    for announce in (Announcer(), JsonAnnouncer(), LiveAnnouncer(out)):
        with announce:
            announce.phase("load", "reading", 41.7)
            announce.hush()
            announce.phase("load", "reading", 40.0)
    printed = capsys.readouterr()
    assert "load: reading (about 42 s left)" in printed.err
    assert json.loads(printed.out.splitlines()[0])["left_s"] == 41.7
    assert isinstance(out.file, io.StringIO)
    assert "load  reading" in out.file.getvalue()
    assert re.search("about 4[12] s left.*about (40|39) s left", out.file.getvalue(), re.DOTALL)


@pytest.mark.parametrize("kind", [Announcer, JsonAnnouncer])
def test_a_phase_that_failed_is_not_called_done(
    kind: type[Announcer], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ZeroDivisionError):
        fail(kind())
    out, err = capsys.readouterr()
    assert "engine" in out + err
    assert "done" not in out + err


def test_a_terminal_is_left_as_it_was_after_a_failure() -> None:
    out = Console(file=io.StringIO(), force_terminal=True, width=80)
    with pytest.raises(ZeroDivisionError):
        fail(LiveAnnouncer(out))
    assert isinstance(out.file, io.StringIO)
    text = out.file.getvalue()
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1  # cursor hidden and shown again
