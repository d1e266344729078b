"""Requests a minute, tokens a minute and requests at a time, for each key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf

from nemotron_runtime.admission.refusals import PER_KEY, rate_limited
from nemotron_runtime.admission.window import Window

Clock = Callable[[], float]
"""Unix seconds."""

GiveBack = Callable[[], None]
"""Gives back what was lent. Safe to call twice."""

_RETRY_S = 1
"""When a place may be free again, nobody knows."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What one key may have; None: no limit.

    Attributes:
        concurrent: Requests that are answered at the same time.
    """

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    concurrent: int | None = None


UNLIMITED = Rates()


@dataclass(slots=True)
class _Taken:
    """What one key has."""

    requests: Window = field(default_factory=Window)
    tokens: Window = field(default_factory=Window)
    running: int = 0


class Limiter:
    """Lets in or refuses. A refusal takes nothing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._keys: defaultdict[str, _Taken] = defaultdict(_Taken)

    def running(self, key: str) -> int:
        """Requests of this key that are being answered."""
        return self._keys[key].running

    def enter(self, key: str, rates: Rates) -> GiveBack:
        """Takes a place and one request of the minute; the place is to be given back.

        Raises:
            RateLimited: there is none.
        """
        taken, now_s = self._keys[key], self._clock()
        if rates.concurrent is not None and taken.running >= rates.concurrent:
            raise _too_many_at_a_time(rates.concurrent, now_s)
        self._check("requests", taken.requests, 1, rates.requests_per_minute, now_s)
        taken.requests.take(1, now_s)
        taken.running += 1
        return once(lambda: self._leave(taken))

    def take_prompt(self, key: str, rates: Rates, tokens: int) -> None:
        """Takes a prompt's tokens of the minute.

        Raises:
            RateLimited: there are not so many left.
        """
        taken, now_s = self._keys[key], self._clock()
        self._check("tokens", taken.tokens, tokens, rates.tokens_per_minute, now_s)
        taken.tokens.take(tokens, now_s)

    def count_completion(self, key: str, tokens: int) -> None:
        """Counts what was generated: nobody knows it before, so the next request waits for it."""
        self._keys[key].tokens.take(tokens, self._clock())

    def _leave(self, taken: _Taken) -> None:
        taken.running -= 1

    def _check(self, what: str, window: Window, amount: int, limit: int | None, now_s: float) -> None:
        if limit is None:
            return
        reset_s = window.room_at_s(amount, limit, now_s)
        if reset_s <= now_s:
            return
        never = reset_s == inf
        raise rate_limited(
            f"key-{what}-per-min",
            limit=limit,
            now_s=now_s,
            reset_s=reset_s,
            source=PER_KEY,
            remedy="Shorten the prompt, or have the key's limit raised."
            if never
            else "Slow down, or have the key's limit raised.",
            left=max(0, limit - window.taken(now_s)),
            more=f"The prompt alone has {amount} tokens." if never else "",
        )


def _too_many_at_a_time(limit: int, now_s: float) -> Exception:
    return rate_limited(
        "key-concurrent-requests",
        limit=limit,
        now_s=now_s,
        reset_s=now_s + _RETRY_S,
        source=PER_KEY,
        remedy="Wait until one of this key's requests has ended.",
    )


def once(give_back: Callable[[], None]) -> GiveBack:
    """The same, but a second call does nothing."""
    given = False

    def give() -> None:
        nonlocal given
        if not given:
            given = True
            give_back()

    return give
