"""How the tables came to be: small steps, each done once, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Connection, inspect, text

from nemotron_runtime.errors import ConfigError

Migration = Callable[[Connection], None]

_COUNTS = """
  requests BIGINT NOT NULL, attempts BIGINT NOT NULL, failures BIGINT NOT NULL, cancelled BIGINT NOT NULL,
  prompt_tokens BIGINT NOT NULL, completion_tokens BIGINT NOT NULL,
  reasoning_tokens BIGINT NOT NULL, cached_tokens BIGINT NOT NULL,
  tool_requests BIGINT NOT NULL, bad_tool_requests BIGINT NOT NULL,
  prompt_cost_usd {money} NOT NULL, completion_cost_usd {money} NOT NULL
"""

_FIRST = (
    """CREATE TABLE keys (
      hash TEXT NOT NULL PRIMARY KEY, label TEXT NOT NULL, name TEXT NOT NULL,
      management BOOLEAN NOT NULL, disabled BOOLEAN NOT NULL,
      limit_usd {money}, limit_reset TEXT, include_byok_in_limit BOOLEAN NOT NULL, expires_at BIGINT,
      requests_per_minute INTEGER, tokens_per_minute BIGINT, concurrent_streams INTEGER,
      created_at BIGINT NOT NULL, updated_at BIGINT, last_used_at BIGINT)""",
    """CREATE TABLE generations (
      seq {serial} PRIMARY KEY, id TEXT NOT NULL UNIQUE, created_s BIGINT NOT NULL,
      model TEXT NOT NULL, requested_model TEXT NOT NULL, api_type TEXT NOT NULL, streamed BOOLEAN NOT NULL,
      outcome TEXT NOT NULL, finish_reason TEXT, native_finish_reason TEXT,
      error_type TEXT, error_status INTEGER, error_message TEXT, service_tier TEXT,
      prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL,
      reasoning_tokens INTEGER NOT NULL, cached_tokens INTEGER NOT NULL,
      prompt_cost_usd {money} NOT NULL, completion_cost_usd {money} NOT NULL,
      first_token_s {double}, total_s {double} NOT NULL,
      calls INTEGER NOT NULL, invalid_json_calls INTEGER NOT NULL,
      unknown_name_calls INTEGER NOT NULL, schema_mismatch_calls INTEGER NOT NULL,
      key_hash TEXT, app_id BIGINT, referer TEXT, user_agent TEXT, session_id TEXT, external_user TEXT)""",
    "CREATE INDEX ix_generations_created_s ON generations (created_s)",
    """CREATE TABLE contents (
      id TEXT NOT NULL PRIMARY KEY, created_s BIGINT NOT NULL, messages_json TEXT NOT NULL,
      completion TEXT NOT NULL, reasoning TEXT NOT NULL, calls_json TEXT NOT NULL)""",
    "CREATE INDEX ix_contents_created_s ON contents (created_s)",
    """CREATE TABLE apps (
      id BIGINT NOT NULL PRIMARY KEY, identity TEXT NOT NULL, title TEXT, url TEXT, categories TEXT NOT NULL,
      hidden BOOLEAN NOT NULL, first_seen_s BIGINT NOT NULL, last_seen_s BIGINT NOT NULL)""",
    """CREATE TABLE app_days (
      day DATE NOT NULL, app_id BIGINT NOT NULL, model TEXT NOT NULL,
      tokens BIGINT NOT NULL, requests BIGINT NOT NULL, PRIMARY KEY (day, app_id, model))""",
    f"CREATE TABLE minutes (minute_s BIGINT NOT NULL, model TEXT NOT NULL, {_COUNTS}, "
    "PRIMARY KEY (minute_s, model))",
    f"CREATE TABLE days (day DATE NOT NULL, model TEXT NOT NULL, key_hash TEXT NOT NULL, {_COUNTS}, "
    "PRIMARY KEY (day, model, key_hash))",
)


def _first(connection: Connection) -> None:
    sqlite = connection.dialect.name == "sqlite"
    words = {
        "money": "TEXT" if sqlite else "NUMERIC",
        "double": "DOUBLE" if sqlite else "DOUBLE PRECISION",
        "serial": "INTEGER NOT NULL" if sqlite else "BIGSERIAL NOT NULL",
    }
    for statement in _FIRST:
        connection.exec_driver_sql(statement.format(**words))


MIGRATIONS: Sequence[Migration] = (_first,)
"""Only ever made longer. Change :mod:`nemotron_runtime.store.tables` with it."""


def migrate(connection: Connection, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Brings a database up to date, in the caller's transaction: all of it or nothing.

    Raises:
        ConfigError: a newer version of this program has made the database.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(7036118)"))  # one of several boxes at a time
    version = _version(connection)
    if version > len(migrations):
        raise ConfigError(
            f"The store has version {version}, and this program knows versions up to {len(migrations)}. "
            "Upgrade nemotron-runtime, or set another store with --store."
        )
    for step in migrations[version:]:
        step(connection)
    if version < len(migrations):
        connection.execute(text("DELETE FROM schema_version"))
        connection.execute(text("INSERT INTO schema_version VALUES (:now)"), {"now": len(migrations)})


def _version(connection: Connection) -> int:
    if not inspect(connection).has_table("schema_version"):
        connection.exec_driver_sql("CREATE TABLE schema_version (version INTEGER NOT NULL)")
        return 0
    return int(connection.execute(text("SELECT coalesce(max(version), 0) FROM schema_version")).scalar_one())
