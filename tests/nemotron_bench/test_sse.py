from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemotron_bench import sse
from nemotron_bench.sse import EndlessLine, EventReader

STREAM = (
    ": OPENROUTER PROCESSING\n\n"
    'data: {"a": "ü"}\n\n'
    ": a comment right before an event\n"
    "data: one\n"
    "data: two\n\n"
    "event: named\nid: 7\ndata:no space\n\n"
    "event: without data\n\n"
    "data: [DONE]\n\n"
    "data: never ended"
)
EVENTS = ['{"a": "ü"}'.encode(), b"one\ntwo", b"no space", b"[DONE]"]


def read(pieces: list[bytes]) -> list[bytes]:
    reader = EventReader()
    return [data for piece in pieces for data in reader.feed(piece)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_cut_at_every_byte(end: str) -> None:
    stream = STREAM.replace("\n", end).encode()
    for place in range(len(stream) + 1):
        assert read([stream[:place], stream[place:]]) == EVENTS
    assert read([stream[place : place + 1] for place in range(len(stream))]) == EVENTS


@given(st.lists(st.integers(0, len(STREAM.encode()))), st.sampled_from(["\n", "\r\n", "\r"]))
def test_cut_anyhow(cuts: list[int], end: str) -> None:
    stream = STREAM.replace("\n", end).encode()
    places = [0, *sorted(cuts), len(stream)]
    assert read([stream[a:b] for a, b in pairwise(places)]) == EVENTS


def test_a_line_without_end_is_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_LINE_BYTES", 100)
    with pytest.raises(EndlessLine):
        read([b"data: " + b"x" * 60, b"x" * 60])
