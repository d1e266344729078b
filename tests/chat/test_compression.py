"""Middle-out compression."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nemotron_runtime.chat.compression import middle_out


def message(role: str, number: int) -> dict[str, object]:
    return {"role": role, "content": str(number)}


conversations = st.lists(
    st.sampled_from(["user", "assistant", "tool", "system"]), min_size=1, max_size=40
).map(lambda roles: [message(role, number) for number, role in enumerate(roles)])


def turns(count: int) -> list[dict[str, object]]:
    roles = ["system"] + ["user", "assistant"] * count
    return [message(role, number) for number, role in enumerate(roles)]


def contents(messages) -> list[str]:
    return [message["content"] for message in messages]


def test_what_fits_stays_whole():
    assert contents(middle_out(turns(3), lambda kept: True)) == list("0123456")


def test_the_middle_goes_first_and_both_ends_stay():
    left = middle_out(turns(5), lambda kept: len(kept) <= 7)
    assert contents(left) == ["0", "1", "2", "7", "8", "9", "10"]
    left = middle_out(turns(5), lambda kept: len(kept) <= 5)
    assert contents(left) == ["0", "1", "2", "9", "10"]


def test_two_ends_that_don_t_fit_are_none():
    assert middle_out(turns(5), lambda kept: len(kept) <= 4) is None
    assert middle_out([message("user", 0)], lambda kept: False) is None


def test_a_call_keeps_its_results():
    roles = ["user", "assistant", "user", "assistant", "tool", "tool", "assistant", "user"]
    left = middle_out([message(r, n) for n, r in enumerate(roles)], lambda kept: len(kept) <= 6)
    assert contents(left) == ["0", "1", "7"]


@given(conversations, st.integers(0, 40))
def test_it_drops_no_more_than_it_must(messages, limit):
    left = middle_out(messages, lambda kept: len(kept) <= limit)
    if left is None:
        assert limit < len(messages)
        return
    assert len(left) <= limit
    numbers = [int(message["content"]) for message in left]
    assert numbers == sorted(set(numbers))
    users = [int(m["content"]) for m in messages if m["role"] == "user"]
    if users:
        assert numbers[0] == 0
        assert users[-1] in numbers
    if len(messages) <= limit:
        assert len(left) == len(messages)
