from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from nemotron_runtime.chat.record import Caller, Cost
from nemotron_runtime.store.keyring import Keyring
from nemotron_runtime.store.keys import KeyTerms, digest, key_of_settings
from nemotron_runtime.store.store import Store
from support.generations import NOW_S, record
from support.waiting import until

Opener = Callable[..., Store]
TERMS = KeyTerms(
    name="team",
    management=True,
    limit_usd=Decimal("12.000000000000000000001"),
    limit_reset="weekly",
    include_byok_in_limit=True,
    expires_at=datetime(2030, 1, 2, 3, 4, 5, 678000, tzinfo=UTC),
    requests_per_minute=60,
    tokens_per_minute=10**10,
    concurrent_streams=4,
)


def test_a_key_is_found_by_its_secret_alone(store: Store) -> None:
    made = store.keys.create(TERMS)
    assert made.key.hash == digest(made.secret)
    assert store.keys.find(made.secret) == made.key
    for other in (made.secret[:-1], made.secret + "0", made.key.hash, "", "x"):
        assert store.keys.find(other) is None


def test_a_key_comes_back_whole(open_store: Opener) -> None:
    made = open_store().keys.create(TERMS)
    again = open_store().keys.get(made.key.hash)
    assert again == made.key
    assert again.terms == TERMS


def test_no_secret_is_stored(open_store: Opener, url: str) -> None:
    store = open_store()
    made = store.keys.create(TERMS)
    with store._database.reading() as connection:
        held = connection.exec_driver_sql("SELECT * FROM keys").all()
    assert made.secret.removeprefix("sk-or-v1-")[4:-4] not in repr(held)


def test_changes_keep_what_they_do_not_name(store: Store) -> None:
    made = store.keys.create(TERMS)
    changed = store.keys.change(made.key.hash, lambda terms: replace(terms, disabled=True, limit_usd=None))
    assert changed
    assert changed.terms == replace(TERMS, disabled=True, limit_usd=None)
    assert changed.updated_at
    assert changed.updated_at >= made.key.created_at
    assert store.keys.get(made.key.hash) == changed


def test_a_key_that_is_gone_is_gone(store: Store) -> None:
    made = store.keys.create(TERMS)
    assert store.keys.delete(made.key.hash)
    assert store.keys.find(made.secret) is None
    assert not store.keys.delete(made.key.hash)
    assert store.keys.change(made.key.hash, lambda terms: terms) is None


def test_keys_are_listed_in_the_order_of_their_making(store: Store) -> None:
    made = [store.keys.create(replace(TERMS, name=str(number))).key for number in range(5)]
    listed = store.keys.all()
    assert sorted(key.hash for key in listed) == sorted(key.hash for key in made)
    assert [key.created_at for key in listed] == sorted(key.created_at for key in made)


def test_a_server_learns_of_keys_that_another_process_makes_and_revokes(
    open_store: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nemotron_runtime.store.writer.REFRESH_S", 0.05)
    server, command = open_store(), open_store(writing=False)
    made = command.keys.create(TERMS)
    until(lambda: server.keys.find(made.secret))
    command.keys.delete(made.key.hash)
    until(lambda: server.keys.find(made.secret) is None)


def test_what_a_key_spends_counts_by_period_at_once_and_after_saving(store: Store) -> None:
    now = datetime.fromtimestamp(NOW_S, UTC)  # Monday, November 30
    key = store.keys.create(TERMS).key
    for days, usd in ((0, "1"), (1, "0.1"), (29, "0.01"), (40, "0.000000000000000000001")):
        spent = record(
            created_s=NOW_S - days * 86400, caller=Caller(key.hash), cost=Cost(Decimal(usd), Decimal(0))
        )
        store.recorder.put(spent)

    def check() -> None:
        usage = store.keys.usage(key.hash, now)
        assert usage.total == Decimal("1.110000000000000000001")
        assert (usage.daily, usage.weekly, usage.monthly) == (1, 1, Decimal("1.11"))

    check()
    until(lambda: not store.recorder.queued)
    check()
    store.keys.refresh()
    check()
    tomorrow = store.keys.usage(key.hash, now + timedelta(days=1))
    assert (tomorrow.daily, tomorrow.weekly, tomorrow.monthly) == (0, 1, 0)


def test_the_last_use_is_known_at_once_and_kept(open_store: Opener) -> None:
    store = open_store()
    key = store.keys.create(TERMS).key
    store.recorder.put(record(caller=Caller(key.hash)))
    used = datetime.fromtimestamp(NOW_S, UTC)
    found = store.keys.get(key.hash)
    assert found
    assert found.last_used_at == used
    until(lambda: not store.recorder.queued)
    again = open_store().keys.get(key.hash)
    assert again
    assert again.last_used_at == used
    store.keys.change(key.hash, lambda terms: replace(terms, name="other"))
    assert store.keys.all()[0].last_used_at == used


def test_without_a_database_there_are_the_keys_of_the_settings() -> None:
    fixed = key_of_settings("a-secret-of-the-settings")
    ring = Keyring((fixed,))
    ring.refresh()
    assert ring.find("a-secret-of-the-settings") == fixed
    assert ring.all() == [fixed]
    assert ring.usage(fixed.hash).total == 0
    with pytest.raises(LookupError):
        ring.create(TERMS)
    with pytest.raises(LookupError):
        ring.delete(fixed.hash)
    with pytest.raises(LookupError):
        ring.change(fixed.hash, lambda terms: terms)


def test_keys_of_the_settings_stay_beside_those_of_the_database(url: str, open_store: Opener) -> None:
    fixed = key_of_settings("a-secret-of-the-settings")
    store = open_store()
    ring = Keyring((fixed,), store._database)
    made = ring.create(TERMS)
    assert ring.find("a-secret-of-the-settings") == fixed
    assert ring.find(made.secret) == made.key
    assert not ring.delete(fixed.hash)
    assert ring.get(fixed.hash) == fixed
