"""The hosted endpoint's limits of ``:free`` models: 20 requests a minute, and some a UTC day."""

from __future__ import annotations

from collections import defaultdict

from nemotron_runtime.admission.limiter import Clock
from nemotron_runtime.admission.refusals import FREE_DAY, FREE_MINUTE, rate_limited
from nemotron_runtime.admission.window import Window

PER_MINUTE = 20
_DAY_S = 86_400


class FreeTier:
    """Counts free requests of each key, in this process's memory.

    Args:
        per_day: Requests of one key in a UTC day.
    """

    def __init__(self, per_day: int, clock: Clock) -> None:
        self.per_day = per_day
        self._clock = clock
        self._minutes: defaultdict[str, Window] = defaultdict(Window)
        self._days: dict[str, tuple[int, int]] = {}

    def used_today(self, key: str) -> int:
        """Free requests of this UTC day."""
        day, used = self._days.get(key, (0, 0))
        return used if day == self._today() else 0

    def take(self, key: str) -> None:
        """Takes one request. A refusal takes nothing.

        Raises:
            RateLimited: there is none left.
        """
        self.check(key)
        self._minutes[key].take(1, self._clock())
        self._days[key] = (self._today(), self.used_today(key) + 1)

    def check(self, key: str) -> None:
        """The same, but takes nothing."""
        now_s = self._clock()
        minute = self._minutes[key]
        if self.used_today(key) >= self.per_day:
            raise rate_limited(
                "free-models-per-day",
                limit=self.per_day,
                now_s=now_s,
                reset_s=(self._today() + 1) * _DAY_S,
                source=FREE_DAY,
                remedy="Wait until 00:00 UTC, or leave :free out of the model's name.",
            )
        if (reset_s := minute.room_at_s(1, PER_MINUTE, now_s)) > now_s:
            raise rate_limited(
                "free-models-per-min",
                limit=PER_MINUTE,
                now_s=now_s,
                reset_s=reset_s,
                source=FREE_MINUTE,
                remedy="Slow down, or leave :free out of the model's name.",
            )

    def _today(self) -> int:
        """Days since 1970."""
        return int(self._clock() // _DAY_S)
