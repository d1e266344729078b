"""Middle-out: takes turns out of the middle of a conversation until the rest fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Message = Mapping[str, Any]


def middle_out(
    messages: Sequence[Message], fits: Callable[[Sequence[Message]], bool]
) -> tuple[Message, ...] | None:
    """Drops as few whole turns as needed, those in the middle first.

    The beginning (system messages and the first turn) and the last turn stay; a call is never parted from its
    results, since a turn reaches from one user message to the next.

    Args:
        fits: Whether these messages are short enough. True for fewer turns where it is for more.

    Returns:
        The messages that are left, or None where not even the two ends fit.
    """
    head, *turns = _turns(messages)
    order = _from_the_middle(len(turns) - 1)

    def without(dropped: int) -> tuple[Message, ...]:
        gone = set(order[:dropped])
        kept = [turn for position, turn in enumerate(turns) if position not in gone]
        return tuple(message for turn in [head, *kept] for message in turn)

    low, high = 0, len(order)
    if not fits(without(high)):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(without(middle)) else (middle + 1, high)
    return without(low)


def _turns(messages: Sequence[Message]) -> list[list[Message]]:
    """The system messages with the first turn, then one list a turn; empty where there is no message."""
    turns: list[list[Message]] = [[]]
    started = False
    for message in messages:
        if message["role"] == "user":
            if started:
                turns.append([])
            started = True
        turns[-1].append(message)
    return turns


def _from_the_middle(count: int) -> list[int]:
    """0..count-1, the middle first, alternating outwards, older before newer."""
    middle = (count - 1) / 2
    return sorted(range(max(count, 0)), key=lambda position: (abs(position - middle), position))
