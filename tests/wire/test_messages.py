"""Messages: roles, contents, what earlier answers carry."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from nemotron_runtime.wire import messages
from nemotron_runtime.wire.messages import AssistantMessage, MediaPart, SystemMessage, TextPart

MESSAGE = TypeAdapter[Any](messages.Message)
MESSAGES = TypeAdapter[Any](messages.Messages)
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}

GOOD = [
    {"role": "system", "content": "s"},
    {"role": "developer", "content": [{"type": "text", "text": "s"}], "name": None},
    {"role": "user", "content": ""},
    {"role": "user", "content": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}]},
    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]},
    {"role": "assistant"},
    {"role": "assistant", "content": None, "tool_calls": [CALL], "refusal": None, "audio": {"id": "x"}},
    {"role": "assistant", "content": "a", "tool_calls": None, "images": [], "model": "x"},
    {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]},
    {"role": "assistant", "tool_calls": [{"function": {"name": "f"}}]},
    {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": '{"cut'}}]},
    {"role": "assistant", "reasoning": "r", "reasoning_content": "r"},
    {"role": "assistant", "reasoning_details": [{"type": "reasoning.text", "text": "r", "signature": None}]},
    {"role": "assistant", "reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}]},
    {"role": "assistant", "reasoning_details": [{"type": "reasoning.new", "index": 0, "x": 1}]},
    {"role": "tool", "content": "r", "tool_call_id": "c", "name": "f"},
    {"role": "tool", "content": [{"type": "text", "text": "r"}], "tool_call_id": "c"},
]
BAD: list[Any] = [
    "hi",
    None,
    {},
    {"role": "function", "content": "x", "name": "f"},
    {"role": "User", "content": "x"},
    {"role": ["user"], "content": "x"},
    {"role": "user"},
    {"role": "user", "content": None},
    {"role": "system", "content": None},
    {"role": "tool", "content": "x"},
    {"role": "tool", "tool_call_id": "c"},
    {"role": "user", "content": 1},
    {"role": "user", "content": ["a"]},
    {"role": "user", "content": [{"type": "text"}]},
    {"role": "user", "content": [{"type": "text", "text": None}]},
    {"role": "user", "content": [{"type": "smell"}]},
    {"role": "assistant", "tool_calls": [{"type": "custom", "function": {"name": "f"}}]},
    {"role": "assistant", "tool_calls": [{"function": {}}]},
    {"role": "assistant", "reasoning_details": [{"text": "no type"}]},
    {"role": "system", "content": "x", "configuration_update": {"reasoning": {"effort": "huge"}}},
]


@pytest.mark.parametrize("message", GOOD, ids=str)
def test_accepted(message):
    assert MESSAGE.validate_python(message).role == message["role"]


@pytest.mark.parametrize("message", BAD, ids=str)
def test_refused(message):
    with pytest.raises(ValidationError):
        MESSAGE.validate_python(message)


def test_there_is_at_least_one():
    with pytest.raises(ValidationError):
        MESSAGES.validate_python([])


def test_a_developer_speaks_as_the_system():
    assert isinstance(MESSAGE.validate_python({"role": "developer", "content": "x"}), SystemMessage)


@pytest.mark.parametrize(
    "kind", ["image_url", "input_image", "input_audio", "file", "input_file", "video_url", "input_video"]
)
def test_media_are_told_apart_from_text(kind):
    content = [{"type": "text", "text": "a"}, {"type": kind, kind: {"url": "x"}}]
    text, media = MESSAGE.validate_python({"role": "user", "content": content}).content
    assert isinstance(text, TextPart)
    assert isinstance(media, MediaPart)


@given(st.text(), st.text(), st.lists(st.text()))
def test_texts_are_kept_byte_for_byte(content, reasoning, parts):
    answer = MESSAGE.validate_python(
        {
            "role": "assistant",
            "content": [{"type": "text", "text": text} for text in parts],
            "reasoning": reasoning,
            "reasoning_details": [
                {"type": "reasoning.text", "text": content, "format": "unknown", "index": 0}
            ],
        }
    )
    assert isinstance(answer, AssistantMessage)
    assert [part.text for part in answer.content] == parts
    assert answer.reasoning == reasoning
    assert answer.reasoning_details[0].text == content
