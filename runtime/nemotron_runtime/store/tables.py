"""The tables as they are now; :mod:`nemotron_runtime.store.migrations` is how they came to be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Dialect,
    Double,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
)

from nemotron_runtime.store.money import Money

metadata = MetaData()

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(TypeDecorator[datetime]):
    """An aware datetime as milliseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Into the database."""
        return None if value is None else (value - _EPOCH) // timedelta(milliseconds=1)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Out of the database."""
        return None if value is None else _EPOCH + timedelta(milliseconds=int(value))


COUNTS = (
    "requests",
    "attempts",
    "failures",
    "cancelled",
    "prompt_tokens",
    "completion_tokens",
    "reasoning_tokens",
    "cached_tokens",
    "tool_requests",
    "bad_tool_requests",
)
COSTS = ("prompt_cost_usd", "completion_cost_usd")


def _sums() -> list[Column[Any]]:
    """Fields of :class:`~nemotron_runtime.store.figures.Counts`."""
    return [
        *(Column(name, BigInteger, nullable=False) for name in COUNTS),
        *(Column(name, Money, nullable=False) for name in COSTS),
    ]


schema_version = Table("schema_version", metadata, Column("version", Integer, nullable=False))

keys = Table(
    "keys",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("label", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("management", Boolean, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("limit_usd", Money),
    Column("limit_reset", Text),
    Column("include_byok_in_limit", Boolean, nullable=False),
    Column("expires_at", Moment),
    Column("requests_per_minute", Integer),
    Column("tokens_per_minute", BigInteger),
    Column("concurrent_streams", Integer),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment),
    Column("last_used_at", Moment),
)

generations = Table(
    "generations",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("created_s", BigInteger, nullable=False, index=True),
    Column("model", Text, nullable=False),
    Column("requested_model", Text, nullable=False),
    Column("api_type", Text, nullable=False),
    Column("streamed", Boolean, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("finish_reason", Text),
    Column("native_finish_reason", Text),
    Column("error_type", Text),
    Column("error_status", Integer),
    Column("error_message", Text),
    Column("service_tier", Text),
    Column("prompt_tokens", Integer, nullable=False),
    Column("completion_tokens", Integer, nullable=False),
    Column("reasoning_tokens", Integer, nullable=False),
    Column("cached_tokens", Integer, nullable=False),
    Column("prompt_cost_usd", Money, nullable=False),
    Column("completion_cost_usd", Money, nullable=False),
    Column("first_token_s", Double),
    Column("total_s", Double, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("invalid_json_calls", Integer, nullable=False),
    Column("unknown_name_calls", Integer, nullable=False),
    Column("schema_mismatch_calls", Integer, nullable=False),
    Column("key_hash", Text),
    Column("app_id", BigInteger),
    Column("referer", Text),
    Column("user_agent", Text),
    Column("session_id", Text),
    Column("external_user", Text),
)

contents = Table(
    "contents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("created_s", BigInteger, nullable=False, index=True),
    Column("messages_json", Text, nullable=False),
    Column("completion", Text, nullable=False),
    Column("reasoning", Text, nullable=False),
    Column("calls_json", Text, nullable=False),
)

apps = Table(
    "apps",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("identity", Text, nullable=False),
    Column("title", Text),
    Column("url", Text),
    Column("categories", Text, nullable=False),
    Column("hidden", Boolean, nullable=False),
    Column("first_seen_s", BigInteger, nullable=False),
    Column("last_seen_s", BigInteger, nullable=False),
)

app_days = Table(
    "app_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("app_id", BigInteger, primary_key=True, autoincrement=False),
    Column("model", Text, primary_key=True),
    Column("tokens", BigInteger, nullable=False),
    Column("requests", BigInteger, nullable=False),
)

minutes = Table(
    "minutes",
    metadata,
    Column("minute_s", BigInteger, primary_key=True, autoincrement=False),
    Column("model", Text, primary_key=True),
    *_sums(),
)

days = Table(
    "days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("key_hash", Text, primary_key=True),  # empty: without a key
    *_sums(),
)
