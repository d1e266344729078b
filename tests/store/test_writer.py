"""What the writer does where all is not well."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from threading import Thread

import pytest
from sqlalchemy import func, select, text

from nemotron_runtime.chat.record import Caller, Cost
from nemotron_runtime.store.database import Database
from nemotron_runtime.store.store import Store
from nemotron_runtime.store.tables import generations
from support.generations import NOW_S, record
from support.waiting import until

Opener = Callable[..., Store]
COST = Cost(Decimal("0.001"), Decimal("0.002"))


def rows(url: str) -> int:
    database = Database.open(url)
    with database.reading() as connection:
        count = connection.execute(select(func.count()).select_from(generations)).scalar_one()
    database.close()
    return count


def test_a_full_queue_gives_up_the_oldest_rows_and_no_sums(open_store: Opener, url: str) -> None:
    store = open_store(writing=False, detail_capacity=5)
    records = [record(caller=Caller("k"), cost=COST) for _ in range(20)]
    for each in records:
        store.recorder.put(each)
    assert store.recorder.dropped == 15
    assert [store.generations.find(each.id) is not None for each in records] == [False] * 15 + [True] * 5
    store.recorder.start()
    store.close()
    assert rows(url) == 5
    again = open_store(writing=False)
    assert again.traffic.totals(None, NOW_S, NOW_S + 60).requests == 20
    assert again.keys.usage("k").total == 20 * COST.total


def test_many_threads_lose_nothing(store: Store, url: str) -> None:
    def put() -> None:
        for _ in range(300):
            store.recorder.put(record(caller=Caller("k"), cost=COST))

    threads = [Thread(target=put) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.keys.usage("k").total == 1200 * COST.total
    until(lambda: not store.recorder.queued)
    assert rows(url) == 1200
    store.keys.refresh()
    assert store.keys.usage("k").total == 1200 * COST.total


def test_two_writers_add_to_the_same_sums(open_store: Opener) -> None:
    stores = [open_store() for _ in range(2)]
    for _ in range(100):
        for store in stores:
            store.recorder.put(record(caller=Caller("k"), cost=COST))
    until(lambda: not any(store.recorder.queued for store in stores))
    for store in stores:
        store.keys.refresh()
    assert [store.keys.usage("k").total for store in stores] == [200 * COST.total] * 2
    assert stores[0].traffic.totals(None, NOW_S, NOW_S + 60).requests == 200


def test_a_store_that_breaks_stops_nobody_and_goes_on_when_it_is_whole_again(
    open_store: Opener, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nemotron_runtime.store.writer.RETRY_S", 0.05)
    store = open_store()
    breaker = Database.open(url)
    with breaker.writing() as connection:
        connection.execute(text("ALTER TABLE minutes RENAME TO elsewhere"))
    first = record(caller=Caller("k"), cost=COST)
    store.recorder.put(first)
    until(lambda: store.trouble)
    second = record(caller=Caller("k"), cost=COST)
    store.recorder.put(second)
    assert store.recorder.waiting(second.id) == second
    assert store.keys.usage("k").total == 2 * COST.total
    with breaker.writing() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO minutes"))
    breaker.close()
    until(lambda: not store.recorder.queued and not store.trouble)
    assert [store.generations.find(each.id) for each in (first, second)] == [first, second]
    assert store.traffic.totals(None, NOW_S, NOW_S + 60).requests == 2
    store.keys.refresh()
    assert store.keys.usage("k").total == 2 * COST.total


def test_rows_that_the_store_does_not_take_stop_no_others(store: Store) -> None:
    wrong, right = record(created_s=NOW_S, error_status="no number"), record()
    store.recorder.put(wrong)
    until(lambda: not store.recorder.queued)
    store.recorder.put(right)
    until(lambda: not store.recorder.queued)
    assert store.generations.find(right.id) == right
    assert store.trouble is None
    assert store.traffic.totals(None, NOW_S, NOW_S + 60).requests == 2


def test_putting_never_raises(store: Store) -> None:
    store.recorder.put(record(created_s="never"))
    assert store.recorder.queued == 0
