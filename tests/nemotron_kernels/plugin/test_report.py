from __future__ import annotations

import json
from pathlib import Path

import pytest

from nemotron_kernels.choice import Choice, Tile
from nemotron_kernels.dispatch import Dispatch, Range, everywhere_ours
from nemotron_kernels.geometry import NANO
from nemotron_kernels.plugin import report
from nemotron_kernels.plugin.mode import Mode
from nemotron_kernels.plugin.report import Report, Row

ROW, ROWS = Tile(1, 8, 256), Tile(16, 64, 128)
STREAM = Choice("stream", ROWS, ROWS, fused_routing=True, folded_shared=True)


def test_each_count_of_tokens_is_told_once() -> None:
    ranges = Dispatch((Range(2, 2, Choice("vector", ROW, ROW), 1.25), Range(8, 64, STREAM)))
    assert [(row.tokens, row.runs) for row in report.rows(ranges)] == [
        ((1, 1), "stock"),
        ((2, 2), "vector"),
        ((3, 7), "stock"),
        ((8, 64), "stream, own routing, shared expert folded in"),
        ((65, None), "stock"),
    ]
    assert [row.why for row in report.rows(ranges)][:4] == [
        "no measured gain",
        "measured: stock takes 1.25 times as long",
        "no measured gain",
        "not measured",
    ]
    assert [row.tokens for row in report.rows(Dispatch())] == [(1, None)]
    assert [row.runs for row in report.rows(everywhere_ours(NANO, 2)) if row.runs == "stock"] == []


def test_the_log_has_one_line_a_range() -> None:
    rows = (Row((1, 1), "vector", "why"), Row((2, 9), "stream", "why"), Row((10, None), "stock", "why not"))
    text = str(Report(Mode.AUTO, 23, 23, "measured: file", rows, ("a note",)))
    assert text.splitlines() == [
        "nemotron_kernels: replaced 23 of 23 MoE layers (mode auto; measured: file)",
        "  tokens 1: vector (why)",
        "  tokens 2 to 9: stream (why)",
        "  tokens 10 and more: stock (why not)",
        "  a note",
    ]


def test_it_is_written_whole_for_each_rank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEMOTRON_KERNELS_REPORT", str(tmp_path / "state"))
    state = Report(Mode.ON, 2, 23, "why", (Row((1, None), "vector", "w"),), ("note",))
    for rank in (0, 1, 0):
        state.publish(rank)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["state.0", "state.1"]
    assert json.loads((tmp_path / "state.1").read_text()) == {
        "mode": "on",
        "replaced": 2,
        "layers": 23,
        "why": "why",
        "ranges": [{"tokens": [1, None], "runs": "vector", "why": "w"}],
        "notes": ["note"],
    }


def test_a_report_that_can_t_be_written_is_no_reason_to_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("NEMOTRON_KERNELS_REPORT", str(tmp_path / "none" / "state"))
    monkeypatch.setattr(report.log, "propagate", True)
    Report(Mode.ON, 0, 0, "why").publish(0)
    assert "the report can't be written" in caplog.text


def test_nobody_asks_nobody_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEMOTRON_KERNELS_REPORT", raising=False)
    monkeypatch.chdir(tmp_path)
    Report(Mode.ON, 0, 0, "why").publish(0)
    assert list(tmp_path.iterdir()) == []


def test_reasons_are_counted() -> None:
    assert report.counted(["b", "a", "b"]) == "b (2 layers); a (1 layer)"
