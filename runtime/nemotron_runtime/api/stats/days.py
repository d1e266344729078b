"""What was used, day by day, and by which apps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import reduce

from nemotron_runtime.api.rankings import app_name
from nemotron_runtime.store.figures import ActivityDay, AppRank, Counts
from nemotron_runtime.store.tally import added
from nemotron_runtime.wire.stats import AppBody, DayBody

DAYS = 30


def days(activity: Sequence[ActivityDay], today: date) -> list[DayBody]:
    """Encodes 30 days without a gap, the oldest first; none where there was no use at all."""
    if not activity:
        return []
    window = (today - timedelta(days=ago) for ago in range(DAYS - 1, -1, -1))
    return [_day(day, [row.counts for row in activity if row.day == day]) for day in window]


def apps(board: Sequence[AppRank]) -> list[AppBody]:
    """Encodes the apps' board."""
    return [
        {
            "rank": app.rank,
            "title": app_name(app),
            "url": app.url,
            "categories": list(app.categories),
            "tokens": app.tokens,
            "requests": app.requests,
        }
        for app in board
    ]


def _day(day: date, of_models: list[Counts]) -> DayBody:
    counts = reduce(added, of_models, Counts())
    return {
        "date": day.isoformat(),
        "requests": counts.requests,
        "prompt_tokens": counts.prompt_tokens,
        "reasoning_tokens": counts.reasoning_tokens,
        "completion_tokens": counts.completion_tokens,
        "cached_tokens": counts.cached_tokens,
    }
