"""What ``/stats`` answers. It is no part of the contract; ``docs/api.md`` describes it.

Times are Unix seconds (``t``) or ISO 8601, durations milliseconds, throughput output tokens a second.
Null where nothing was seen.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from pydantic import BaseModel, ConfigDict

WindowName = Literal["1h", "24h", "3d", "30d"]


class StatsQuery(BaseModel):
    """The window of totals, series and prices."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    window: WindowName = "24h"


class Policy(TypedDict):
    """What becomes of prompts and answers. ``retains_days`` null: they aren't kept, or without an end."""

    trains: bool
    retains_days: int | None
    stores_content: bool


class BoxBody(TypedDict):
    """The machine that answers."""

    gpu: str | None
    gpus: int
    variant: str
    quantization: str
    engine: str
    device: str
    context_tokens: int
    demo: bool
    started_at: str
    kernels: str
    provider: str
    policy: Policy


class Totals(TypedDict):
    """Sums of the window, and tokens of the last seven days."""

    requests: int
    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    cached_tokens: int
    cost_usd: str
    weekly_tokens: int


class SeriesPoint(TypedDict):
    """One step of the window."""

    t: int
    requests: int
    errors: int
    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    cached_tokens: int
    throughput_p50: float | None
    throughput_p90: float | None
    ttft_ms_p50: float | None
    ttft_ms_p90: float | None
    e2e_ms_p50: float | None
    e2e_ms_p90: float | None


class PercentileSet(TypedDict):
    """Of one quantity."""

    p50: float
    p75: float
    p90: float
    p99: float


class PercentilesBody(TypedDict):
    """Over the last 30 minutes, of ``requests`` finished requests."""

    throughput: PercentileSet | None
    ttft_ms: PercentileSet | None
    e2e_ms: PercentileSet | None
    requests: int


class UptimeBar(TypedDict):
    """Per cent of the attempts from ``t`` on that succeeded."""

    t: int
    availability: float | None


class UptimeBody(TypedDict):
    """Per cent of minutes; bars of an hour over three days, of ten minutes over one."""

    last_5m: float | None
    last_30m: float | None
    last_1d: float | None
    hourly: list[UptimeBar]
    buckets: list[UptimeBar]


class EffectivePrice(TypedDict):
    """US dollars that a million tokens did cost in the window."""

    prompt_usd_per_m: str | None
    completion_usd_per_m: str | None


class DayBody(TypedDict):
    """A UTC day; completion tokens include reasoning, prompt tokens cached ones."""

    date: str
    requests: int
    prompt_tokens: int
    reasoning_tokens: int
    completion_tokens: int
    cached_tokens: int


class AppBody(TypedDict):
    """A public app of this month."""

    rank: int
    title: str
    url: str | None
    categories: list[str]
    tokens: int
    requests: int


class ResultBody(TypedDict):
    """A result of ``nemotron bench`` that lies on this machine."""

    file: str
    what: str
    date: str
    gpu: str | None
    commit: str | None
    summary: str


class ReferenceBody(TypedDict):
    """Figures of the hosted endpoint, with where they are from."""

    source: str
    date: str
    figures: dict[str, Any]


class Stats(TypedDict):
    """All of it."""

    as_of: str
    window: WindowName
    step_s: int
    box: BoxBody
    totals: Totals
    series: list[SeriesPoint]
    percentiles: PercentilesBody
    uptime: UptimeBody
    effective_price: EffectivePrice
    tool_call_error_rate: float | None
    days: list[DayBody]
    apps: list[AppBody]
    results: list[ResultBody]
    reference: ReferenceBody


class StatsBody(TypedDict):
    """The answer of ``/stats``."""

    data: Stats
