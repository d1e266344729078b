"""A key as the command shows it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from nemotron_runtime.cli.output import clean

if TYPE_CHECKING:
    from nemotron_runtime.store.keys import Key, KeyUsage

COLUMNS = ("name", "label", "hash", "state", "spent", "limit", "a minute", "streams", "last used")


def document(key: Key, usage: KeyUsage) -> dict[str, Any]:
    """As JSON. Amounts are text, so that no digit is lost."""
    terms = key.terms
    return {
        "hash": key.hash,
        "label": key.label,
        "name": terms.name,
        "management": terms.management,
        "disabled": terms.disabled,
        "limit_usd": _amount(terms.limit_usd),
        "limit_reset": terms.limit_reset,
        "limit_remaining_usd": _amount(usage.remaining(terms)),
        "requests_per_minute": terms.requests_per_minute,
        "tokens_per_minute": terms.tokens_per_minute,
        "concurrent_streams": terms.concurrent_streams,
        "expires_at": _time(terms.expires_at),
        "created_at": _time(key.created_at),
        "last_used_at": _time(key.last_used_at),
        "usage_usd": _amount(usage.total),
        "usage_daily_usd": _amount(usage.daily),
        "usage_weekly_usd": _amount(usage.weekly),
        "usage_monthly_usd": _amount(usage.monthly),
    }


def row(key: Key, usage: KeyUsage, now: datetime) -> list[str]:
    """The cells of :data:`COLUMNS`."""
    terms = key.terms
    limit = (
        "-" if terms.limit_usd is None else f"{terms.limit_usd.normalize():f} {terms.limit_reset or 'in all'}"
    )
    rates = [
        f"{most} {of}"
        for most, of in ((terms.requests_per_minute, "requests"), (terms.tokens_per_minute, "tokens"))
        if most is not None
    ]
    return [
        clean(terms.name),
        key.label,
        key.hash[:8],
        state(key, now),
        f"{usage.total.normalize():f}",
        limit,
        ", ".join(rates) or "-",
        "-" if terms.concurrent_streams is None else str(terms.concurrent_streams),
        f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "-",
    ]


def state(key: Key, now: datetime) -> str:
    """``open``, ``management``, ``disabled`` or ``expired``."""
    if key.terms.disabled:
        return "disabled"
    if key.expired(now):
        return "expired"
    return "management" if key.terms.management else "open"


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"


def _time(when: datetime | None) -> str | None:
    return when.isoformat() if when else None
