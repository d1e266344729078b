"""The sliding window against a list of all that was let in."""

from __future__ import annotations

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from nemotron_runtime.admission.window import MINUTE_S, Window

STEPS = st.lists(st.tuples(st.floats(0, 50), st.integers(1, 8)), max_size=60)


@given(STEPS, st.integers(1, 20))
def test_no_window_ever_holds_more_than_the_limit(steps, limit):
    window, now_s, admitted = Window(), 0.0, []
    for wait_s, amount in steps:
        now_s += wait_s
        if window.room_at_s(amount, limit, now_s) <= now_s:
            window.take(amount, now_s)
            admitted.append((now_s, amount))
    for begin, _ in admitted:
        held = sum(amount for at_s, amount in admitted if begin <= at_s < begin + MINUTE_S)
        assert held <= limit


@given(STEPS, st.integers(1, 8), st.integers(1, 20))
def test_there_is_room_when_it_says_so_and_not_before(steps, amount, limit):
    window, now_s = Window(), 0.0
    for wait_s, taken in steps:
        now_s += wait_s
        window.take(taken, now_s)
    room_s = window.room_at_s(amount, limit, now_s)
    if room_s == inf:
        assert amount > limit
        return
    if room_s > now_s:
        assert window.taken(room_s - 0.001) + amount > limit
    assert window.taken(room_s) + amount <= limit


@given(STEPS)
def test_a_minute_later_all_is_forgotten(steps):
    window, now_s = Window(), 0.0
    for wait_s, amount in steps:
        now_s += wait_s
        window.take(amount, now_s)
    assert window.taken(now_s + MINUTE_S) == 0


def test_a_clock_that_is_set_back_keeps_the_order():
    window = Window()
    window.take(1, 100.0)
    window.take(1, 40.0)
    assert window.taken(159.9) == 2
    assert window.taken(160.0) == 0
