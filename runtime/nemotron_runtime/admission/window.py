"""What was taken in the last minute, exactly."""

from __future__ import annotations

from collections import deque
from math import inf

MINUTE_S = 60.0


class Window:
    """A sliding window: what was taken at a time counts until `span_s` later, and not a moment longer.

    Amounts that are asked for first never add up to more than the limit in any window of this length.
    """

    def __init__(self, span_s: float = MINUTE_S) -> None:
        self._span_s = span_s
        self._taken: deque[tuple[float, int]] = deque()
        self._sum = 0

    def taken(self, now_s: float) -> int:
        """What counts now."""
        while self._taken and self._taken[0][0] + self._span_s <= now_s:
            self._sum -= self._taken.popleft()[1]
        return self._sum

    def take(self, amount: int, now_s: float) -> None:
        """Counts an amount, whether there is room or not."""
        self.taken(now_s)
        if amount > 0:
            now_s = max(now_s, self._taken[-1][0]) if self._taken else now_s  # a clock that was set back
            self._taken.append((now_s, amount))
            self._sum += amount

    def room_at_s(self, amount: int, limit: int, now_s: float) -> float:
        """When `amount` fits under `limit` if nothing else is taken: `now_s` or later, infinity for never."""
        if amount > limit:
            return inf
        over = self.taken(now_s) + amount - limit
        if over <= 0:
            return now_s
        for at_s, taken in self._taken:
            over -= taken
            if over <= 0:
                return at_s + self._span_s
        return inf
