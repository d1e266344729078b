from __future__ import annotations

import sqlite3
from contextlib import closing
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, insert, select, update

from nemotron_runtime.store.database import Database
from nemotron_runtime.store.money import Money, give_sqlite, money_add, money_sum

AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=12)
table = Table("amounts", MetaData(), Column("id", Integer, primary_key=True), Column("usd", Money))
SMALL = Decimal("0.000000000000000000000001")


@pytest.fixture
def amounts(database: Database) -> Database:
    with database.writing() as connection:
        table.create(connection)
        connection.execute(
            insert(table), [{"id": n, "usd": usd} for n, usd in enumerate([SMALL, Decimal("0.1"), None])]
        )
    return database


def test_no_digit_is_lost(amounts: Database) -> None:
    with amounts.writing() as connection:
        connection.execute(
            update(table).where(table.c.id == 1).values(usd=money_add(table.c.usd, Decimal("0.2")))
        )
        kept = connection.execute(select(table.c.usd).order_by(table.c.id)).scalars().all()
        total = connection.execute(select(money_sum(table.c.usd))).scalar_one()
    assert kept == [SMALL, Decimal("0.3"), None]
    assert total == Decimal("0.300000000000000000000001")


def test_the_sum_of_nothing_is_nothing(amounts: Database) -> None:
    with amounts.reading() as connection:
        assert connection.execute(
            select(money_sum(table.c.usd)).where(table.c.id > 9)
        ).scalar_one() == Decimal(0)


@given(st.lists(AMOUNTS, min_size=1, max_size=30))
def test_sqlite_sums_exactly(amounts: list[Decimal]) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        give_sqlite(connection)
        connection.execute("CREATE TABLE a (usd TEXT)")
        connection.executemany("INSERT INTO a VALUES (?)", [(format(amount, "f"),) for amount in amounts])
        (total,) = connection.execute("SELECT decimal_sum(usd) FROM a").fetchone()
    assert Decimal(total) == sum(amounts, Decimal(0))
