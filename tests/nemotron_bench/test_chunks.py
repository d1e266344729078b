from __future__ import annotations

import json
from typing import Any

import pytest

from nemotron_bench.chunks import BadChunk, Chunk, Usage, read_chunk

USAGE = {
    "prompt_tokens": 21,
    "completion_tokens": 9,
    "prompt_tokens_details": {"cached_tokens": 16},
    "completion_tokens_details": {"reasoning_tokens": 5},
}


def read(**document: Any) -> Chunk:
    return read_chunk(json.dumps(document).encode())


def delta(finish: str | None = None, **fields: Any) -> list[Any]:
    return [{"index": 0, "delta": fields, "finish_reason": finish}]


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"role": "assistant", "content": ""}, None),
        ({"content": None, "reasoning": ""}, None),
        ({}, None),
        ({"content": "", "reasoning": "hm"}, "reasoning"),
        ({"reasoning_content": "hm"}, "reasoning"),
        ({"content": "a", "reasoning": None}, "answer"),
        ({"tool_calls": [{"index": 0, "function": {"arguments": "{"}}]}, "answer"),
        ({"refusal": "no"}, "answer"),
    ],
)
def test_what_was_generated(fields: dict[str, Any], kind: str | None) -> None:
    assert read(choices=delta(**fields)).kind == kind


@pytest.mark.parametrize("choices", [[], delta("stop", content="")], ids=["openai", "openrouter"])
def test_usage_counts_wherever_it_stands(choices: list[Any]) -> None:
    assert read(choices=choices, usage=USAGE).usage == Usage(21, 9, 5, 16)


def test_details_of_usage_may_be_missing_or_odd() -> None:
    for details in (None, {}, {"reasoning_tokens": "many"}, {"reasoning_tokens": True}, []):
        usage = {"prompt_tokens": 1, "completion_tokens": 2, "completion_tokens_details": details}
        assert read(choices=[], usage=usage).usage == Usage(1, 2)


def test_an_error_is_read_from_any_chunk() -> None:
    assert read(choices=[], error={"code": 502, "message": "gave up"}).error == "gave up"
    assert read(error="plain").error == "plain"
    assert read(error={"code": 502}).error == "no reason given"
    assert len(read(error="x" * 1000).error or "") == 300


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{no json",
        b"[]",
        b'"text"',
        b"{}",
        b'{"choices": null}',
        b'{"choices": [1]}',
        b'{"choices": [], "usage": 7}',
        b'{"choices": [], "usage": {"prompt_tokens": -1, "completion_tokens": 2}}',
        b'{"choices": [], "usage": {"prompt_tokens": 1.5, "completion_tokens": 2}}',
        b'{"choices": [], "usage": {}}',
        b"\xff",
    ],
)
def test_what_is_no_chunk_is_refused(data: bytes) -> None:
    with pytest.raises(BadChunk):
        read_chunk(data)


def test_finish_and_id() -> None:
    found = read(id="gen-1", choices=delta("tool_calls"))
    assert (found.finish, found.answer_id) == ("tool_calls", "gen-1")
