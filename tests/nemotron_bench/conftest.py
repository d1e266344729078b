"""Rows and runs made by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from nemotron_bench.arrivals import Closed
from nemotron_bench.evidence import Asked, Evidence, Step
from nemotron_bench.limits import Limits
from nemotron_bench.metrics import distribution, figures
from nemotron_bench.record import Row


def answered(index: int = 0, **fields: Any) -> Row:
    """Sent at 1 s, three events at 1.1, 1.15 and 1.2 s, of which the first is a thought; five tokens."""
    row = Row(
        index=index, session=index, turn=0, sent_s=1.0, first_s=1.1, answer_s=1.15, last_s=1.2, end_s=1.3,
        events=3, gaps_us=(50_000, 50_000), prompt_tokens=10, output_tokens=5, reasoning_tokens=2,
        cached_tokens=4, finish="stop",
    )  # fmt: skip
    return replace(row, **fields)


def step(
    rows: tuple[Row, ...] = (answered(),), streams: int = 4, repeat: int = 0, lag_ms: float = 1.0
) -> Step:
    return Step(
        arrivals=Closed(streams),
        input_tokens=1000,
        repeat=repeat,
        warm_up=1,
        began_unix_s=1.5,
        figures=figures(rows),
        limits=Limits(0.1, distribution([lag_ms]), 100.0),
        rows=rows,
    )


def evidence(*steps: Step, **fields: Any) -> Evidence:
    made = Evidence(
        name="made",
        time="2026-01-01T00:00:00Z",
        complete=True,
        command=("nemotron", "bench", "serve"),
        facts={"commit": "abc1234", "dirty": False, "gpus": [], "versions": {"torch": "2.13.0"}},
        server={"base_url": "http://127.0.0.1:1/v1", "model": "m"},
        workload=Asked("chat", "Chat.", "0123456789abcdef", 0, {"output_tokens": 5}),
        gpus=1,
        settings={"repeats": len(steps)},
        steps=steps or (step(),),
    )
    return replace(made, **fields)


@pytest.fixture
def make_row() -> Callable[..., Row]:
    return answered


@pytest.fixture
def make_step() -> Callable[..., Step]:
    return step


@pytest.fixture
def make_evidence() -> Callable[..., Evidence]:
    return evidence
