"""Calendar periods in UTC: what limits reset by and what is counted by."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Literal

Reset = Literal["daily", "weekly", "monthly"]

DAY_S = 86_400
MINUTE_S = 60


def day_of(seconds: float) -> date:
    """The UTC day of a Unix time."""
    return datetime.fromtimestamp(seconds, UTC).date()


def minute_of(seconds: float) -> int:
    """When its minute began, Unix seconds."""
    return int(seconds) // MINUTE_S * MINUTE_S


def start_of_day(day: date) -> int:
    """Unix seconds of its midnight."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def began(period: Reset, today: date) -> date:
    """The first day of the period that ``today`` is in; weeks begin on Monday."""
    match period:
        case "daily":
            return today
        case "weekly":
            return today - timedelta(days=today.weekday())
        case "monthly":
            return today.replace(day=1)


def ends(period: Reset, today: date) -> datetime:
    """The midnight at which the period that ``today`` is in is over."""
    first = began(period, today)
    match period:
        case "daily":
            following = first + timedelta(days=1)
        case "weekly":
            following = first + timedelta(days=7)
        case "monthly":
            following = (first + timedelta(days=32)).replace(day=1)
    return datetime(following.year, following.month, following.day, tzinfo=UTC)
