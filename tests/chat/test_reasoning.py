"""What a request wants of thinking, from the three ways to say it."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemotron_runtime.chat.reasoning import EFFORT_RATIOS, Thinking, thinking_of
from nemotron_runtime.errors import InvalidRequest
from nemotron_runtime.wire.reasoning import Effort
from nemotron_runtime.wire.request import ChatRequest

ALLOWANCE = 4000
RATIOS = {"max": 0.95, "xhigh": 0.95, "high": 0.8, "medium": 0.5, "low": 0.2, "minimal": 0.1}
"""The hosted endpoint's table."""


def thinking(
    max_tokens: int | None = None, messages: list[dict[str, Any]] | None = None, **fields: Any
) -> Thinking:
    body = {"messages": messages or [{"role": "user", "content": "hi"}], **fields}
    return thinking_of(ChatRequest.model_validate(body), max_tokens, ALLOWANCE)


def test_thinking_is_on_shown_and_unbounded_by_default():
    assert thinking(1000) == Thinking(enabled=True, budget_tokens=None, hidden=False, all_turns=False)


def test_enabled_is_the_default_spelled_out():
    assert thinking(1000, reasoning={"enabled": True}) == thinking(1000)
    assert thinking(1000, reasoning={}) == thinking(1000)


@pytest.mark.parametrize(
    "fields",
    [
        {"reasoning": {"enabled": False}},
        {"reasoning": {"effort": "none"}},
        {"reasoning_effort": "none"},
        {"reasoning": {"max_tokens": 0}},
        {"reasoning": {"enabled": False, "effort": "high"}},
        {"reasoning": {"enabled": True, "effort": "none"}},
    ],
)
def test_off(fields):
    assert thinking(1000, **fields).enabled is False


@pytest.mark.parametrize(("effort", "ratio"), RATIOS.items())
def test_an_effort_is_a_share_of_max_tokens_or_of_the_allowance(effort, ratio):
    for fields in ({"reasoning": {"effort": effort}}, {"reasoning_effort": effort}):
        assert thinking(1000, **fields).budget_tokens == int(1000 * ratio)
        assert thinking(None, **fields).budget_tokens == int(ALLOWANCE * ratio)
        assert thinking(1000, **fields).enabled


def test_every_effort_has_a_ratio_but_none():
    assert set(EFFORT_RATIOS) | {"none"} == set(get_args(Effort))


@given(st.sampled_from(sorted(RATIOS)), st.integers(1, 10**6))
def test_a_budget_is_at_least_one_token_and_has_no_other_floor(effort, max_tokens):
    budget = thinking(max_tokens, reasoning_effort=effort).budget_tokens
    assert budget == max(1, int(max_tokens * RATIOS[effort]))
    assert budget <= max_tokens


def test_a_budget_in_tokens_is_taken_as_it_is():
    assert thinking(1000, reasoning={"max_tokens": 7}).budget_tokens == 7
    assert thinking(1000, reasoning={"max_tokens": 5000}).budget_tokens == 5000


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"reasoning": {"effort": "high", "max_tokens": 5}}, "reasoning: Only one of"),
        ({"reasoning": {"max_tokens": 5}, "reasoning_effort": "low"}, "reasoning: Only one of"),
        ({"reasoning": {"effort": "high"}, "reasoning_effort": "low"}, "reasoning_effort: Conflicts with"),
        ({"reasoning": {"effort": "none"}, "reasoning_effort": "low"}, "reasoning_effort: Conflicts with"),
    ],
)
def test_contradictions(fields, message):
    with pytest.raises(InvalidRequest, match=message):
        thinking(1000, **fields)


def test_the_same_effort_twice_is_no_contradiction():
    assert thinking(100, reasoning={"effort": "low"}, reasoning_effort="low").budget_tokens == 20


@pytest.mark.parametrize(
    ("fields", "hidden"),
    [
        ({"reasoning": {"exclude": True}}, True),
        ({"reasoning": {"exclude": False}}, False),
        ({"include_reasoning": False}, True),
        ({"include_reasoning": True}, False),
        ({"include_reasoning": False, "reasoning": {}}, True),
        ({"include_reasoning": False, "reasoning": {"exclude": False}}, False),
        ({"include_reasoning": True, "reasoning": {"exclude": True}}, True),
    ],
)
def test_hidden(fields, hidden):
    found = thinking(1000, **fields)
    assert found.hidden is hidden
    assert found.enabled


@pytest.mark.parametrize(
    ("context", "all_turns"), [("all_turns", True), ("auto", False), ("current_turn", False)]
)
def test_context(context, all_turns):
    assert thinking(reasoning={"context": context}).all_turns is all_turns


@pytest.mark.parametrize("role", ["system", "developer"])
def test_the_last_configuration_update_replaces_the_wish(role):
    def update(**reasoning: Any) -> dict[str, Any]:
        return {"role": role, "content": "s", "configuration_update": {"reasoning": reasoning}}

    user = {"role": "user", "content": "hi"}
    messages = [update(enabled=False), user, update(max_tokens=3), {"role": role, "content": "s"}, user]
    assert thinking(100, messages, reasoning={"max_tokens": 50}).budget_tokens == 3
    empty = {"role": role, "content": "s", "configuration_update": {}}
    assert thinking(100, [empty, user], reasoning={"max_tokens": 50}).budget_tokens == 50


@given(
    st.none() | st.sampled_from([*sorted(RATIOS), "none"]),
    st.none() | st.sampled_from([*sorted(RATIOS), "none"]),
    st.none() | st.integers(0, 100),
    st.none() | st.booleans(),
    st.none() | st.booleans(),
)
def test_nulls_are_as_good_as_absent(effort, other_effort, budget, enabled, include):
    wish = {"effort": effort, "max_tokens": budget, "enabled": enabled, "exclude": None, "context": None}
    fields = {"reasoning": wish, "reasoning_effort": other_effort, "include_reasoning": include}
    bare = {"reasoning": {k: v for k, v in wish.items() if v is not None}} | {
        k: v for k, v in fields.items() if k != "reasoning" and v is not None
    }
    assert _outcome(fields) == _outcome(bare)


def _outcome(fields: dict[str, Any]) -> Thinking | str:
    try:
        return thinking(1000, **fields)
    except InvalidRequest as fault:
        return fault.message
