from __future__ import annotations

import json
import time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemotron_runtime.chat.record import Caller, Cost
from nemotron_runtime.cli.sparkline import sparkline
from nemotron_runtime.store.keys import KeyTerms
from nemotron_runtime.store.store import Store, StoreOptions
from support.command import Run
from support.generations import MODEL, record

DAY_S = 86_400


@pytest.fixture
def used(tmp_path: Path) -> str:
    """A store with the use of three days, partly by the key ``team``."""
    path, now = str(tmp_path / "store.db"), int(time.time())
    with Store.open(StoreOptions(path)) as store:
        team = Caller(store.keys.create(KeyTerms("team")).key.hash)
        for days, caller in ((0, team), (0, Caller()), (1, team), (40, team)):
            cost = Cost(Decimal("0.0000001"), Decimal(0))
            store.recorder.put(record(created_s=now - days * DAY_S, caller=caller, cost=cost))
    return path


def activity(run: Run, used: str, *args: str) -> list[dict[str, object]]:
    return json.loads(run("activity", "--json", "--store", used, *args).stdout)["activity"]


def test_days_of_a_month(run: Run, used: str) -> None:
    today, yesterday = activity(run, used)
    assert (today["requests"], yesterday["requests"]) == (2, 1)
    assert (today["model"], today["prompt_tokens"], today["usage_usd"]) == (MODEL, 20, "0.0000002")
    assert "key_hash" not in today
    assert len(activity(run, used, "--days", "41")) == 3
    assert len(activity(run, used, "--days", "1")) == 1


def test_filters(run: Run, used: str) -> None:
    assert [row["requests"] for row in activity(run, used, "--key", "team")] == [1, 1]
    assert activity(run, used, "--model", "other/model") == []
    assert len(activity(run, used, "--by-key")) == 3


def test_rows_for_a_script(run: Run, used: str) -> None:
    lines = run("activity", "--by-key", "--store", used).stdout.splitlines()
    cells = [line.split("\t") for line in lines]
    assert [(row[2], row[-1]) for row in cells] == [("1", "-"), ("1", "team"), ("1", "team")]
    assert run("activity", "--store", used, "--model", "other/model").stdout == ""


def test_an_unknown_key_is_named(run: Run, used: str) -> None:
    assert "nobody" in run("activity", "--key", "nobody", "--store", used).stderr


def test_bars() -> None:
    assert sparkline([]) == ""
    assert sparkline([0, 1, 4, 8]) == " ▂▅█"
    assert sparkline([0, 0]) == "  "


@given(st.lists(st.integers(0, 10**12)))
def test_a_bar_for_each_value_and_none_for_nothing(values: list[int]) -> None:
    bars = sparkline(values)
    assert [bar == " " for bar in bars] == [value == 0 for value in values]
