from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nemotron_runtime.background import logfile
from nemotron_runtime.background.logfile import Tail


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "serve.log"
    path.write_text("one\ntwo\nthr")
    return path


def add(log: Path, text: str) -> None:
    with log.open("a") as file:
        file.write(text)


@pytest.mark.parametrize(
    ("last", "lines"), [(None, ["one", "two"]), (5, ["one", "two"]), (1, ["two"]), (0, [])]
)
def test_it_begins_with_the_last_lines(log: Path, last: int | None, lines: list[str]) -> None:
    with Tail(log, last) as tail:
        assert tail.lines() == lines
        assert tail.lines() == []
        assert tail.end() == ["thr"]


def test_a_line_is_told_once_it_is_whole(log: Path) -> None:
    with Tail(log, 0) as tail:
        assert tail.lines() == []
        add(log, "ee\nfour\nfi")
        assert tail.lines() == ["three", "four"]
        assert tail.end() == ["fi"]


def test_a_log_that_is_cut_goes_on(log: Path) -> None:
    with Tail(log, 0) as tail:
        log.write_text("")
        assert tail.lines() == []
        add(log, "new\n")
        assert tail.lines() == ["new"]


def test_a_log_that_is_moved_away_loses_nothing(log: Path) -> None:
    with Tail(log, 0) as tail:
        add(log, "ee\n")
        log.rename(log.with_name("old"))
        add(log.with_name("old"), "late\nun")
        assert tail.lines() == ["three", "late"]
        log.write_text("fresh\n")
        assert tail.lines() == ["un", "fresh"]


def test_bytes_that_are_no_text_are_shown_as_such(log: Path) -> None:
    log.write_bytes(b"a\xffb\n")
    with Tail(log) as tail:
        assert tail.lines() == ["a\N{REPLACEMENT CHARACTER}b"]


@settings(deadline=None)
@given(text=st.text(alphabet="ab\né"), cuts=st.lists(st.integers(0, 40), max_size=6))
def test_any_way_to_write_it_gives_the_same_lines(
    text: str, cuts: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("log") / "serve.log"
    path.touch()
    data, seen = text.encode(), []
    with Tail(path) as tail, path.open("ab", buffering=0) as file:
        at = 0
        for cut in [*sorted(cuts), len(data)]:
            file.write(data[at:cut])
            at = max(at, cut)
            seen += tail.lines()
        seen += tail.end()
    assert seen == text.split("\n")[: None if text.rpartition("\n")[2] else -1]


def test_the_last_runs_log_is_kept_and_the_new_one_is_private(tmp_path: Path) -> None:
    log = tmp_path / "log" / "serve-1.log"
    for _ in range(3):
        logfile.begin(log)
        add(log, "x")
    assert sorted(path.name for path in log.parent.iterdir()) == ["serve-1.log", "serve-1.log.1"]
    assert log.read_text() == "x"
    assert log.stat().st_mode & 0o777 == 0o600


def test_the_newest_log_is_found() -> None:
    assert logfile.newest() is None
    for port in (1, 2):
        logfile.begin(logfile.path(port))

    os.utime(logfile.path(2), (1, 1))
    assert logfile.newest() == logfile.path(1)
