"""The connection to SQLite or PostgreSQL."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from nemotron_runtime.errors import ConfigError
from nemotron_runtime.store.money import give_sqlite

_BUSY_MS = 10_000
_CONNECT_S = 5


class Database:
    """A pool of connections. Its methods block."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"

    @classmethod
    def open(cls, url: str) -> Database:
        """Opens a database, and makes the file where it is SQLite's; private to its owner.

        Args:
            url: ``sqlite:////path``, ``postgresql://user:password@host/name``, or the path of a file.

        Raises:
            ConfigError: it can't be opened; says what to do.
        """
        parsed = _parsed(url)
        try:
            database = cls(_sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _postgresql(parsed))
            with database.reading() as connection:
                connection.exec_driver_sql("SELECT 1")
        except (OSError, SQLAlchemyError) as error:
            raise _unusable(parsed, error) from error
        return database

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database."""
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed at the end, or undone on an error."""
        with self._engine.execution_options(sqlite_begin="IMMEDIATE").begin() as connection:
            yield connection

    def close(self) -> None:
        """Closes all connections."""
        self._engine.dispose()


def file_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return URL.create("sqlite", database=str(path.absolute())).render_as_string()


def _parsed(url: str) -> URL:
    if "://" not in url:
        return make_url(file_url(Path(url).expanduser()))
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, ValueError) as error:
        raise ConfigError("store: not a URL such as postgresql://user:password@host/name") from error
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed.set(drivername="sqlite")
    raise ConfigError(
        "store: expected the path of a file, sqlite:////path/of/a/file or postgresql://user:password@host/name"
    )


def _unusable(url: URL, error: Exception) -> ConfigError:
    reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
    what = url.database if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
    return ConfigError(f"The store {what} can't be used: {reason}. Set another with --store, or off.")


def _sqlite(url: URL) -> Engine:
    path = Path(str(url.database))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    engine = create_engine(url)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, record: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say so
        give_sqlite(connection)
        for pragma in (
            f"busy_timeout={_BUSY_MS}",
            "journal_mode=WAL",
            "synchronous=NORMAL",  # a crash of the machine may cost the last moments, never the file
            "foreign_keys=ON",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        kind = connection.get_execution_options().get("sqlite_begin", "")
        connection.exec_driver_sql(f"BEGIN {kind}".strip())

    return engine


def _postgresql(url: URL) -> Engine:
    try:
        return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": _CONNECT_S})
    except ModuleNotFoundError as error:
        raise ConfigError(
            "store: PostgreSQL needs its driver: pip install 'nemotron-runtime[postgres]'"
        ) from error
