from __future__ import annotations

import pytest
from sqlalchemy import Connection, MetaData, UniqueConstraint, inspect

from nemotron_runtime.errors import ConfigError
from nemotron_runtime.store import tables
from nemotron_runtime.store.database import Database
from nemotron_runtime.store.migrations import MIGRATIONS, migrate


def shape(connection: Connection, metadata: MetaData) -> dict[str, object]:
    """Columns, primary keys, indexes and unique columns, with types as this database compiles them."""
    compiled = connection.dialect.type_compiler_instance
    return {
        table.name: {
            "columns": {c.name: (compiled.process(c.type), c.nullable) for c in table.columns},
            "key": [c.name for c in table.primary_key],
            "indexes": sorted((index.name, *(c.name for c in index.columns)) for index in table.indexes),
            "unique": sorted(
                tuple(c.name for c in constraint.columns)
                for constraint in table.constraints
                if isinstance(constraint, UniqueConstraint)
            ),
        }
        for table in metadata.sorted_tables
    }


def test_migrating_an_empty_database_gives_exactly_the_tables(database: Database) -> None:
    with database.reading() as connection:
        found = MetaData()
        found.reflect(connection)
        assert shape(connection, found) == shape(connection, tables.metadata)


def test_a_number_comes_by_itself(database: Database) -> None:
    """What a reflected type doesn't say: PostgreSQL's column counts up as SQLite's does."""
    with database.reading() as connection:
        seq = next(c for c in inspect(connection).get_columns("generations") if c["name"] == "seq")
        assert connection.dialect.name == "sqlite" or "nextval" in seq["default"]


def test_each_step_is_done_once(url: str) -> None:
    done: list[int] = []
    steps = [lambda _, number=number: done.append(number) for number in (1, 2, 3)]
    database = Database.open(url)
    for known in (1, 3, 3):
        with database.writing() as connection:
            migrate(connection, steps[:known])
    database.close()
    assert done == [1, 2, 3]


def test_a_step_that_fails_leaves_nothing(url: str) -> None:
    def fail(connection: Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE half (a INTEGER)")
        raise ZeroDivisionError

    database = Database.open(url)
    with pytest.raises(ZeroDivisionError), database.writing() as connection:
        migrate(connection, [*MIGRATIONS, fail])
    with database.reading() as connection:
        assert inspect(connection).get_table_names() == []
    database.close()


def test_a_newer_database_is_refused(url: str) -> None:
    database = Database.open(url)
    with database.writing() as connection:
        migrate(connection, [*MIGRATIONS, lambda _: None])
    with pytest.raises(ConfigError, match=r"version 2.*up to 1.*Upgrade"), database.writing() as connection:
        migrate(connection)
    database.close()
