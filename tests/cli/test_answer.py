from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nemotron_runtime.cli.talk.answer import Answer, CallArgs, CallStart, Piece, Text, Thought
from nemotron_runtime.cli.talk.timing import Timing, summary


def fold(*deltas: dict[str, Any]) -> tuple[Answer, list[Piece]]:
    answer = Answer()
    chunks = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    return answer, [piece for chunk in chunks for piece in answer.feed(chunk)]


def test_reasoning_is_kept_as_it_came_for_the_next_turn() -> None:
    detail = {"type": "reasoning.text", "format": "unknown", "index": 0}
    answer, pieces = fold(
        {"reasoning": "a ", "reasoning_details": [{**detail, "text": "a "}], "content": ""},
        {"reasoning": "\nb", "reasoning_details": [{**detail, "text": "\nb"}]},
        {"content": "c"},
    )
    assert pieces == [Thought("a "), Thought("\nb"), Text("c")]
    assert answer.message() == {
        "role": "assistant",
        "content": "c",
        "reasoning_details": [{**detail, "text": "a \nb"}],
    }


def test_details_of_other_makes_are_kept_too() -> None:
    answer, _ = fold(
        {"reasoning_details": [{"type": "reasoning.text", "text": "x", "index": 0, "signature": None}]},
        {"reasoning_details": [{"type": "reasoning.text", "index": 0, "signature": "s"}]},
        {"reasoning_details": [{"type": "reasoning.encrypted", "data": "q", "index": 0}]},
        {"reasoning_details": [{"type": "reasoning.text", "text": "y", "index": 1}]},
    )
    assert answer.message()["reasoning_details"] == [
        {"type": "reasoning.text", "text": "x", "index": 0, "signature": "s"},
        {"type": "reasoning.encrypted", "data": "q", "index": 0},
        {"type": "reasoning.text", "text": "y", "index": 1},
    ]


def test_plain_reasoning_is_sent_back_as_such() -> None:
    answer, pieces = fold({"reasoning_content": "hm"}, {"content": "yes"})
    assert pieces == [Thought("hm"), Text("yes")]
    assert answer.message() == {"role": "assistant", "content": "yes", "reasoning": "hm"}


def test_calls_are_joined_by_index() -> None:
    answer, pieces = fold(
        {"tool_calls": [{"index": 0, "id": "i", "type": "function", "function": {"name": "f"}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"a"'}}]},
        {"tool_calls": [{"index": 1, "function": {"name": "g", "arguments": "{}"}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": ":1}"}}]},
    )
    assert pieces == [CallStart("f"), CallArgs('{"a"'), CallStart("g"), CallArgs("{}"), CallArgs(":1}")]
    assert answer.message() == {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "i", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}},
            {"id": "call_1", "type": "function", "function": {"name": "g", "arguments": "{}"}},
        ],
    }


def test_chunks_without_a_choice_or_a_delta_pass() -> None:
    answer = Answer()
    for chunk in ({}, {"choices": []}, {"choices": None}, {"choices": [{"delta": None}]}, {"usage": None}):
        assert list(answer.feed(chunk)) == []
    assert answer.message() == {"role": "assistant", "content": None}


@given(st.lists(st.tuples(st.sampled_from(["content", "reasoning"]), st.text(min_size=1)), max_size=10))
def test_no_character_is_lost(deltas: list[tuple[str, str]]) -> None:
    answer, _ = fold(*({key: text} for key, text in deltas))
    assert answer.text == "".join(text for key, text in deltas if key == "content")
    assert answer.reasoning == "".join(text for key, text in deltas if key == "reasoning")


class TestSummary:
    def test_with_the_servers_counts(self) -> None:
        usage = {
            "prompt_tokens": 21,
            "completion_tokens": 101,
            "cost": 0.0012,
            "prompt_tokens_details": {"cached_tokens": 16},
            "completion_tokens_details": {"reasoning_tokens": 5},
        }
        answer = Answer(model="m", finish="length", usage=usage)
        assert summary(answer, Timing(sent=10, first=10.5, last=12.5, pieces=3)) == (
            "m · TTFT 0.50 s · 50.0 tokens/s · 21 tokens in (16 cached), 101 out (5 reasoning) · $0.001200"
            " · ended by length"
        )

    def test_without_them_pieces_stand_in(self) -> None:
        timing = Timing(sent=0, first=1, last=3, pieces=5)
        assert summary(Answer(finish="stop"), timing) == "TTFT 1.00 s · 2.0 tokens/s · about 5 tokens"

    def test_of_an_empty_answer(self) -> None:
        usage = {"prompt_tokens": 3, "completion_tokens": 1, "completion_tokens_details": None}
        assert summary(Answer(usage=usage), Timing()) == "3 tokens in, 1 out"
