"""What the store's questions are answered with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import ceil, floor


@dataclass(frozen=True, slots=True)
class Counts:
    """Sums over some generations.

    Attributes:
        requests: All of them, however they ended.
        attempts: Those that say something about this server: neither cancelled, nor the caller's fault.
        failures: Attempts that failed.
        prompt_tokens: With cached ones.
        completion_tokens: With reasoning.
        tool_requests: Those that ended in tool calls.
        bad_tool_requests: Those with at least one bad call.
    """

    requests: int = 0
    attempts: int = 0
    failures: int = 0
    cancelled: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    cached_tokens: int = 0
    tool_requests: int = 0
    bad_tool_requests: int = 0
    prompt_cost_usd: Decimal = Decimal(0)
    completion_cost_usd: Decimal = Decimal(0)

    @property
    def cost_usd(self) -> Decimal:
        """Prompt and completion."""
        return self.prompt_cost_usd + self.completion_cost_usd

    @property
    def tokens(self) -> int:
        """Prompt and completion."""
        return self.prompt_tokens + self.completion_tokens

    @property
    def tool_call_error_rate(self) -> float | None:
        """Requests with a bad tool call, of those that ended in tool calls; None without any."""
        return self.bad_tool_requests / self.tool_requests if self.tool_requests else None

    @property
    def effective_prompt_usd_per_m(self) -> Decimal | None:
        """US dollars paid for a million prompt tokens, cached ones included; None without any."""
        return _per_million(self.prompt_cost_usd, self.prompt_tokens)

    @property
    def effective_completion_usd_per_m(self) -> Decimal | None:
        """US dollars paid for a million completion tokens; None without any."""
        return _per_million(self.completion_cost_usd, self.completion_tokens)


def _per_million(usd: Decimal, tokens: int) -> Decimal | None:
    return usd * 1_000_000 / tokens if tokens else None


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Of exact values, interpolated between neighbours. Of a speed they fall: 99 % reach p99 or more."""

    p50: float
    p75: float
    p90: float
    p99: float

    @classmethod
    def of(cls, values: Sequence[float], *, falling: bool = False) -> Percentiles | None:
        """Of any values in any order; None without any. ``falling``: the higher the better."""
        if not values:
            return None
        ordered = sorted(values, reverse=falling)
        return cls(*(_quantile(ordered, share) for share in (0.5, 0.75, 0.9, 0.99)))


def _quantile(ordered: Sequence[float], share: float) -> float:
    at = share * (len(ordered) - 1)
    low, high = ordered[floor(at)], ordered[ceil(at)]
    return low + (high - low) * (at - floor(at))


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast finished generations were; None where nothing was measured.

    Attributes:
        requests: How many were measured.
        throughput: Output tokens a second of the whole time from acceptance to the end, waiting included.
        ttft_ms: From acceptance to the first token of any kind.
        e2e_ms: From acceptance to the last token.
    """

    requests: int = 0
    throughput: Percentiles | None = None
    ttft_ms: Percentiles | None = None
    e2e_ms: Percentiles | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """One step of a series; ``t`` is its beginning in Unix seconds."""

    t: int
    counts: Counts
    speed: Speed


@dataclass(frozen=True, slots=True)
class UptimeFigures:
    """Percent of minutes in which at least 80 % of the attempts succeeded, of minutes with at least 10."""

    last_5m: float | None = None
    last_30m: float | None = None
    last_1d: float | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """Percent of attempts that succeeded from ``t`` on; None where there were none."""

    t: int
    availability: float | None


@dataclass(frozen=True, slots=True)
class ActivityDay:
    """A UTC day's sums for one model and, where asked for, one key.

    Attributes:
        key_hash: None: of all keys; empty: of requests without a key.
    """

    day: date
    model: str
    key_hash: str | None
    counts: Counts


@dataclass(frozen=True, slots=True)
class AppRank:
    """An app's place on the board, from 1. ``tokens`` is prompt and completion.

    Attributes:
        trend_tokens: Tokens of the window less the mean of the three windows before.
    """

    rank: int
    app_id: int
    title: str | None
    url: str | None
    categories: tuple[str, ...]
    tokens: int
    requests: int
    trend_tokens: int
