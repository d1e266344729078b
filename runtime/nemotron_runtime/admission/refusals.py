"""What a caller over a limit reads, in the hosted endpoint's words where it has some."""

from __future__ import annotations

from math import ceil, inf

from nemotron_runtime.errors import RateLimited

PER_KEY = "openrouter_key_rate_limit"
FREE_MINUTE = "openrouter_free_tier_per_minute"
FREE_DAY = "openrouter_free_tier_daily"


def rate_limited(
    what: str,
    *,
    limit: int,
    now_s: float,
    reset_s: float,
    source: str,
    remedy: str,
    left: int = 0,
    more: str = "",
) -> RateLimited:
    """A 429 with ``X-RateLimit-*``, which go into the metadata and, from there, into the answer's headers.

    Args:
        what: The limit's name, ``free-models-per-day``.
        reset_s: Unix seconds at which there is room again; infinity where waiting never helps.
        left: What remains of the limit, where the request needs more.
    """
    waits = reset_s < inf
    headers = {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(left)}
    if waits:
        headers["X-RateLimit-Reset"] = str(ceil(reset_s * 1000))
    return RateLimited(
        f"Rate limit exceeded: {what}. {more}",
        metadata={
            "headers": headers,
            "provider_name": None,
            "limit_source": source,
            "remedy_hint": remedy,
        },
        retry_after_s=max(1, ceil(reset_s - now_s)) if waits else None,
    )
