from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemotron_runtime.cli.talk.sse import events


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        ("data: a\n\ndata: b\n\n", ["a", "b"]),
        ("data:a\r\n\r\ndata:  b\r\rdata: c\n\n", ["a", " b", "c"]),
        (": OPENROUTER PROCESSING\n\n: x\ndata: a\n: y\n\n", ["a"]),  # a comment glued to an event
        ("event: delta\nid: 7\nretry: 3\ndata: a\n\n", ["a"]),
        ("data: a\ndata: b\n\n", ["a\nb"]),
        ("data: a\u2028b\x85c\x0bd\n\n", ["a\u2028b\x85c\x0bd"]),  # no line ends in an event stream
        ("data: a\n\ndata: [DONE]\n\ndata: b\n\n", ["a"]),
        ("data: a\n\ndata: cut", ["a"]),
        ("data: a\n\ndata: cut\n", ["a"]),
        ("data: a\r\r", ["a"]),
        ("\n\n\n", []),
        ("", []),
    ],
)
def test_only_the_data_of_whole_events_comes_out(stream: str, expected: list[str]) -> None:
    assert list(events([stream.encode()])) == expected


LINES = st.lists(
    st.one_of(
        st.just(""),
        st.text("é€😀 ab:", max_size=6).map("data: {}".format),
        st.sampled_from([": comment", "event: x", "data:", "data: [DONE]", "nonsense"]),
    ),
    max_size=12,
)


@given(LINES, st.sampled_from(["\n", "\r\n", "\r"]), st.data())
def test_bytes_cut_anywhere_give_the_same_events(lines: list[str], end: str, data: st.DataObject) -> None:
    stream = end.join(lines).encode() + end.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert list(events(chunks)) == list(events([stream]))
