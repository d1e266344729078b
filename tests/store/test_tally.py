from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemotron_runtime.chat.call_check import CallCounts
from nemotron_runtime.chat.events import Timings, Usage
from nemotron_runtime.chat.record import App, Caller, Cost, GenerationRecord
from nemotron_runtime.store.tally import Tally, app_id, counts_of
from support.generations import NOW_S, WHOLE, record

RECORDS = st.lists(
    st.builds(
        record,
        created_s=st.integers(NOW_S - 100_000, NOW_S),
        model=st.sampled_from(["a/b", "a/b:free"]),
        usage=st.builds(Usage, *[st.integers(0, 10**6)] * 4),
        cost=st.builds(Cost, *[st.decimals(0, 1, places=12)] * 2),
        caller=st.builds(
            Caller,
            key_hash=st.sampled_from([None, "k", "l"]),
            app=st.sampled_from([None, App("x"), App("y", title="Y")]),
        ),
    ),
    max_size=12,
)


def tally_of(records: list[GenerationRecord]) -> Tally:
    tally = Tally()
    for each in records:
        tally.add(each)
    return tally


@given(RECORDS, RECORDS)
def test_sums_that_could_not_be_saved_join_the_later_ones(
    earlier: list[GenerationRecord], later: list[GenerationRecord]
) -> None:
    merged = tally_of(later)
    merged.merge(tally_of(earlier))
    assert merged == tally_of([*earlier, *later])


@given(RECORDS)
def test_minutes_and_days_agree(records: list[GenerationRecord]) -> None:
    tally = tally_of(records)
    for name in ("requests", "prompt_tokens", "cost_usd"):
        of_minutes = sum(getattr(counts, name) for counts in tally.minutes.values())
        assert of_minutes == sum(getattr(counts, name) for counts in tally.days.values())
    assert bool(tally) == bool(records)


def test_everything_of_a_record_is_counted() -> None:
    counts = counts_of(WHOLE)
    assert (counts.prompt_tokens, counts.completion_tokens) == (100, 40)
    assert (counts.reasoning_tokens, counts.cached_tokens) == (30, 64)
    assert (counts.tool_requests, counts.bad_tool_requests) == (1, 1)
    assert counts.cost_usd == WHOLE.cost.total
    tally = tally_of([WHOLE])
    assert set(tally.days) == {(date(2026, 11, 30), "author/name:free", "a" * 64)}
    assert tally.spent() == [("a" * 64, date(2026, 11, 30), WHOLE.cost.total)]


@pytest.mark.parametrize(
    ("fields", "attempts", "failures"),
    [
        ({}, 1, 0),
        ({"outcome": "failed", "error_status": 502}, 1, 1),
        ({"outcome": "failed", "error_status": 503}, 1, 1),
        ({"outcome": "failed", "error_status": None}, 1, 1),
        ({"outcome": "failed", "error_status": 400}, 0, 0),
        ({"outcome": "failed", "error_status": 429}, 0, 0),
        ({"outcome": "cancelled"}, 0, 0),
    ],
)
def test_what_counts_for_uptime(fields: dict[str, object], attempts: int, failures: int) -> None:
    counts = counts_of(record(**fields))
    assert (counts.requests, counts.attempts, counts.failures) == (1, attempts, failures)


def test_bad_calls_count_where_the_answer_ended_in_calls() -> None:
    calls = CallCounts(total=1, invalid_json=1)
    assert counts_of(record(calls=calls, finish_reason="length")).bad_tool_requests == 0
    assert counts_of(record(calls=CallCounts(total=1), finish_reason="tool_calls")).bad_tool_requests == 0
    assert counts_of(record(calls=calls, finish_reason="tool_calls")).bad_tool_requests == 1


def test_an_app_keeps_its_number_and_its_latest_face() -> None:
    old, new = App("x", title="Old"), App("x", title="New", hidden=True)
    tally = tally_of([record(caller=Caller(app=app), timings=Timings(None, 1)) for app in (old, new)])
    assert app_id(old) == app_id(new) < 2**53
    assert [app for app, _, _ in tally.apps.values()] == [new]
    assert Decimal(sum(use.tokens for use in tally.app_days.values())) == 30
