"""The bytes of a stream are those of its chunks, however they are made."""

from __future__ import annotations

from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemotron_runtime.chat.chunk_writer import ChunkWriter, data
from nemotron_runtime.chat.encode import Envelope, chunks, error_chunk
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
from nemotron_runtime.errors import GenerationFailed

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
ROW = TokenLogprob(5, -0.5, ((5, -0.5), (6, -1.0)))
EVENTS = st.one_of(
    TEXT.map(ReasoningDelta),
    TEXT.map(TextDelta),
    TEXT.map(lambda text: TextDelta(text, (ROW,))),
    TEXT.map(lambda text: ToolCallArgs(0, text)),
    st.just(ToolCallStart(0, "call_1", "look")),
    st.just(Finished("stop", "stop", Usage(3, 4, 1, 2), Timings(0.1, 0.2))),
)


def envelope(*, show_reasoning: bool = True, service_tier: str | None = None) -> Envelope:
    return Envelope(
        id="gen-1",
        created=7,
        model='a/"b"',
        provider="here",
        bytes_of=lambda id: bytes([id]),
        completion_price=Decimal("0.1"),
        show_reasoning=show_reasoning,
        service_tier=service_tier,
    )


@given(st.lists(EVENTS), st.booleans(), st.sampled_from([None, "flex"]))
def test_bytes_are_those_of_the_chunks(events: list[ChatEvent], shown: bool, tier: str | None) -> None:
    same = envelope(show_reasoning=shown, service_tier=tier)
    plain = b"".join(data(chunk) for event in events for chunk in chunks(event, same))
    assert ChunkWriter(same).write(events) == plain


@pytest.mark.parametrize(
    ("events", "started"),
    [
        ([], False),
        ([TextDelta("a")], True),
        ([ReasoningDelta("a")], True),
        ([ToolCallStart(0, "call_1", "look")], True),
    ],
)
def test_a_fault_says_whether_something_went_before_it(events: list[ChatEvent], started: bool) -> None:
    writer, fault = ChunkWriter(envelope()), GenerationFailed("no")
    writer.write(events)
    expected = error_chunk(fault, envelope(), started=started, requested_model="asked/for")
    assert writer.fault(fault, "asked/for") == data(expected)


def test_a_hidden_thought_is_nothing_that_went_before() -> None:
    writer = ChunkWriter(envelope(show_reasoning=False))
    assert writer.write([ReasoningDelta("secret")]) == b""
    assert not writer.started


def test_the_opening_has_the_request_and_no_choice() -> None:
    opening = ChunkWriter(envelope()).opening({"max_tokens": 3})
    chunk = orjson.loads(opening.removeprefix(b"data: "))
    assert (chunk["choices"], chunk["debug"]) == ([], {"echo_upstream_body": {"max_tokens": 3}})
