from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nemotron_bench import report
from nemotron_bench.arrivals import Poisson
from nemotron_bench.evidence import BadEvidence
from nemotron_bench.report import NoPlots, write_report

Make = Callable[..., Any]
PNG = b"\x89PNG\r\n\x1a\n"
HOSTILE = '<script>alert("$x_1$")</script>'


@pytest.fixture
def steps(make_step: Make, make_row: Make) -> list[Any]:
    rows = (make_row(0), make_row(1, error="timeout"), make_row(2, sent_s=1.2, first_s=1.25, answer_s=None))
    return [make_step(rows, streams) for streams in (1, 4, 16)]


def test_a_page_and_a_png_for_each_chart(tmp_path: Path, make_evidence: Make, steps: list[Any]) -> None:
    written = write_report(tmp_path / "report", [make_evidence(*steps), make_evidence(*steps, name="other")])
    assert {path.name for path in written} == {
        "index.html", "throughput.png", "frontier.png", "ttft.png", "itl.png", "timeline.png",
    }  # fmt: skip
    assert all(path.read_bytes().startswith(PNG) for path in written if path.suffix == ".png")
    page = (tmp_path / "report" / "index.html").read_text()
    assert page.count("<svg") == 5
    for text in ("made", "other", "16 streams, 1000 tokens in", "1 timeout", "2.13.0", "0123456789abcdef"):
        assert text in page


def test_the_page_needs_nothing_else(tmp_path: Path, make_evidence: Make, steps: list[Any]) -> None:
    write_report(tmp_path, [make_evidence(*steps)])
    page = (tmp_path / "index.html").read_text()
    assert not re.search(r"<(script|link|img|iframe)\b", page)
    assert not re.search(r"""\b(src|href|xlink:href)=["'](?!#)""", page)
    assert "@import" not in page


def test_what_a_server_says_stays_text(tmp_path: Path, make_evidence: Make, steps: list[Any]) -> None:
    run = make_evidence(
        *steps, name=HOSTILE, command=(HOSTILE,), server={"model": HOSTILE, HOSTILE: {HOSTILE: HOSTILE}}
    )
    write_report(tmp_path, [run])
    page = (tmp_path / "index.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_what_wasnt_measured_has_no_chart(tmp_path: Path, make_evidence: Make, make_step: Make) -> None:
    empty = replace(make_step(()), arrivals=Poisson(2.0))
    written = write_report(tmp_path, [make_evidence(empty)])
    assert {path.name for path in written} == {"index.html", "throughput.png"}
    assert "2 a second" in (tmp_path / "index.html").read_text()


def test_a_run_without_steps_is_nothing_to_draw(tmp_path: Path, make_evidence: Make) -> None:
    with pytest.raises(BadEvidence, match="no steps"):
        write_report(tmp_path, [replace(make_evidence(), steps=())])


def test_without_matplotlib_it_says_what_to_install(
    tmp_path: Path, make_evidence: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "find_spec", lambda name: None)
    with pytest.raises(NoPlots, match="pip install"):
        write_report(tmp_path, [make_evidence()])
