"""What limits are written as: amounts, counts, times; ``off`` is none."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated

import typer

OFF = "off"
_SPAN = re.compile(r"(\d{1,5})([hdw])")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


class Period(StrEnum):
    """When what a key has spent counts from nothing again: midnight UTC, Monday, the first."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    NEVER = "never"


Usd = Annotated[
    str | None, typer.Option("--usd", metavar="USD|off", help="US dollars that it may spend in a period.")
]
Reset = Annotated[
    Period | None, typer.Option("--reset", help="How long a period is. They end at midnight UTC.")
]
Requests = Annotated[str | None, typer.Option("--requests", metavar="COUNT|off", help="Requests a minute.")]
Tokens = Annotated[
    str | None,
    typer.Option("--tokens", metavar="COUNT|off", help="Tokens of prompt and answer a minute."),
]
Streams = Annotated[
    str | None, typer.Option("--streams", metavar="COUNT|off", help="Requests at the same time.")
]
Expires = Annotated[
    str | None,
    typer.Option("--expires", metavar="TIME|off", help="Last moment: 12h, 30d, 8w or 2027-01-31T12:00Z."),
]


def usd(text: str) -> Decimal | None:
    """An amount.

    Raises:
        typer.BadParameter: it is none.
    """
    if text == OFF:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0:
        raise typer.BadParameter(f"{text!r} is no amount of US dollars", param_hint="--usd")
    return amount


def count(text: str, flag: str) -> int | None:
    """A whole number above 0.

    Raises:
        typer.BadParameter: it is none.
    """
    if text == OFF:
        return None
    if not (text.isascii() and text.isdigit() and 0 < int(text[:12]) < 2**31):
        raise typer.BadParameter(f"{text!r} is no whole number above 0", param_hint=flag)
    return int(text)


def moment(text: str, now: datetime) -> datetime | None:
    """A time to come, UTC where nothing else is said.

    Raises:
        typer.BadParameter: it is none.
    """
    if text == OFF:
        return None
    if span := _SPAN.fullmatch(text):
        return now + timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        when = now
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    if when <= now:
        raise typer.BadParameter(f"{text!r} is no time to come", param_hint="--expires")
    return when.astimezone(UTC)


def given(
    now: datetime,
    *,
    usd_: str | None,
    reset: Period | None,
    requests: str | None,
    tokens: str | None,
    streams: str | None,
    expires: str | None,
) -> dict[str, object]:
    """Fields of :class:`~nemotron_runtime.store.keys.KeyTerms` that were given."""
    fields: dict[str, object] = {}
    if usd_ is not None:
        fields["limit_usd"] = usd(usd_)
    if reset is not None:
        fields["limit_reset"] = None if reset is Period.NEVER else reset.value
    if requests is not None:
        fields["requests_per_minute"] = count(requests, "--requests")
    if tokens is not None:
        fields["tokens_per_minute"] = count(tokens, "--tokens")
    if streams is not None:
        fields["concurrent_streams"] = count(streams, "--streams")
    if expires is not None:
        fields["expires_at"] = moment(expires, now)
    return fields
