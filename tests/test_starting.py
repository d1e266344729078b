"""The clock of a start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nemotron_runtime import starting
from nemotron_runtime.starting import Start


class Screen:
    """Keeps what is shown."""

    def __init__(self) -> None:
        self.phases: list[tuple[str, str, float | None]] = []
        self.lines: list[str] = []

    def phase(self, name: str, detail: str = "", left_s: float | None = None) -> None:
        self.phases.append((name, detail, left_s))

    def ready(self, lines: list[str]) -> None:
        self.lines += lines

    def warn(self, text: str) -> None:
        self.lines.append(text)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(starting.time, "monotonic", lambda: now[0])
    return now


def run(file: Path, clock: list[float], **took: float) -> Screen:
    screen = Screen()
    start = Start(screen, file)
    start.expect("the demo on cpu")
    for name, seconds in took.items():
        start.phase(name)
        clock[0] += seconds
    start.ready(["here"])
    return screen


def test_the_first_start_knows_no_end(tmp_path: Path, clock: list[float]) -> None:
    screen = run(tmp_path / "starts.json", clock, load=4, compile=6)
    assert screen.phases == [("load", "", None), ("compile", "", None)]
    assert screen.lines == ["here"]


def test_the_next_one_counts_down_by_what_the_last_one_took(tmp_path: Path, clock: list[float]) -> None:
    file = tmp_path / "starts.json"
    run(file, clock, load=4, compile=6, capture=10)
    screen = run(file, clock, load=9, compile=1, capture=1)
    assert screen.phases == [("load", "", 20.0), ("compile", "", 16.0), ("capture", "", 10.0)]
    assert json.loads(file.read_text()) == {"the demo on cpu": {"load": 9, "compile": 1, "capture": 1}}


def test_another_kind_of_start_is_none_of_its_business(tmp_path: Path, clock: list[float]) -> None:
    file = tmp_path / "starts.json"
    run(file, clock, load=4)
    start = Start(screen := Screen(), file)
    start.expect("30B on cuda")
    start.phase("load")
    assert screen.phases == [("load", "", None)]


def test_the_report_says_where_it_is(tmp_path: Path, clock: list[float]) -> None:
    file = tmp_path / "starts.json"
    run(file, clock, load=4, compile=6)
    start = Start(Screen(), file)
    start.expect("the demo on cpu")
    start.phase("load", "reading")
    clock[0] += 3
    start.phase("load", "still reading")
    assert start.report() == {"phase": "load", "passed_s": 3.0, "left_s": 7.0, "phases": {}}
    start.phase("compile")
    clock[0] += 60
    assert start.report() == {"phase": "compile", "passed_s": 63.0, "left_s": 0.0, "phases": {"load": 3.0}}
    start.ready([])
    clock[0] += 60
    assert start.report() == {
        "phase": None,
        "passed_s": 63.0,
        "left_s": 0.0,
        "phases": {"load": 3.0, "compile": 60.0},
    }


@pytest.mark.parametrize("content", ["", "[]", "{", '{"the demo on cpu": {"load": "x"}}', "null"])
def test_a_broken_memory_is_none(tmp_path: Path, clock: list[float], content: str) -> None:
    file = tmp_path / "starts.json"
    file.write_text(content)
    assert run(file, clock, load=4).phases == [("load", "", None)]
    assert json.loads(file.read_text())["the demo on cpu"] == {"load": 4}


def test_where_nothing_can_be_written_it_starts_all_the_same(tmp_path: Path, clock: list[float]) -> None:
    (tmp_path / "taken").touch()
    assert run(tmp_path / "taken" / "starts.json", clock, load=4).lines == ["here"]
