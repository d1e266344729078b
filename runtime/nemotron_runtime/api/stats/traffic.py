"""How much was asked for, and how fast it went."""

from __future__ import annotations

from nemotron_runtime.api.catalogue_entries import price_text
from nemotron_runtime.store.figures import Counts, Percentiles, Point, Speed
from nemotron_runtime.wire.stats import (
    EffectivePrice,
    PercentilesBody,
    PercentileSet,
    SeriesPoint,
    Totals,
)


def totals(counts: Counts, weekly_tokens: int) -> Totals:
    """Encodes sums."""
    return {
        "requests": counts.requests,
        "prompt_tokens": counts.prompt_tokens,
        "completion_tokens": counts.completion_tokens,
        "reasoning_tokens": counts.reasoning_tokens,
        "cached_tokens": counts.cached_tokens,
        "cost_usd": price_text(counts.cost_usd),
        "weekly_tokens": weekly_tokens,
    }


def series(points: list[Point]) -> list[SeriesPoint]:
    """Encodes one point for each step."""
    return [_point(point) for point in points]


def percentiles(speed: Speed) -> PercentilesBody:
    """Encodes a window's percentiles."""
    return {
        "throughput": _set(speed.throughput),
        "ttft_ms": _set(speed.ttft_ms),
        "e2e_ms": _set(speed.e2e_ms),
        "requests": speed.requests,
    }


def effective_price(counts: Counts) -> EffectivePrice:
    """Encodes what tokens did cost."""
    prompt, completion = counts.effective_prompt_usd_per_m, counts.effective_completion_usd_per_m
    return {
        "prompt_usd_per_m": None if prompt is None else price_text(prompt),
        "completion_usd_per_m": None if completion is None else price_text(completion),
    }


def _point(point: Point) -> SeriesPoint:
    counts, speed = point.counts, point.speed
    throughput, ttft_ms, e2e_ms = speed.throughput, speed.ttft_ms, speed.e2e_ms
    return {
        "t": point.t,
        "requests": counts.requests,
        "errors": counts.failures,
        "prompt_tokens": counts.prompt_tokens,
        "completion_tokens": counts.completion_tokens,
        "reasoning_tokens": counts.reasoning_tokens,
        "cached_tokens": counts.cached_tokens,
        "throughput_p50": throughput.p50 if throughput else None,
        "throughput_p90": throughput.p90 if throughput else None,
        "ttft_ms_p50": ttft_ms.p50 if ttft_ms else None,
        "ttft_ms_p90": ttft_ms.p90 if ttft_ms else None,
        "e2e_ms_p50": e2e_ms.p50 if e2e_ms else None,
        "e2e_ms_p90": e2e_ms.p90 if e2e_ms else None,
    }


def _set(of: Percentiles | None) -> PercentileSet | None:
    return {"p50": of.p50, "p75": of.p75, "p90": of.p90, "p99": of.p99} if of else None
