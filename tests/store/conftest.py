from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nemotron_runtime.store.database import Database
from nemotron_runtime.store.migrations import migrate
from nemotron_runtime.store.store import Store, StoreOptions
from support import postgres as debian


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most of a test's time would be the writer's rest between two saves."""
    monkeypatch.setattr("nemotron_runtime.store.writer.PAUSE_S", 0.02)


@pytest.fixture(scope="session")
def postgres() -> Iterator[debian.Postgres]:
    """A real PostgreSQL."""
    programs = debian.programs()
    if programs is None:
        pytest.skip(debian.MISSING)
    with debian.postgres(programs) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either kind."""
    if request.param == "sqlite":
        return str(tmp_path / "store.db")
    return request.getfixturevalue("postgres").new_database()


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """A database with its tables."""
    database = Database.open(url)
    with database.writing() as connection:
        migrate(connection)
    yield database
    database.close()


Opener = Callable[..., Store]


@pytest.fixture
def open_store(url: str) -> Iterator[Opener]:
    """Opens stores on one database: ``open_store(writing=..., **options)``."""
    opened: list[Store] = []

    def open_one(*, writing: bool = True, **options: object) -> Store:
        opened.append(Store.open(StoreOptions(url, **options), writing=writing))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Opener) -> Store:
    """An empty store."""
    return open_store()
