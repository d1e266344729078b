from __future__ import annotations

import json

import pytest

from nemotron_runtime.cli.announce import Announcer, JsonAnnouncer
from nemotron_runtime.cli.relay import Relay, event_of
from nemotron_runtime.cli.transfer import JsonTransfer
from nemotron_runtime.weights.progress import Progress

GB = 10**9


def written(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What a start with a download writes to its log."""
    announce, show = JsonAnnouncer(), JsonTransfer()
    announce.phase("weights", "a/b", 70.0)
    show.event("order", "", repo="a/b", download_bytes=2 * GB, licence="open")
    show(Progress("download", GB, 2 * GB))
    show(Progress("download", GB, 2 * GB, "cut, goes on"))
    announce.warn("slow")
    announce.phase("engine", "loading")
    return capsys.readouterr().out.splitlines()


def told(lines: list[str], *, as_json: bool) -> None:
    announce = JsonAnnouncer() if as_json else Announcer()
    with Relay(announce, as_json=as_json) as relay:
        for line in lines:
            event = event_of(line)
            assert event
            relay(event)


def test_a_start_with_a_download_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    told(written(capsys), as_json=False)
    seen = capsys.readouterr()
    assert seen.out == ""
    expected = ("weights: a/b (about 70 s left)", "a/b: 2.00 GB to download", "download: 1.00 of 2.00 GB")
    for text in (*expected, "cut, goes on", "warning: slow", "weights: done", "engine: loading"):
        assert text in seen.err


def test_as_json_it_comes_out_as_it_went_in(capsys: pytest.CaptureFixture[str]) -> None:
    lines = written(capsys)
    told(lines, as_json=True)

    def plain(lines: list[str]) -> list[dict[str, object]]:
        return [json.loads(line) | {"seconds": 0, "bytes_per_s": 0} for line in lines]

    assert plain(capsys.readouterr().out.splitlines()) == plain(lines)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "INFO loading",
        "[]",
        "3",
        '{"event": "other"}',
        '{"event": "ready", "level": "info"}',
        '{"a": "phase"}',
    ],
)
def test_other_lines_of_the_log_are_no_events(line: str) -> None:
    assert event_of(line) is None


def test_an_event_that_lacks_something_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    told(['{"event": "phase"}', '{"event": "progress", "phase": "download"}'], as_json=False)
    assert capsys.readouterr() == ("", "")
