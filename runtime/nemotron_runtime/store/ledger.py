"""What each key has spent, in memory: asked before every request, so never behind a database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from threading import Lock

from nemotron_runtime.store.keys import KeyUsage
from nemotron_runtime.store.periods import began, day_of


@dataclass(slots=True)
class Spent:
    """Of one key: ever, and by day for as long as a period may reach back."""

    total: Decimal = Decimal(0)
    by_day: dict[date, Decimal] = field(default_factory=dict)

    def add(self, day: date, amount: Decimal) -> None:
        """Counts an amount."""
        self.total += amount
        self.by_day[day] = self.by_day.get(day, Decimal(0)) + amount

    def since(self, day: date) -> Decimal:
        """From a day on."""
        return sum((amount for when, amount in self.by_day.items() if when >= day), Decimal(0))


class Ledger:
    """Saved amounts and those that are not saved yet. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._saved: dict[str, Spent] = {}
        self._unsaved: dict[str, Spent] = {}
        self._last_used_s: dict[str, int] = {}

    def add(self, key_hash: str, used_s: int, amount: Decimal) -> None:
        """Counts what a generation cost, that is not saved yet."""
        with self._lock:
            self._last_used_s[key_hash] = max(used_s, self._last_used_s.get(key_hash, 0))
            if amount:
                self._unsaved.setdefault(key_hash, Spent()).add(day_of(used_s), amount)

    def usage(self, key_hash: str, today: date) -> KeyUsage:
        """What the key has spent."""
        with self._lock:
            parts = [held[key_hash] for held in (self._saved, self._unsaved) if key_hash in held]
            return KeyUsage(
                total=sum((part.total for part in parts), Decimal(0)),
                daily=_since(parts, today),
                weekly=_since(parts, began("weekly", today)),
                monthly=_since(parts, began("monthly", today)),
            )

    def last_used_s(self, key_hash: str) -> int | None:
        """When a generation of the key was last counted here, Unix seconds."""
        return self._last_used_s.get(key_hash)

    def saved(self, amounts: Iterable[tuple[str, date, Decimal]]) -> None:
        """These amounts, counted by :meth:`add` before, have been saved."""
        with self._lock:
            for key_hash, day, amount in amounts:
                if amount:
                    self._saved.setdefault(key_hash, Spent()).add(day, amount)
                    left = self._unsaved.setdefault(key_hash, Spent())
                    left.add(day, -amount)
                    if not any(left.by_day.values()):
                        del self._unsaved[key_hash]

    def read(self, saved: dict[str, Spent]) -> None:
        """Takes what the database holds now in the place of what was known to be saved."""
        with self._lock:
            self._saved = saved


def _since(parts: Iterable[Spent], day: date) -> Decimal:
    return sum((part.since(day) for part in parts), Decimal(0))
