from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from nemotron_runtime.chat.record import Caller, Content, Cost
from nemotron_runtime.errors import ConfigError
from nemotron_runtime.settings import Settings
from nemotron_runtime.store.store import Store, StoreOptions, options_of
from support.generations import WHOLE, record
from support.waiting import until

Opener = Callable[..., Store]


def saved(store: Store) -> None:
    until(lambda: not store.recorder.queued)


class TestGenerations:
    def test_a_record_is_found_before_it_is_saved(self, open_store: Opener) -> None:
        store = open_store(writing=False)
        store.recorder.put(WHOLE)
        assert store.generations.find(WHOLE.id) == replace(WHOLE, content=None)

    def test_a_record_comes_back_whole(self, store: Store) -> None:
        store.recorder.put(WHOLE)
        saved(store)
        assert store.recorder.waiting(WHOLE.id) is None
        assert store.generations.find(WHOLE.id) == replace(WHOLE, content=None)

    def test_a_record_with_nothing_but_what_it_must_have_comes_back(self, store: Store) -> None:
        bare = record(outcome="cancelled", finish_reason=None, native_finish_reason=None)
        store.recorder.put(bare)
        saved(store)
        assert store.generations.find(bare.id) == bare

    def test_an_id_that_is_not_known_gives_nothing(self, store: Store) -> None:
        assert store.generations.find("gen-1-nothing") is None
        assert store.generations.content("gen-1-nothing") is None

    def test_a_record_that_comes_twice_stays_as_it_was(self, store: Store) -> None:
        store.recorder.put(WHOLE)
        saved(store)
        store.recorder.put(replace(WHOLE, outcome="failed"))
        saved(store)
        found = store.generations.find(WHOLE.id)
        assert found
        assert found.outcome == "finished"


class TestContent:
    def test_it_is_kept_where_it_is_wanted(self, open_store: Opener) -> None:
        store = open_store(store_content=True)
        store.recorder.put(WHOLE)
        assert store.generations.content(WHOLE.id) == WHOLE.content
        saved(store)
        assert store.generations.content(WHOLE.id) == WHOLE.content

    def test_it_is_dropped_where_it_is_not(self, store: Store) -> None:
        store.recorder.put(WHOLE)
        assert store.generations.content(WHOLE.id) is None
        saved(store)
        assert store.generations.content(WHOLE.id) is None

    def test_text_that_a_database_refuses_is_made_to_fit(self, open_store: Opener) -> None:
        store = open_store(store_content=True)
        odd = record(
            caller=Caller(user="a\0b\ud800c" + "x" * 9000), content=Content("[]", "\0", "\udfff", "[]")
        )
        store.recorder.put(odd)
        saved(store)
        found, content = store.generations.find(odd.id), store.generations.content(odd.id)
        assert found
        assert content
        assert found.caller.user
        assert found.caller.user.startswith("a\ufffdb?c")
        assert len(found.caller.user) == 2000
        assert (content.completion, content.reasoning) == ("\ufffd", "?")
        assert store.recorder.dropped == 0


class TestOpening:
    def test_what_waits_is_saved_at_the_end(self, open_store: Opener) -> None:
        store = open_store()
        for _ in range(50):
            store.recorder.put(record())
        store.close()
        store.close()
        again = open_store(writing=False)
        assert again.traffic.totals(None, 0, 2**40).requests == 50

    def test_amounts_go_on_where_they_were(self, open_store: Opener) -> None:
        cost = Cost(Decimal("0.000000000000000001"), Decimal("0.1"))
        for times in (1, 2, 3):
            store = open_store()
            store.recorder.put(record(caller=Caller("k"), cost=cost))
            assert store.keys.usage("k").total == times * cost.total
            store.close()

    @pytest.mark.parametrize(
        ("url", "words"),
        [
            ("mysql://host/name", "expected the path of a file"),
            ("sqlite://", "expected the path of a file"),
            ("://", "not a URL"),
            ("postgresql://u:hidden@127.0.0.1:1/name", "can't be used"),
            ("/proc/nowhere/store.db", "can't be used"),
        ],
    )
    def test_what_can_not_be_opened_says_what_to_do(self, url: str, words: str) -> None:
        with pytest.raises(ConfigError, match=words) as caught:
            Store.open(StoreOptions(url))
        assert "hidden" not in caught.value.message

    def test_a_file_that_is_no_database_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "letter.txt"
        path.write_text("Dear database, " * 100)
        with pytest.raises(ConfigError, match="not a database"):
            Store.open(StoreOptions(str(path)))

    def test_the_file_is_its_owner_s_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "new" / "store.db"
        with Store.open(StoreOptions(str(path))) as store:
            store.recorder.put(record())
            until(lambda: not store.recorder.queued)
            modes = {stat.S_IMODE(os.stat(file).st_mode) for file in path.parent.iterdir()}
        assert modes == {0o600}

    def test_options_come_from_the_settings(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
        usual = options_of(Settings())
        assert usual
        assert usual.url == str(tmp_path / "nemotron" / "store.db")
        assert (usual.store_content, usual.retention.generations_days) == (False, 90)
        assert options_of(Settings(store="off")) is None
        given = options_of(Settings(store="x.db", store_content=True, generations_days=0))
        assert given
        assert (given.url, given.store_content, given.retention.generations_days) == ("x.db", True, None)
