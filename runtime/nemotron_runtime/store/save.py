"""One save: rows, their content and all that they add to the sums, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, update
from sqlalchemy.dialects import postgresql, sqlite

from nemotron_runtime.chat.record import GenerationRecord
from nemotron_runtime.store import tables
from nemotron_runtime.store.money import money_add
from nemotron_runtime.store.rows import app_row, content_row, generation_row
from nemotron_runtime.store.tables import COSTS, COUNTS
from nemotron_runtime.store.tally import Tally

Rows = Sequence[dict[str, Any]]


def save(connection: Connection, records: Iterable[GenerationRecord], tally: Tally) -> None:
    """Saves records and sums. The sums may be of other records, too. A record that is there already stays."""
    records = list(records)
    _add_new(connection, tables.generations, "id", [generation_row(record) for record in records])
    contents = [content_row(record, record.content) for record in records if record.content]
    _add_new(connection, tables.contents, "id", contents)
    _save_sums(connection, tally)
    _save_apps(connection, tally)
    _save_uses(connection, tally)


def _save_sums(connection: Connection, tally: Tally) -> None:
    minutes = [
        {"minute_s": minute, "model": model, **asdict(counts)}
        for (minute, model), counts in sorted(tally.minutes.items(), key=_key)
    ]
    days = [
        {"day": day, "model": model, "key_hash": key, **asdict(counts)}
        for (day, model, key), counts in sorted(tally.days.items(), key=_key)
    ]
    app_days = [
        {"day": day, "app_id": app, "model": model, **asdict(use)}
        for (day, app, model), use in sorted(tally.app_days.items(), key=_key)
    ]
    _add_to_sums(connection, tables.minutes, minutes, COUNTS, COSTS)
    _add_to_sums(connection, tables.days, days, COUNTS, COSTS)
    _add_to_sums(connection, tables.app_days, app_days, ("tokens", "requests"), ())


def _save_apps(connection: Connection, tally: Tally) -> None:
    rows = [app_row(*tally.apps[number]) for number in sorted(tally.apps)]
    adding = _insert(connection, tables.apps)
    latest = {name: adding.excluded[name] for name in ("title", "url", "categories", "hidden", "last_seen_s")}
    if rows:
        connection.execute(adding.on_conflict_do_update(index_elements=["id"], set_=latest), rows)


def _save_uses(connection: Connection, tally: Tally) -> None:
    keys = tables.keys
    used = [
        {"which": key_hash, "used": datetime.fromtimestamp(used_s, UTC)}
        for key_hash, used_s in sorted(tally.used_s.items())
    ]
    if used:
        connection.execute(
            update(keys)
            .where(keys.c.hash == bindparam("which"))
            .values(last_used_at=bindparam("used", type_=keys.c.last_used_at.type)),
            used,
        )


def _add_new(connection: Connection, table: Table, key: str, rows: Rows) -> None:
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(index_elements=[key]), rows)


def _add_to_sums(
    connection: Connection, table: Table, rows: Rows, counts: Iterable[str], costs: Iterable[str]
) -> None:
    """Rows come in the order of their keys, so that several boxes can't wait for each other in a circle."""
    if not rows:
        return
    adding = _insert(connection, table)
    sums = {
        **{name: table.c[name] + adding.excluded[name] for name in counts},
        **{name: money_add(table.c[name], adding.excluded[name]) for name in costs},
    }
    keys = [column.name for column in table.primary_key]
    connection.execute(adding.on_conflict_do_update(index_elements=keys, set_=sums), rows)


def _insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def _key(item: tuple[tuple[Any, ...], Any]) -> tuple[Any, ...]:
    return item[0]
