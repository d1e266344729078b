from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemotron_bench.arrivals import Closed
from nemotron_bench.evidence import Step
from nemotron_bench.limits import Limits
from nemotron_bench.metrics import figures
from nemotron_bench.ratios import Ratio, SideName, Turn, judge, ratios, unlike
from nemotron_bench.record import Row

values = st.floats(min_value=1e-3, max_value=1e6)


def turn(side: SideName, number: int, rate: float, tokens: int = 100, failed: int = 0) -> Turn:
    """A request of so many tokens at a rate of so many a second."""
    end_s = tokens / rate
    row = Row(
        0, 0, 0, sent_s=0.0, first_s=end_s / 10, answer_s=end_s / 10, last_s=end_s, end_s=end_s, events=tokens
    )
    row = replace(row, prompt_tokens=10, output_tokens=tokens, finish="stop")
    lost = [Row(1 + place, 0, 0, error="timeout") for place in range(failed)]
    measured = figures([row, *lost])
    step = Step(Closed(1), 10, number, 0, 0.0, measured, Limits(0.1, None, 1.0), (row,))
    return Turn(side, number, step)


def run(a: list[float], b: list[float], **of_b: int) -> dict[str, Ratio]:
    turns = [turn("A", number, rate) for number, rate in enumerate(a)]
    turns += [turn("B", number, rate, **of_b) for number, rate in enumerate(b, 1)]
    return {line.figure: line for line in ratios(turns)}


def test_a_gain_beyond_the_noise_is_one_in_every_figure() -> None:
    found = run([100, 101, 99, 100], [120, 121, 119])
    rate, latency = found["output_tokens_per_s"], found["ttft_ms p50"]
    assert rate.verdict == latency.verdict == "better"
    assert rate.ratio == pytest.approx(1.2, rel=0.02)
    assert latency.ratio == pytest.approx(1 / 1.2, rel=0.02)
    assert rate.noise == pytest.approx(101 / 99 - 1)
    assert (rate.low <= rate.ratio <= rate.high, rate.a, rate.b) == (
        True,
        pytest.approx(100),
        pytest.approx(120),
    )


def test_a_p99_of_few_requests_is_not_compared() -> None:
    def busy(side: SideName, number: int, requests: int) -> Turn:
        one = turn(side, number, 100).step
        rows = tuple(replace(one.rows[0], index=place) for place in range(requests))
        return Turn(side, number, replace(one, rows=rows, figures=figures(rows)))

    for requests, known in ((99, False), (100, True)):
        turns = [busy("A", 0, requests), busy("B", 1, requests), busy("A", 1, requests)]
        assert ("ttft_ms p99" in {line.figure for line in ratios(turns)}) is known


def test_a_loss_is_one() -> None:
    found = run([100, 101, 99, 100], [80, 81, 79])
    assert {found["output_tokens_per_s"].verdict, found["e2el_ms p50"].verdict} == {"worse"}


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([100, 110, 100, 100], [104, 105, 105]),  # the two turns of A differ by more
        ([100, 100, 100, 100], [110, 98, 110]),  # a round goes the other way
        ([100, 130, 160, 190], [115, 145, 175]),  # all of it is drift
    ],
)
def test_noise_is_no_gain(a: list[float], b: list[float]) -> None:
    assert {line.verdict for line in run(a, b).values()} == {"noise"}


def test_steady_drift_falls_out() -> None:
    found = run([100, 104, 108, 112], [204, 212, 220])["output_tokens_per_s"]
    assert found.ratio == pytest.approx(2.0, rel=1e-3)
    assert found.verdict == "better"


def test_too_few_rounds_say_nothing() -> None:
    assert {line.verdict for line in run([100, 100, 100], [300, 300]).values()} == {"too few rounds"}


def test_other_work_is_not_compared() -> None:
    found = run([100] * 4, [200] * 3, tokens=50)
    assert {line.verdict for line in found.values()} == {"other work"}


def test_failures_are_no_speed() -> None:
    assert {line.verdict for line in run([100] * 4, [200] * 3, failed=1).values()} == {"failures"}


def test_an_unfinished_run_has_no_ratios() -> None:
    assert run([100, 100], [200, 200]) == {}
    assert run([100], []) == {}


def test_lengths_within_two_percent_are_the_same_work() -> None:
    a, b, c = (turn("A", 1, 100, tokens).step for tokens in (100, 102, 103))
    assert unlike([a], [b]) == {}
    assert unlike([a], [c]) == {"output_tokens": (100, 103)}


def test_only_requests_of_the_same_text_are_held_against_each_other() -> None:
    """A has a turn more, and whoever is faster sends more of a text."""
    a = [turn("A", 0, 100, 900).step, turn("A", 1, 100, 100).step]
    b = turn("B", 1, 100, 100).step
    more = replace(b, rows=(*b.rows, replace(b.rows[0], index=1, output_tokens=500)))
    assert unlike(a, [more]) == {}
    assert unlike(a[:1], [b]) == {}


@given(st.lists(values, min_size=4, max_size=8), st.data())
def test_a_server_against_its_own_figures_has_no_verdict(a: list[float], data: st.DataObject) -> None:
    """Any B that lies between the A's around it."""
    shares = st.floats(min_value=0, max_value=1)
    b = [one ** (1 - share) * two**share for one, two in pairwise(a) for share in [data.draw(shares)]]
    assert judge(a, b, higher_is_better=True)[2] == "noise"


@given(st.lists(values, min_size=4, max_size=4), st.lists(values, min_size=3, max_size=3))
def test_what_is_better_one_way_is_worse_the_other(a: list[float], b: list[float]) -> None:
    one, other = (judge(a, b, higher_is_better=higher)[2] for higher in (True, False))
    assert {one, other} in ({"better", "worse"}, {"noise"})
