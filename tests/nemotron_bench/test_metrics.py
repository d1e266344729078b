from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemotron_bench.metrics import (
    BadObjective,
    Objectives,
    distribution,
    e2el_ms,
    figures,
    percentile,
    tpot_ms,
    ttfc_ms,
    ttft_ms,
)
from nemotron_bench.record import Row

times = st.floats(0, 1e6, allow_nan=False)
MakeRow = Callable[..., Row]


@st.composite
def rows(draw: st.DrawFn) -> Row:
    """Any outcome, with times in their order."""
    sent, first, answer, end = sorted(draw(st.lists(times, min_size=4, max_size=4)))
    gaps = tuple(draw(st.lists(st.integers(0, 10**7), max_size=5)))
    row = Row(0, 0, 0, sent_s=sent, first_s=first, answer_s=answer, last_s=end, end_s=end, gaps_us=gaps)
    outcome = draw(st.sampled_from(["answered", "cancelled", "failed", "no connection"]))
    if outcome == "answered":
        return replace(row, events=len(gaps) + 1, prompt_tokens=3, output_tokens=draw(st.integers(0, 50)))
    if outcome == "cancelled":
        return replace(row, events=len(gaps) + 1, cancelled=True)
    if outcome == "failed":
        return replace(row, events=len(gaps) + 1, error="broken_stream")
    return Row(0, 0, 0, error="connect")


def test_each_figure_of_one_request(make_row: MakeRow) -> None:
    row = make_row()
    assert ttft_ms(row) == pytest.approx(100)
    assert ttfc_ms(row) == pytest.approx(150)
    assert e2el_ms(row) == pytest.approx(300)
    assert tpot_ms(row) == pytest.approx((300 - 100) / 4)
    found = figures([row])
    assert found.itl_ms is not None
    assert found.itl_ms.mean == pytest.approx(50)
    assert found.tokens_per_event == pytest.approx(5 / 3)
    assert found.output_tokens_per_s == pytest.approx(5 / 0.3)
    assert found.total_tokens_per_s == pytest.approx(15 / 0.3)
    assert found.tokens_per_s_per_user == pytest.approx(1000 / 50)
    assert (found.cached_tokens, found.reasoning_tokens) == (4, 2)
    assert found.goodput_per_s is None


def test_one_token_has_no_tpot(make_row: MakeRow) -> None:
    assert tpot_ms(make_row(output_tokens=1)) is None
    assert figures([make_row(output_tokens=1)]).tpot_ms is None


def test_an_answer_of_thoughts_alone_has_no_ttfc(make_row: MakeRow) -> None:
    assert ttfc_ms(make_row(answer_s=None)) is None


def test_rates_are_over_the_time_from_the_first_sending_to_the_last_end(make_row: MakeRow) -> None:
    found = figures([make_row(0), make_row(1, sent_s=2.0, first_s=2.5, end_s=3.0)])
    assert found.duration_s == pytest.approx(2.0)
    assert found.requests_per_s == pytest.approx(1.0)
    assert found.output_tokens_per_s == pytest.approx(5.0)


def test_failures_are_counted_and_measured_by_nothing(make_row: MakeRow) -> None:
    found = figures([make_row(0), make_row(1, error="timeout"), make_row(2, error="timeout"),
                     make_row(3, error="http_429"), make_row(4, cancelled=True)])  # fmt: skip
    assert (found.requests, found.answered, found.failed, found.cancelled) == (5, 1, 3, 1)
    assert found.errors == {"http_429": 1, "timeout": 2}
    assert found.output_tokens == 5
    assert found.ttft_ms is not None
    assert found.ttft_ms.n == 1


def test_goodput_counts_what_met_every_objective(make_row: MakeRow) -> None:
    fast, slow = make_row(0), make_row(1, first_s=1.25)
    failed = make_row(2, error="broken_stream")
    found = figures([fast, slow, failed], Objectives(ttft_ms=200, e2el_ms=400))
    assert found.goodput_per_s == pytest.approx(1 / 0.3)
    assert figures([fast, slow], Objectives(tpot_ms=30)).goodput_per_s == pytest.approx(1 / 0.3)


def test_nothing_measured_is_no_figure() -> None:
    found = figures([])
    assert (found.requests, found.duration_s, found.requests_per_s, found.ttft_ms) == (0, 0, 0, None)
    assert found.tokens_per_event is None


@given(st.lists(rows(), max_size=20))
def test_every_request_is_counted_once(some: list[Row]) -> None:
    found = figures(some)
    assert found.answered + found.failed + found.cancelled == found.requests == len(some)
    assert sum(found.errors.values()) == found.failed
    assert found.output_tokens == sum(row.output_tokens or 0 for row in some if row.ok)
    for one in (found.ttft_ms, found.ttfc_ms, found.tpot_ms, found.e2el_ms, found.itl_ms):
        if one is not None:
            assert 0 <= one.min <= one.p50 <= one.p75 <= one.p90 <= one.p95 <= one.p99 <= one.max
    if found.ttft_ms and found.e2el_ms:
        assert found.ttft_ms.max <= found.e2el_ms.max + 1e-6


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=200))
def test_percentiles_agree_with_the_standard_library(values: list[float]) -> None:
    ordered = sorted(values)
    theirs = statistics.quantiles(ordered, n=100, method="inclusive")
    for part in (1, 50, 75, 90, 95, 99):
        assert percentile(ordered, part / 100) == pytest.approx(theirs[part - 1])


def test_a_distribution_leaves_out_what_is_missing() -> None:
    found = distribution([3.0, None, 1.0])
    assert found is not None
    assert (found.n, found.min, found.p50, found.max) == (2, 1.0, 2.0, 3.0)
    assert distribution([None]) is None


def test_objectives_from_words() -> None:
    assert Objectives.parse(["ttft=500", "tpot=25.5"]) == Objectives(ttft_ms=500, tpot_ms=25.5)
    assert not Objectives.parse([]).any
    for word in ("itl=5", "ttft", "ttft=", "ttft=-1", "ttft=nan", "ttft=inf", "=5"):
        with pytest.raises(BadObjective, match="ttft"):
            Objectives.parse([word])
    with pytest.raises(BadObjective, match="twice"):
        Objectives.parse(["ttft=1", "ttft=2"])
