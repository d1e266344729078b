"""What ``/stats`` answers on a box that has been in use, and on one that has not."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

MARKED = "<img src=x onerror=broken=1>"
NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)

EMPTY: dict[str, Any] = {
    "as_of": NOW.isoformat(),
    "window": "24h",
    "step_s": 600,
    "box": {
        "gpu": None,
        "gpus": 0,
        "variant": "bf16",
        "quantization": "bf16",
        "engine": "scripted 0",
        "device": "cpu",
        "context_tokens": 32768,
        "demo": True,
        "started_at": NOW.isoformat(),
        "kernels": "",
        "provider": "Nemotron Runtime",
        "policy": {"trains": False, "retains_days": None, "stores_content": False},
    },
    "totals": {
        "requests": 0,
        "prompt_tokens": 0,
        "completion_tokens": 0,
        "reasoning_tokens": 0,
        "cached_tokens": 0,
        "cost_usd": "0",
        "weekly_tokens": 0,
    },
    "series": [],
    "percentiles": {"throughput": None, "ttft_ms": None, "e2e_ms": None, "requests": 0},
    "uptime": {"last_5m": None, "last_30m": None, "last_1d": None, "hourly": [], "buckets": []},
    "effective_price": {"prompt_usd_per_m": None, "completion_usd_per_m": None},
    "tool_call_error_rate": None,
    "days": [],
    "apps": [],
    "results": [],
    "reference": {"source": "", "date": "", "figures": {}},
}


def seeded() -> dict[str, Any]:
    """A day of traffic with a night in it, a bad hour, two apps, one of them hostile."""
    return {
        **EMPTY,
        "box": {
            **EMPTY["box"],
            "gpu": "NVIDIA H100 80GB HBM3",
            "gpus": 1,
            "device": "cuda",
            "engine": "vllm 0.32.0",
            "policy": {"trains": False, "retains_days": 7, "stores_content": True},
        },
        "totals": {
            "requests": 18_400,
            "prompt_tokens": 41_200_000,
            "completion_tokens": 9_100_000,
            "reasoning_tokens": 7_000_000,
            "cached_tokens": 20_000_000,
            "cost_usd": "3.88",
            "weekly_tokens": 287_000_000,
        },
        "series": [_point(i) for i in range(144)],
        "percentiles": {
            "throughput": {"p50": 181.2, "p75": 160.4, "p90": 131.9, "p99": 88.25},
            "ttft_ms": {"p50": 64.2, "p75": 81.0, "p90": 130.8, "p99": 412.5},
            "e2e_ms": {"p50": 2100.0, "p75": 3900.0, "p90": 7210.0, "p99": 19_040.0},
            "requests": 412,
        },
        "uptime": {
            "last_5m": 100.0,
            "last_30m": 99.999,
            "last_1d": 97.5,
            "hourly": [{"t": _epoch(hours=i - 72), "availability": _availability(i)} for i in range(72)],
            "buckets": [
                {"t": _epoch(minutes=10 * (i - 144)), "availability": _availability(i // 6 + 48)}
                for i in range(144)
            ],
        },
        "effective_price": {"prompt_usd_per_m": "0.05", "completion_usd_per_m": "0.2"},
        "tool_call_error_rate": 0.0125,
        "days": [_day(i) for i in range(30)],
        "apps": [
            _app(1, "Cline", "https://cline.bot", 21_000_000, ["cli-agent"]),
            _app(2, MARKED, "javascript:broken=2", 1_200_000, []),
        ],
        "results": [
            {
                "file": "2026-11-30-cpu-9dfef20-start.json",
                "what": "start",
                "date": "2026-11-30",
                "gpu": None,
                "commit": "9dfef20",
                "summary": "ready in 21.9 s",
            }
        ],
        "reference": {
            "source": "a page copy",
            "date": "2026-09-15",
            "figures": {
                "prompt_usd_per_m": "0.05",
                "completion_usd_per_m": "0.20",
                "context_tokens": 262144,
                "weekly_tokens": 37_700_000_000,
                "something_else": "said so",
            },
        },
    }


def _epoch(**ago: float) -> int:
    return int((NOW + timedelta(**ago)).timestamp())


def _availability(hour: int) -> float | None:
    if hour % 24 < 5:
        return None
    return {30: 60.0, 31: 90.0}.get(hour, 100.0)


def _point(step: int) -> dict[str, Any]:
    wave = 1 + math.sin(step / 9)
    night = 20 <= step < 50
    figures = {
        "throughput_p50": 170 + 15 * wave,
        "throughput_p90": 120 + 15 * wave,
        "ttft_ms_p50": 50 + 30 * wave,
        "ttft_ms_p90": 100 + 90 * wave,
        "e2e_ms_p50": 1800 + 400 * wave,
        "e2e_ms_p90": 6000 + 1500 * wave,
    }
    requests = 0 if night else int(60 + 70 * wave)
    return {
        "t": _epoch(minutes=10 * (step - 144)),
        "requests": requests,
        "errors": 9 if step == 80 else 0,
        "prompt_tokens": 2000 * requests,
        "completion_tokens": 500 * requests,
        "reasoning_tokens": 400 * requests,
        "cached_tokens": 900 * requests,
        **(dict.fromkeys(figures) if night else figures),
    }


def _day(index: int) -> dict[str, Any]:
    size = 1 + index % 7
    return {
        "date": (NOW + timedelta(days=index - 30)).date().isoformat(),
        "requests": 900 * size,
        "prompt_tokens": 6_000_000 * size,
        "reasoning_tokens": 900_000 * size,
        "completion_tokens": 1_200_000 * size,
        "cached_tokens": 3_000_000 * size,
    }


def _app(rank: int, title: str, url: str, tokens: int, categories: list[str]) -> dict[str, Any]:
    return {
        "rank": rank,
        "title": title,
        "url": url,
        "categories": categories,
        "tokens": tokens,
        "requests": tokens // 2500,
    }


def telling(data: dict[str, Any], key: str | None = None) -> Callable[[ASGIApp], ASGIApp]:
    """Puts these figures in the place of the app's own, for those who send the key."""
    refusal = {"error": {"code": 401, "message": "Missing Authentication header"}}

    def around(app: ASGIApp) -> ASGIApp:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["path"] != "/api/v1/stats":
                await app(scope, receive, send)
                return
            known = key is None or Headers(scope=scope).get("authorization") == f"Bearer {key}"
            response = JSONResponse({"data": data}) if known else JSONResponse(refusal, 401)
            await response(scope, receive, send)

        return answer

    return around
