"""Encodes keys for the wire."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from nemotron_runtime.admission.free import FreeTier
from nemotron_runtime.store.keys import Key, KeyTerms, KeyUsage
from nemotron_runtime.wire.accounts import CurrentKey, FreeRequests, KeyEntry, KeyRates, Spending
from nemotron_runtime.wire.key_terms import WORKSPACE

NO_KEY = "no key needed"
"""The label where none was sent and none is asked for."""


def key_entry(key: Key, usage: KeyUsage) -> KeyEntry:
    """Encodes a key as ``/keys`` shows it."""
    terms = key.terms
    return {
        "hash": key.hash,
        "name": terms.name,
        "label": key.label,
        "disabled": terms.disabled,
        **_spending(terms, usage),
        **_rates(terms),
        "created_at": key.created_at.isoformat(),
        "updated_at": _time(key.updated_at),
        "last_used_at": _time(key.last_used_at),
        "expires_at": _time(terms.expires_at),
        "creator_user_id": None,
        "external_user": None,
        "workspace_id": WORKSPACE,
        "is_management_key": terms.management,
        "of_settings": key.of_settings,
    }


def current_key(key: Key | None, usage: KeyUsage, free: FreeRequests) -> CurrentKey:
    """Encodes the key of a request as ``/key`` shows it."""
    terms = key.terms if key else KeyTerms(name=NO_KEY)
    return {
        "label": key.label if key else NO_KEY,
        **_spending(terms, usage),
        **_rates(terms),
        "is_free_tier": False,
        "is_provisioning_key": terms.management,
        "is_management_key": terms.management,
        "creator_user_id": None,
        "expires_at": _time(terms.expires_at),
        "rate_limit": {
            "requests": -1,
            "interval": "10s",
            "note": "This field is deprecated and safe to ignore.",
        },
        "allowed_data_regions": ["global"],
        "budgets": [],
        "effective_budget": None,
        "free_model_daily_requests": free,
        "organization_id": None,
        "workspace_id": WORKSPACE,
    }


def free_requests(free: FreeTier | None, who: str) -> FreeRequests:
    """Encodes what is left of today's free requests."""
    if free is None:
        return {"limit": -1, "remaining": -1, "used": 0}
    used = free.used_today(who)
    return {"limit": free.per_day, "remaining": free.per_day - used, "used": used}


def usd(amount: Decimal) -> float:
    """Money as the wire has it."""
    return float(amount)


def _spending(terms: KeyTerms, usage: KeyUsage) -> Spending:
    remaining = usage.remaining(terms)
    return {
        "limit": None if terms.limit_usd is None else usd(terms.limit_usd),
        "limit_remaining": None if remaining is None else usd(remaining),
        "limit_reset": terms.limit_reset,
        "include_byok_in_limit": terms.include_byok_in_limit,
        "usage": usd(usage.total),
        "usage_daily": usd(usage.daily),
        "usage_weekly": usd(usage.weekly),
        "usage_monthly": usd(usage.monthly),
        "byok_usage": 0.0,
        "byok_usage_daily": 0.0,
        "byok_usage_weekly": 0.0,
        "byok_usage_monthly": 0.0,
    }


def _rates(terms: KeyTerms) -> KeyRates:
    return {
        "requests_per_minute": terms.requests_per_minute,
        "tokens_per_minute": terms.tokens_per_minute,
        "concurrent_streams": terms.concurrent_streams,
    }


def _time(time: datetime | None) -> str | None:
    return time.isoformat() if time else None
