"""What generations add to the roll-ups, summed in memory until the writer saves it."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from operator import add, attrgetter
from typing import TypeVar

from nemotron_runtime.chat.record import App, GenerationRecord
from nemotron_runtime.store.figures import Counts
from nemotron_runtime.store.periods import day_of, minute_of

CALLER_CAUSED = frozenset({400, 401, 402, 403, 404, 408, 413, 422, 429})
"""Statuses that say nothing about this server: the request's own faults, and limits."""

K = TypeVar("K", bound=Hashable)
_values = attrgetter(*(field.name for field in fields(Counts)))


@dataclass(frozen=True, slots=True)
class AppUse:
    """What an app did, as one row of the roll-up."""

    tokens: int = 0
    requests: int = 0


@dataclass(slots=True)
class Tally:
    """Sums since the last save.

    Attributes:
        minutes: By the minute's first second and the model.
        days: By day, model and key (empty without).
        app_days: By day, app and model.
        apps: By id: the app as it last came, and when it came first and last, Unix seconds.
        used_s: When each key was last used, Unix seconds.
    """

    minutes: dict[tuple[int, str], Counts] = field(default_factory=dict)
    days: dict[tuple[date, str, str], Counts] = field(default_factory=dict)
    app_days: dict[tuple[date, int, str], AppUse] = field(default_factory=dict)
    apps: dict[int, tuple[App, int, int]] = field(default_factory=dict)
    used_s: dict[str, int] = field(default_factory=dict)

    def add(self, record: GenerationRecord) -> None:
        """Counts one generation."""
        counts, caller = counts_of(record), record.caller
        day = day_of(record.created_s)
        _sum(self.minutes, (minute_of(record.created_s), record.model), counts)
        _sum(self.days, (day, record.model, caller.key_hash or ""), counts)
        if caller.key_hash:
            self.used_s[caller.key_hash] = max(record.created_s, self.used_s.get(caller.key_hash, 0))
        if caller.app:
            number = app_id(caller.app)
            _, first, last = self.apps.get(number, (caller.app, record.created_s, record.created_s))
            self.apps[number] = caller.app, min(first, record.created_s), max(last, record.created_s)
            before = self.app_days.get(key := (day, number, record.model), AppUse())
            self.app_days[key] = AppUse(before.tokens + counts.tokens, before.requests + 1)

    def merge(self, earlier: Tally) -> None:
        """Takes in sums that could not be saved."""
        for minute, counts in earlier.minutes.items():
            _sum(self.minutes, minute, counts)
        for day, counts in earlier.days.items():
            _sum(self.days, day, counts)
        for key, use in earlier.app_days.items():
            before = self.app_days.get(key, AppUse())
            self.app_days[key] = AppUse(before.tokens + use.tokens, before.requests + use.requests)
        for number, (app, first, last) in earlier.apps.items():
            newer, newer_first, newer_last = self.apps.get(number, (app, first, last))
            self.apps[number] = newer, min(first, newer_first), max(last, newer_last)
        for key_hash, used in earlier.used_s.items():
            self.used_s[key_hash] = max(used, self.used_s.get(key_hash, 0))

    def spent(self) -> list[tuple[str, date, Decimal]]:
        """Key, day and US dollars."""
        return [(key, day, counts.cost_usd) for (day, _, key), counts in self.days.items() if key]

    def __bool__(self) -> bool:
        return bool(self.minutes)


def counts_of(record: GenerationRecord) -> Counts:
    """One generation as a sum."""
    failed = record.outcome == "failed"
    counts_for_uptime = not record.cancelled and record.error_status not in CALLER_CAUSED
    usage = record.usage
    return Counts(
        requests=1,
        attempts=int(counts_for_uptime),
        failures=int(failed and counts_for_uptime),
        cancelled=int(record.cancelled),
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        cached_tokens=usage.cached_tokens,
        tool_requests=int(record.finish_reason == "tool_calls"),
        bad_tool_requests=int(record.finish_reason == "tool_calls" and record.calls.bad > 0),
        prompt_cost_usd=record.cost.prompt,
        completion_cost_usd=record.cost.completion,
    )


def added(a: Counts, b: Counts) -> Counts:
    """The sum of both."""
    return Counts(*map(add, _values(a), _values(b)))


def app_id(app: App) -> int:
    """A number that the identity gives, the same on every machine; exact in JavaScript."""
    return int.from_bytes(hashlib.sha256(app.identity.encode()).digest()[:6])


def _sum(sums: dict[K, Counts], key: K, counts: Counts) -> None:
    before = sums.get(key)
    sums[key] = added(before, counts) if before else counts
