"""What ``/key``, ``/keys`` and ``/credits`` answer: typed dicts in the shape of the hosted endpoint.

Money is in US dollars, times are ISO 8601 in UTC. What the hosted endpoint doesn't know is said to be ours.
"""

from __future__ import annotations

from typing import Literal, TypedDict


class Spending(TypedDict):
    """What a key may spend and has spent. There are no keys of other providers here, so ``byok_`` is 0."""

    limit: float | None
    limit_remaining: float | None
    limit_reset: str | None
    include_byok_in_limit: bool
    usage: float
    usage_daily: float
    usage_weekly: float
    usage_monthly: float
    byok_usage: float
    byok_usage_daily: float
    byok_usage_weekly: float
    byok_usage_monthly: float


class KeyRates(TypedDict):
    """Ours; null: no limit."""

    requests_per_minute: int | None
    tokens_per_minute: int | None
    concurrent_streams: int | None


class KeyEntry(Spending, KeyRates):
    """A key as ``/keys`` shows it. ``is_management_key`` and ``of_settings`` are ours."""

    hash: str
    name: str
    label: str
    disabled: bool
    created_at: str
    updated_at: str | None
    last_used_at: str | None
    expires_at: str | None
    creator_user_id: None
    external_user: None
    workspace_id: str
    is_management_key: bool
    of_settings: bool


class KeysBody(TypedDict):
    """The answer of ``GET /keys``."""

    data: list[KeyEntry]


class KeyBody(TypedDict):
    """The answer of ``GET`` and ``PATCH /keys/{hash}``."""

    data: KeyEntry


class NewKeyBody(KeyBody):
    """The answer of ``POST /keys``: ``key`` is the secret, seen this once."""

    key: str


class DeletedBody(TypedDict):
    """The answer of ``DELETE /keys/{hash}``."""

    deleted: Literal[True]


class RateLimit(TypedDict):
    """Deprecated in the contract; ``requests`` is always -1."""

    requests: int
    interval: str
    note: str


class FreeRequests(TypedDict):
    """Of ``:free`` models today; ``limit`` and ``remaining`` are -1 where nothing limits them."""

    limit: int
    remaining: int
    used: int


class CurrentKey(Spending, KeyRates):
    """The key of the request, as ``/key`` shows it."""

    label: str
    is_free_tier: bool
    is_management_key: bool
    is_provisioning_key: bool
    creator_user_id: None
    expires_at: str | None
    rate_limit: RateLimit
    free_model_daily_requests: FreeRequests
    budgets: list[None]
    effective_budget: None
    allowed_data_regions: list[str]
    organization_id: None
    workspace_id: str


class CurrentKeyBody(TypedDict):
    """The answer of ``/key``."""

    data: CurrentKey


class Credits(TypedDict):
    """``total_credits`` less ``total_usage`` is what is left."""

    total_credits: float
    total_usage: float


class CreditsBody(TypedDict):
    """The answer of ``/credits``."""

    data: Credits
