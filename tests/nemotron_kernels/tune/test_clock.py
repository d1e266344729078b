"""What of a difference in time is more than noise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemotron_kernels.tune.clock import LEAST_NOISE, Times, WallClock, as_json, compare, judge
from support.tuning import ScriptedClock, _Scripted


def program(clock: ScriptedClock, name: str) -> _Scripted:
    return _Scripted(clock, name)


def test_the_middle_and_its_tenths() -> None:
    assert Times.of([float(n) for n in range(1, 102)]) == Times(51.0, 11.0, 91.0)
    assert Times.of([7.0]) == Times(7.0, 7.0, 7.0)
    assert Times(20.0, 10.0, 40.0).over(10) == Times(2.0, 1.0, 4.0)


def test_a_gain_is_the_time_of_a_over_that_of_b() -> None:
    clock = ScriptedClock({"a": 120.0, "b": 100.0})
    found = compare(program(clock, "a"), program(clock, "b"), rounds=3, repeats=4)
    assert found.gain == pytest.approx(1.2)
    assert (found.noise, found.wins, found.loses) == (LEAST_NOISE, True, False)
    assert (found.a.median, found.b.median) == (120.0, 100.0)


def test_a_gain_within_the_noise_of_the_same_run_is_none() -> None:
    # A reads 100, then 108: 8 % of noise, and B's 3 % are not believed.
    found = judge([([100.0], [101.0], [108.0])])
    assert found.gain == pytest.approx(104 / 101)
    assert found.noise == pytest.approx(1 - 100 / 108)
    assert not found.wins
    assert not found.loses


def test_the_worst_round_is_the_noise_and_the_middle_one_the_gain() -> None:
    quiet = ([100.0], [90.0], [100.0])
    found = judge([quiet, quiet, ([100.0], [50.0], [125.0])])
    assert found.noise == pytest.approx(0.2)
    assert found.gain == pytest.approx(100 / 90)
    assert not found.wins


def test_noise_that_hits_b_alone_wins_nothing() -> None:
    found = judge([([100.0], [b], [100.0]) for b in (80.0, 85.0, 101.0)])
    assert found.gain > 1 + found.noise
    assert not found.wins


def test_drift_that_is_even_does_not_look_like_a_gain() -> None:
    """A card that slows down by the same step between readings: B stands in the middle of its two A's."""
    found = judge([([100.0 + 6 * n], [102.0 + 6 * n], [104.0 + 6 * n]) for n in range(5)])
    assert found.gain == pytest.approx(1.0)
    assert not found.wins
    assert not found.loses


@given(st.lists(st.floats(50, 200), min_size=3, max_size=3))
def test_nothing_wins_and_loses_at_once(times: list[float]) -> None:
    a, b, again = times
    found = judge([([a], [b], [again])])
    assert not (found.wins and found.loses)
    assert found.noise >= LEAST_NOISE


def test_less_than_the_least_noise_is_never_believed() -> None:
    assert not judge([([100.4], [100.0], [100.4])]).wins
    assert judge([([100.6], [100.0], [100.6])]).wins


def test_results_are_written_for_one_layer() -> None:
    written = as_json(judge([([200.0], [100.0], [200.0])]), layers=20)
    assert written["stock_us"] == [10.0, 10.0, 10.0]
    assert written["ours_us"] == [5.0, 5.0, 5.0]
    assert written["gain"] == 2.0


def test_the_wall_clock_takes_each_run() -> None:
    runs: list[int] = []
    samples = WallClock().program(lambda: runs.append(1)).sample(3)
    assert len(samples) == len(runs) == 3
    assert min(samples) >= 0
