"""Rates and places of keys, with a clock that the test turns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemotron_runtime.admission.free import PER_MINUTE, FreeTier
from nemotron_runtime.admission.limiter import UNLIMITED, Limiter, Rates
from nemotron_runtime.errors import RateLimited


class Clock:
    def __init__(self, now_s: float = 1_000_000.0) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


def headers(refused: pytest.ExceptionInfo[RateLimited]) -> dict[str, str]:
    return refused.value.metadata["headers"]


STEPS = st.lists(
    st.tuples(st.sampled_from(["enter", "leave", "leave twice", "wait"]), st.integers(0, 5)), max_size=80
)


@given(STEPS, st.integers(1, 4), st.integers(1, 10))
def test_places_are_never_lent_twice_and_never_lost(steps, places, per_minute):
    clock = Clock()
    limiter, rates = Limiter(clock), Rates(concurrent=places, requests_per_minute=per_minute)
    lent, admitted = [], []
    for step, number in steps:
        if step == "wait":
            clock.now_s += number * 7
        elif step == "enter":
            try:
                lent.append(limiter.enter("key", rates))
                admitted.append(clock.now_s)
            except RateLimited:
                recent = [at_s for at_s in admitted if at_s > clock.now_s - 60]
                assert len(lent) == places or len(recent) == per_minute
        elif lent:
            give_back = lent.pop(number % len(lent))
            for _ in range(2 if step == "leave twice" else 1):
                give_back()
        assert limiter.running("key") == len(lent) <= places
    for give_back in lent:
        give_back()
    assert limiter.running("key") == 0


def test_a_request_too_many_says_when_to_come_again():
    clock = Clock()
    limiter, rates = Limiter(clock), Rates(requests_per_minute=2)
    limiter.enter("a", rates)
    clock.now_s += 10
    limiter.enter("a", rates)
    with pytest.raises(RateLimited) as refused:
        limiter.enter("a", rates)
    assert headers(refused) == {
        "X-RateLimit-Limit": "2",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "1000060000",
    }
    assert refused.value.retry_after_s == 50
    limiter.enter("b", rates)  # another key
    clock.now_s += 50
    limiter.enter("a", rates)


def test_a_refusal_takes_nothing():
    limiter = Limiter(Clock())
    give_back = limiter.enter("a", Rates(concurrent=1, requests_per_minute=2))
    for _ in range(5):
        with pytest.raises(RateLimited):
            limiter.enter("a", Rates(concurrent=1, requests_per_minute=2))
    give_back()
    limiter.enter("a", Rates(concurrent=1, requests_per_minute=2))


def test_what_was_generated_counts_for_the_next_request():
    clock = Clock()
    limiter, rates = Limiter(clock), Rates(tokens_per_minute=100)
    limiter.take_prompt("a", rates, 60)
    limiter.count_completion("a", 30)
    with pytest.raises(RateLimited) as refused:
        limiter.take_prompt("a", rates, 11)
    assert headers(refused)["X-RateLimit-Remaining"] == "10"
    limiter.take_prompt("a", rates, 10)
    clock.now_s += 60
    limiter.take_prompt("a", rates, 100)


def test_a_prompt_that_never_fits_is_not_told_to_wait():
    limiter = Limiter(Clock())
    with pytest.raises(RateLimited, match="The prompt alone has 101 tokens") as refused:
        limiter.take_prompt("a", Rates(tokens_per_minute=100), 101)
    assert refused.value.retry_after_s is None
    assert "X-RateLimit-Reset" not in headers(refused)


def test_without_limits_nothing_is_refused():
    limiter = Limiter(Clock())
    for _ in range(1000):
        limiter.enter("a", UNLIMITED)
        limiter.take_prompt("a", UNLIMITED, 10**6)


def test_free_requests_of_a_minute_and_of_a_day():
    clock = Clock(86_400 * 20_000 + 86_400 - 130)
    free = FreeTier(30, clock)
    for _ in range(PER_MINUTE):
        free.take("a")
    with pytest.raises(RateLimited, match=r"^Rate limit exceeded: free-models-per-min\. $") as refused:
        free.take("a")
    assert refused.value.metadata["limit_source"] == "openrouter_free_tier_per_minute"
    clock.now_s += 60
    for _ in range(10):
        free.take("a")
    with pytest.raises(RateLimited, match="free-models-per-day") as refused:
        free.take("a")
    assert headers(refused)["X-RateLimit-Reset"] == str(86_400 * 20_001 * 1000)
    assert refused.value.metadata["limit_source"] == "openrouter_free_tier_daily"
    assert (free.used_today("a"), free.used_today("b")) == (30, 0)
    free.check("b")
    assert free.used_today("b") == 0
    clock.now_s += 70  # midnight
    assert free.used_today("a") == 0
    free.take("a")
