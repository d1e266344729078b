from __future__ import annotations

from nemotron_runtime.chat.events import (
    Finished,
    ReasoningDelta,
    TextDelta,
    Timings,
    ToolCallArgs,
    ToolCallStart,
    Usage,
)
from nemotron_runtime.chat.record import Content
from nemotron_runtime.chat.transcript import Transcript

EVENTS = [
    ReasoningDelta("Let me "),
    ReasoningDelta("see."),
    TextDelta("Yes"),
    ToolCallStart(0, "call_a", "first"),
    ToolCallArgs(0, '{"a":'),
    ToolCallArgs(0, "1}"),
    ToolCallStart(1, "call_b", "second"),
    TextDelta("!"),
    Finished("tool_calls", "tool_calls", Usage(1, 2), Timings(None, 1)),
]


def test_events_become_whole_texts_and_calls() -> None:
    said = Transcript.of(EVENTS)
    assert (said.reasoning, said.completion) == ("Let me see.", "Yes!")
    assert said.calls == [("first", '{"a":1}'), ("second", "")]


def test_content_is_made_only_with_the_messages() -> None:
    said = Transcript.of(EVENTS)
    assert said.content(None) is None
    assert said.content("[]") == Content(
        "[]",
        "Yes!",
        "Let me see.",
        '[{"name": "first", "arguments": "{\\"a\\":1}"}, {"name": "second", "arguments": ""}]',
    )


def test_nothing_said_is_nothing() -> None:
    assert Transcript.of([]) == Transcript()
