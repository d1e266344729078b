"""From events to the wire. The traps named here are those of the hosted endpoint's strict clients."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemotron_runtime import errors
from nemotron_runtime.chat.encode import LOGPROB_FLOOR, Envelope, chunks, error_body, error_chunk, fold
from nemotron_runtime.chat.events import (
    ChatEvent,
    Finished,
    ReasoningDelta,
    TextDelta,
    Timings,
    ToolCallArgs,
    ToolCallStart,
    Usage,
)
from nemotron_runtime.engine.base import TokenLogprob
from support.contract import validate_schema, validate_sdk

BYTES = {1: b"a", 2: b"\xc3", 3: b"\xa9", 4: " ü".encode()}
USAGE = Usage(prompt_tokens=9, completion_tokens=10, reasoning_tokens=4, cached_tokens=8)
MAY_BE_NULL = {"content", "reasoning", "refusal", "finish_reason", "native_finish_reason", "logprobs"}


def envelope(**fields: Any) -> Envelope:
    values: dict[str, Any] = {
        "id": "gen-1-a",
        "created": 1,
        "model": "author/name",
        "provider": "Nemotron Runtime",
        "bytes_of": BYTES.__getitem__,
    }
    return Envelope(**values | fields)


def finished(reason: str = "stop", usage: Usage = USAGE) -> Finished:
    return Finished(reason, reason, usage, Timings(0.1, 0.2))  # type: ignore[arg-type]


WHOLE: list[ChatEvent] = [
    ReasoningDelta("We "),
    ReasoningDelta("think"),
    TextDelta("Hel"),
    TextDelta("lo"),
    ToolCallStart(0, "call_1", "f"),
    ToolCallArgs(0, '{"a":'),
    ToolCallStart(1, "call_2", "g"),
    ToolCallArgs(0, " 1}"),
    ToolCallArgs(1, "{}"),
    finished("tool_calls"),
]


def stream(events: list[ChatEvent], shell: Envelope) -> list[Any]:
    return [chunk for event in events for chunk in chunks(event, shell)]


def nulls(value: Any, path: str = "") -> list[str]:
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in nulls(item, f"{path}.{key}")]
    if isinstance(value, list):
        return [found for item in value for found in nulls(item, path)]
    return [path] if value is None else []


def test_every_chunk_has_the_same_envelope_and_no_null_that_is_not_declared():
    for chunk in stream(WHOLE, envelope()):
        assert list(chunk)[:6] == ["id", "object", "created", "model", "provider", "choices"]
        assert (chunk["id"], chunk["created"], chunk["object"]) == ("gen-1-a", 1, "chat.completion.chunk")
        assert "system_fingerprint" not in chunk
        assert {path.rsplit(".", 1)[1] for path in nulls(chunk)} <= MAY_BE_NULL
        (choice,) = chunk["choices"]
        assert "finish_reason" in choice
        assert choice["delta"]["role"] == "assistant"
        assert "content" in choice["delta"]


def test_a_thought_is_told_twice_and_its_format_is_the_word_unknown():
    (chunk,) = chunks(ReasoningDelta("We"), envelope())
    assert chunk["choices"][0]["delta"] == {
        "content": "",
        "role": "assistant",
        "reasoning": "We",
        "reasoning_details": [{"type": "reasoning.text", "text": "We", "format": "unknown", "index": 0}],
    }


def test_a_text_delta_says_nothing_of_reasoning():
    (chunk,) = chunks(TextDelta("Hel"), envelope())
    assert chunk["choices"][0] == {
        "index": 0,
        "delta": {"content": "Hel", "role": "assistant"},
        "finish_reason": None,
        "native_finish_reason": None,
    }


def test_only_the_first_piece_of_a_call_has_id_type_and_name():
    (start,) = chunks(ToolCallStart(1, "call_1", "f"), envelope())
    assert start["choices"][0]["delta"] == {
        "content": None,
        "role": "assistant",
        "tool_calls": [
            {"index": 1, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": ""}}
        ],
    }
    (more,) = chunks(ToolCallArgs(1, '{"a"'), envelope())
    assert more["choices"][0]["delta"]["tool_calls"] == [{"index": 1, "function": {"arguments": '{"a"'}}]


@pytest.mark.parametrize("reason", ["stop", "length", "tool_calls"])
def test_the_usage_chunk_repeats_the_true_finish(reason):
    first, last = chunks(finished(reason), envelope())
    assert first["choices"] == last["choices"]
    assert last["choices"][0] == {
        "index": 0,
        "delta": {"content": "", "role": "assistant"},
        "finish_reason": reason,
        "native_finish_reason": reason,
    }
    assert "usage" not in first
    assert last["usage"]["total_tokens"] == 19


def test_hidden_reasoning_is_not_sent_but_counts():
    shell = envelope(show_reasoning=False)
    sent = json.dumps([stream(WHOLE, shell), fold(WHOLE, shell)["choices"]])
    assert "think" not in sent
    assert "reasoning_details" not in sent
    result = fold(WHOLE, shell)
    assert result["choices"][0]["message"]["reasoning"] is None
    for usage in (result["usage"], stream(WHOLE, shell)[-1]["usage"]):
        assert usage["completion_tokens_details"]["reasoning_tokens"] == 4
        assert usage["completion_tokens"] == 10


def test_a_result_has_the_fingerprint_and_its_keys_in_the_hosted_order():
    result = fold(WHOLE, envelope())
    assert list(result) == [
        "id",
        "object",
        "created",
        "model",
        "provider",
        "system_fingerprint",
        "service_tier",
        "choices",
        "usage",
    ]
    assert result["system_fingerprint"] is None
    assert result["object"] == "chat.completion"
    choice = result["choices"][0]
    assert list(choice) == ["index", "logprobs", "finish_reason", "native_finish_reason", "message"]
    assert choice["message"] == {
        "role": "assistant",
        "content": "Hello",
        "refusal": None,
        "reasoning": "We think",
        "reasoning_details": [
            {"type": "reasoning.text", "text": "We think", "format": "unknown", "index": 0}
        ],
        "tool_calls": [
            {
                "type": "function",
                "index": 0,
                "id": "call_1",
                "function": {"name": "f", "arguments": '{"a": 1}'},
            },
            {"type": "function", "index": 1, "id": "call_2", "function": {"name": "g", "arguments": "{}"}},
        ],
    }


def test_an_answer_without_thought_or_text_has_null_and_no_details():
    message = fold([ToolCallStart(0, "call_1", "f"), finished("tool_calls")], envelope())["choices"][0][
        "message"
    ]
    assert message["content"] is None
    assert message["reasoning"] is None
    assert "reasoning_details" not in message


def test_fold_needs_the_end():
    with pytest.raises(ValueError, match="Finished"):
        fold([TextDelta("cut")], envelope())


def test_costs_are_right_to_the_last_digit():
    assert 5 * 0.00000005 + 6 * 0.0000002 == 1.4499999999999999e-06  # what floats would say
    shell = envelope(prompt_price=Decimal("0.00000005"), completion_price=Decimal("0.0000002"))
    usage = shell.usage(Usage(prompt_tokens=5, completion_tokens=6))
    assert usage["cost"] == 0.00000145
    assert usage["cost_details"] == {
        "upstream_inference_cost": 0.00000145,
        "upstream_inference_prompt_cost": 0.00000025,
        "upstream_inference_completions_cost": 0.0000012,
    }
    assert usage["is_byok"] is False


@given(
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.decimals(min_value=0, max_value="0.001", places=12),
    st.decimals(min_value=0, max_value="0.001", places=12),
)
def test_a_cost_is_the_float_next_to_the_exact_one(prompt, completion, prompt_price, completion_price):
    shell = envelope(prompt_price=prompt_price, completion_price=completion_price)
    exact = prompt * prompt_price + completion * completion_price
    assert shell.usage(Usage(prompt, completion))["cost"] == float(exact)


def test_free_costs_are_zero_and_counts_are_numbers():
    usage = envelope().usage(Usage(1, 2))
    assert usage["cost"] == 0
    assert set(usage["cost_details"].values()) == {0}
    assert nulls(usage) == []


def test_service_tier_and_metadata_are_absent_from_chunks_unless_there_is_something_to_say():
    assert all("service_tier" not in chunk for chunk in stream(WHOLE, envelope()))
    tiered = envelope(service_tier="flex", metadata={"requested": "x"})
    sent = stream(WHOLE, tiered)
    assert {chunk["service_tier"] for chunk in sent} == {"flex"}
    assert [chunk.get("openrouter_metadata") for chunk in sent[-2:]] == [None, {"requested": "x"}]
    assert fold(WHOLE, tiered)["openrouter_metadata"] == {"requested": "x"}
    assert fold(WHOLE, tiered)["service_tier"] == "flex"
    assert "openrouter_metadata" not in fold(WHOLE, envelope())


def test_logprob_rows_hold_bytes_candidates_and_no_infinity():
    row = TokenLogprob(2, -0.5, ((2, -0.5), (4, float("-inf"))))
    (chunk,) = chunks(TextDelta("é", (row, TokenLogprob(3, -1.0))), envelope())
    first, second = chunk["choices"][0]["logprobs"]["content"]
    assert first == {
        "token": "\ufffd",
        "logprob": -0.5,
        "bytes": [0xC3],
        "top_logprobs": [
            {"token": "\ufffd", "logprob": -0.5, "bytes": [0xC3]},
            {"token": " ü", "logprob": LOGPROB_FLOOR, "bytes": list(" ü".encode())},
        ],
    }
    assert (second["bytes"], second["top_logprobs"]) == ([0xA9], [])
    assert "Infinity" not in json.dumps(chunk)


def test_a_result_has_the_rows_of_all_its_text():
    rows = [TextDelta("a", (TokenLogprob(1, -1.0),)), TextDelta("a", (TokenLogprob(1, -2.0),))]
    logprobs = fold([*rows, finished()], envelope())["choices"][0]["logprobs"]
    assert logprobs is not None
    assert [row["logprob"] for row in logprobs["content"]] == [-1.0, -2.0]
    assert fold([TextDelta("a"), finished()], envelope())["choices"][0]["logprobs"] is None


def all_faults(kind: type[errors.RuntimeFault] = errors.RuntimeFault) -> list[type[errors.RuntimeFault]]:
    return [kind, *(found for child in kind.__subclasses__() for found in all_faults(child))]


@pytest.mark.parametrize("kind", all_faults(), ids=lambda kind: kind.__name__)
def test_an_error_has_an_integer_code_and_its_type(kind):
    body = error_body(kind("no", metadata={"limit": 1}))
    assert list(body)[:2] == ["message", "code"]
    assert type(body["code"]) is int
    assert body["metadata"] == {"error_type": kind.error_type, "limit": 1}


def test_an_error_before_the_first_token_has_no_choices_and_the_requested_model():
    chunk = error_chunk(errors.GenerationFailed("no"), envelope(), started=False, requested_model="alias")
    assert chunk["choices"] == []
    assert chunk["model"] == "alias"
    assert chunk["error"] == {
        "message": "no",
        "code": 502,
        "metadata": {"error_type": "provider_unavailable"},
    }
    assert chunk["provider"] == "Nemotron Runtime"


def test_an_error_after_the_first_token_finishes_the_choice():
    chunk = error_chunk(errors.EngineDead("gone"), envelope(), started=True, requested_model="alias")
    assert chunk["choices"][0]["finish_reason"] == "error"
    assert chunk["choices"][0]["delta"] == {"content": "", "role": "assistant"}
    assert chunk["model"] == "author/name"
    assert chunk["error"]["code"] == 503


TEXT = st.text(max_size=8)


@st.composite
def generations(draw: st.DrawFn) -> list[ChatEvent]:
    """Any generation that the splitter could tell: thoughts, text and calls in any order."""
    events: list[ChatEvent] = []
    calls = 0
    for kind in draw(st.lists(st.sampled_from("rtca"), max_size=12)):
        match kind:
            case "r":
                events.append(ReasoningDelta(draw(TEXT)))
            case "t":
                events.append(TextDelta(draw(TEXT)))
            case "c":
                events.append(ToolCallStart(calls, f"call_{calls}", draw(TEXT)))
                calls += 1
            case "a" if calls:
                events.append(ToolCallArgs(draw(st.integers(0, calls - 1)), draw(TEXT)))
    return [*events, finished(draw(st.sampled_from(["stop", "length", "tool_calls"])))]


@given(generations(), st.booleans())
def test_a_stream_put_together_is_the_whole_result(events, show):
    """The accumulator here is what every client does."""
    shell = envelope(show_reasoning=show)
    message = fold(events, shell)["choices"][0]["message"]
    deltas = [chunk["choices"][0]["delta"] for chunk in stream(events, shell)]
    assert "".join(delta["content"] or "" for delta in deltas) == (message["content"] or "")
    assert "".join(delta.get("reasoning") or "" for delta in deltas) == (message["reasoning"] or "")
    calls: dict[int, dict[str, str]] = {}
    for piece in (piece for delta in deltas for piece in delta.get("tool_calls", ())):
        call = calls.setdefault(piece["index"], {"id": piece.get("id", ""), "name": "", "arguments": ""})
        call["name"] += piece["function"].get("name", "")
        call["arguments"] += piece["function"]["arguments"]
    whole = [{"id": call["id"], **call["function"]} for call in message.get("tool_calls", ())]
    assert list(calls.values()) == whole


def test_results_and_chunks_pass_both_oracles():
    from openrouter.components import ChatResult, ChatStreamChunk

    shell = envelope(service_tier="default")
    rows = [TextDelta("a", (TokenLogprob(1, -1.0, ((1, -1.0),)),))]
    for events in (WHOLE, [*rows, finished()]):
        validate_sdk(ChatResult, json.dumps(fold(events, shell)))
        validate_schema("ChatResult", fold(events, shell))
        for chunk in stream(events, shell):
            validate_sdk(ChatStreamChunk, json.dumps(chunk))
            validate_schema("ChatStreamChunk", chunk)


@pytest.mark.parametrize("started", [False, True])
def test_error_chunks_pass_both_oracles(started):
    from openrouter.components import ChatStreamChunk

    chunk = error_chunk(errors.GenerationFailed("no"), envelope(), started=started, requested_model="a/b")
    validate_sdk(ChatStreamChunk, json.dumps(chunk))
    validate_schema("ChatStreamChunk", chunk)
