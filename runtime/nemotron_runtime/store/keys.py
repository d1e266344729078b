"""What a key is, and what it may spend. Pure."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from nemotron_runtime.store.periods import Reset

PREFIX = "sk-or-v1-"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class KeyTerms:
    """What its owner decides about a key. None: no limit.

    Attributes:
        management: Opens /keys, /credits and /activity, and nothing else.
        limit_usd: What it may spend in one period, or ever where ``limit_reset`` is None.
        limit_reset: Periods end at midnight UTC; weeks begin on Monday, months on the first.
        expires_at: From then on it opens nothing.
        tokens_per_minute: Prompt and completion together.
        concurrent_streams: Requests that are answered at the same time.
    """

    name: str
    management: bool = False
    disabled: bool = False
    limit_usd: Decimal | None = None
    limit_reset: Reset | None = None
    include_byok_in_limit: bool = False
    expires_at: datetime | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    concurrent_streams: int | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """A key without its secret.

    Attributes:
        hash: sha256 of the secret, in hex.
        label: What may be shown of the secret, ``sk-or-v1-au7...890``.
        of_settings: It stands in the settings, so it can't be changed here.
    """

    hash: str
    label: str
    terms: KeyTerms
    created_at: datetime
    updated_at: datetime | None = None
    last_used_at: datetime | None = None
    of_settings: bool = False

    def expired(self, now: datetime) -> bool:
        """Its time is over."""
        return self.terms.expires_at is not None and self.terms.expires_at <= now

    def opens(self, now: datetime) -> bool:
        """It is neither disabled nor expired."""
        return not (self.terms.disabled or self.expired(now))


@dataclass(frozen=True, slots=True)
class KeyUsage:
    """US dollars that a key has spent: ever, today, this week, this month (UTC)."""

    total: Decimal = Decimal(0)
    daily: Decimal = Decimal(0)
    weekly: Decimal = Decimal(0)
    monthly: Decimal = Decimal(0)

    def counted(self, terms: KeyTerms) -> Decimal:
        """What counts against the limit."""
        match terms.limit_reset:
            case "daily":
                return self.daily
            case "weekly":
                return self.weekly
            case "monthly":
                return self.monthly
            case None:
                return self.total

    def remaining(self, terms: KeyTerms) -> Decimal | None:
        """What is left of the limit, never below nothing; None without a limit."""
        if terms.limit_usd is None:
            return None
        return max(Decimal(0), terms.limit_usd - self.counted(terms))


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key at its making: the only time that its secret is seen."""

    key: Key
    secret: str


def new_secret() -> str:
    """``sk-or-v1-`` and 64 hex digits, 256 bits of chance."""
    return PREFIX + secrets.token_hex(32)


def digest(secret: str) -> str:
    """What is kept of a secret: its sha256 in hex. 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def label_of(secret: str) -> str:
    """``sk-or-v1-au7...890``; of a short secret nothing but dots."""
    prefix = PREFIX if secret.startswith(PREFIX) else ""
    rest = secret.removeprefix(prefix)
    return f"{prefix}{rest[:3]}...{rest[-3:]}" if len(rest) >= 16 else f"{prefix}..."


def key_of_settings(secret: str, *, management: bool = False) -> Key:
    """A key that stands in the settings, named by its label."""
    label = label_of(secret)
    terms = KeyTerms(name=label, management=management)
    return Key(digest(secret), label, terms, created_at=_EPOCH, of_settings=True)


def month_ago(today: date) -> date:
    """The earliest day that any period of today's usage begins at."""
    return min(today.replace(day=1), date.fromordinal(today.toordinal() - 6))
