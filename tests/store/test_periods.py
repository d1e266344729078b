from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemotron_runtime.store.keys import month_ago
from nemotron_runtime.store.periods import Reset, began, day_of, ends, minute_of, start_of_day

DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))
PERIODS: tuple[Reset, ...] = ("daily", "weekly", "monthly")


@pytest.mark.parametrize(
    ("period", "first", "over"),
    [
        ("daily", (2026, 12, 31), (2027, 1, 1)),
        ("weekly", (2026, 12, 28), (2027, 1, 4)),
        ("monthly", (2026, 12, 1), (2027, 1, 1)),
    ],
)
def test_periods_of_the_last_day_of_a_year(
    period: Reset, first: tuple[int, ...], over: tuple[int, ...]
) -> None:
    today = date(2026, 12, 31)  # a Thursday
    assert began(period, today) == date(*first)
    assert ends(period, today) == datetime(*over, tzinfo=UTC)


@given(DAYS, st.sampled_from(PERIODS))
def test_a_day_is_in_its_period_and_the_next_begins_where_it_ends(today: date, period: Reset) -> None:
    first, over = began(period, today), ends(period, today).date()
    assert first <= today < over
    assert began(period, over) == over
    assert began(period, over - timedelta(days=1)) == first


@given(DAYS)
def test_a_month_ago_reaches_back_to_the_beginning_of_every_period(today: date) -> None:
    assert month_ago(today) <= min(began(period, today) for period in PERIODS)


@given(st.integers(0, 4 * 10**9))
def test_seconds_lie_in_their_minute_and_their_day(seconds: int) -> None:
    assert minute_of(seconds) <= seconds < minute_of(seconds) + 60
    assert start_of_day(day_of(seconds)) <= seconds < start_of_day(day_of(seconds)) + 86400
