"""A server that is killed loses its last moments at most, and no sum parts from its rows."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

from sqlalchemy import func, select

from nemotron_runtime.store import tables
from nemotron_runtime.store.database import Database
from nemotron_runtime.store.figures import Counts
from nemotron_runtime.store.store import Store, StoreOptions
from support.waiting import until

CHILD = Path(__file__).with_name("crash_child.py")
KILLS = 3
USD = Decimal("0.000003")


def killed_while_writing(url: str, run: int, *, capacity: int, rest_s: float, wait_s: float) -> int:
    """Lets a child write for a while, kills it, and returns the number of records that it said it had put."""
    child = subprocess.Popen(
        [sys.executable, "-P", CHILD, url, str(capacity), str(run), str(rest_s)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    assert child.stdout
    with child.stdout:
        child.stdout.readline()  # it is at work
        reader = Database.open(url)
        until(lambda: rows(reader, run) > 0)
        reader.close()
        time.sleep(wait_s)
        child.kill()
        said = child.stdout.read().split()
    child.wait()
    return int(said[-1])


def rows(database: Database, run: int | None = None) -> int:
    query = select(func.count()).select_from(tables.generations)
    if run is not None:
        query = query.where(tables.generations.c.id.like(f"gen-{run}-%"))
    with database.reading() as connection:
        return int(connection.execute(query).scalar_one())


def sums(url: str) -> tuple[Counts, Counts, int, Decimal]:
    """By minute, by day, requests of the app, and what the key has spent, read by a fresh store."""
    with Store.open(StoreOptions(url), writing=False) as store:
        minutes = store.traffic.totals(None, 0, 2**40)
        with store._database.reading() as connection:
            app = connection.execute(select(func.sum(tables.app_days.c.requests))).scalar_one()
            day = connection.execute(select(tables.days.c.day)).scalars().one()
        (of_day,) = store.activity.by_day(day, day)
        return minutes, of_day.counts, int(app), store.keys.usage("k").total


def test_a_killed_server_loses_its_last_moments_at_most(url: str) -> None:
    rng = random.Random(7)
    for run in range(KILLS):
        put = killed_while_writing(url, run, capacity=20_000, rest_s=0.004, wait_s=rng.uniform(0, 0.4))
        database = Database.open(url)
        kept = rows(database, run)
        every = rows(database)
        assert 0 < kept <= put + 20  # it may have put 20 more than it had time to say
        with database.reading() as connection:
            numbers = connection.execute(
                select(tables.generations.c.id).where(tables.generations.c.id.like(f"gen-{run}-%"))
            ).scalars()
            assert {int(text.rpartition("-")[2]) for text in numbers} == set(range(1, kept + 1))
            assert connection.execute(select(func.count()).select_from(tables.contents)).scalar_one() == every
            if database.is_sqlite:
                assert connection.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]
        database.close()
        minutes, days, app, spent = sums(url)
        assert minutes == days
        assert minutes.requests == app == every
        assert minutes.cost_usd == spent == every * USD


def test_what_a_killed_server_had_dropped_is_in_its_sums(url: str) -> None:
    killed_while_writing(url, 0, capacity=10, rest_s=0.001, wait_s=0.2)
    database = Database.open(url)
    kept = rows(database)
    database.close()
    minutes, days, app, spent = sums(url)
    assert minutes == days
    assert minutes.requests == app > kept
    assert spent == minutes.requests * USD
