"""What a key may spend."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemotron_runtime.admission.budget import Account, Budget, Weight
from nemotron_runtime.errors import LimitExhausted

ACCOUNT = Account(Decimal(10), Decimal(4), datetime(2026, 12, 1, tzinfo=UTC))
MONEY = st.decimals(0, 5, places=3)


@given(
    st.lists(
        st.tuples(MONEY, MONEY, st.integers(0, 3), st.floats(0, 1), st.integers(0, 9), st.booleans()),
        max_size=40,
    ),
    st.decimals(0, 20, places=2),
)
def test_no_more_is_spent_than_allowed(steps, limit):
    budget, spent, running = Budget(), Decimal(0), []
    for prompt, completion, max_tokens, share, which, ends in steps:
        weight = Weight(prompt, completion, max_tokens)
        try:
            running.append((budget.reserve("key", Account(limit, spent), weight), weight.most, share))
        except LimitExhausted:
            assert weight.most > limit - spent - sum(most for _, most, _ in running)
        if ends and running:
            give_back, most, used = running.pop(which % len(running))
            spent += most * Decimal(used)  # counted first, then given back
            give_back()
            give_back()
        assert budget.reserved_usd("key") == sum(most for _, most, _ in running)
        assert spent + budget.reserved_usd("key") <= limit + Decimal("1e-20")


def refusal(account: Account, weight: Weight, running: Weight | None = None) -> LimitExhausted:
    budget = Budget()
    if running:
        budget.reserve("key", account, running)
    with pytest.raises(LimitExhausted) as refused:
        budget.reserve("key", account, weight)
    return refused.value


def test_nothing_left():
    fault = refusal(replace(ACCOUNT, spent_usd=Decimal(10)), Weight(Decimal(0), Decimal("0.1"), 1))
    assert fault.message.startswith("Insufficient credits.")
    assert fault.metadata["limit_source"] == "openrouter_key_limit"
    assert fault.metadata["limit_usd"] == fault.metadata["spend_usd"] == 10
    assert fault.metadata["resets_at"] == "2026-12-01T00:00:00+00:00"
    assert fault.retry_after_s is None


def test_too_many_tokens():
    fault = refusal(ACCOUNT, Weight(Decimal(1), Decimal("0.5"), 65536))
    assert fault.message == (
        "This request requires more credits, or fewer max_tokens. "
        "You requested up to 65536 tokens, but can only afford 10."
    )


def test_too_much_at_a_time():
    fault = refusal(ACCOUNT, Weight(Decimal(4), Decimal(0), 1), running=Weight(Decimal(4), Decimal(0), 1))
    assert fault.metadata["limit_source"] == "openrouter_in_flight_budget"
    assert fault.metadata["reason"] == "in_flight_budget_exhausted"
    assert fault.retry_after_s == 120


def test_what_costs_nothing_is_never_refused():
    Budget().reserve("key", Account(Decimal(0), Decimal(0)), Weight(Decimal(0), Decimal(0), 100))
    Budget().reserve("key", Account(Decimal(1), Decimal(2)), Weight(Decimal(0), Decimal(0), 100))
