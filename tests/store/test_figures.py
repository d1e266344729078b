"""Activity, the apps' board, traffic, uptime, retention."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemotron_runtime.chat.call_check import CallCounts
from nemotron_runtime.chat.events import Timings, Usage
from nemotron_runtime.chat.record import App, Caller, Cost, GenerationRecord
from nemotron_runtime.store import traffic
from nemotron_runtime.store.figures import Counts, Percentiles, UptimeFigures
from nemotron_runtime.store.retention import Retention, prune
from nemotron_runtime.store.store import Store
from nemotron_runtime.store.uptime import Minute, uptime
from support.generations import MODEL, NOW_S, record
from support.waiting import until

Opener = Callable[..., Store]
TODAY = date(2026, 11, 30)
DAY_S = 86400


def filled(store: Store, *records: GenerationRecord) -> Store:
    for each in records:
        store.recorder.put(each)
    until(lambda: not store.recorder.queued)
    return store


class TestActivity:
    @pytest.fixture
    def used(self, store: Store) -> Store:
        cost = Cost(Decimal("0.01"), Decimal("0.02"))
        return filled(
            store,
            record(caller=Caller("k"), cost=cost),
            record(caller=Caller("l"), cost=cost),
            record(model=f"{MODEL}:free"),
            record(created_s=NOW_S - DAY_S, caller=Caller("k"), outcome="failed", error_status=502),
            record(created_s=NOW_S - 40 * DAY_S, model="other/model"),
        )

    def test_days_come_newest_first_with_a_row_for_each_model(self, used: Store) -> None:
        days = used.activity.by_day(TODAY - timedelta(days=30), TODAY)
        assert [(row.day, row.model, row.key_hash, row.counts.requests) for row in days] == [
            (TODAY, MODEL, None, 2),
            (TODAY, f"{MODEL}:free", None, 1),
            (TODAY - timedelta(days=1), MODEL, None, 1),
        ]
        assert days[0].counts.cost_usd == Decimal("0.06")
        assert days[2].counts.failures == 1

    def test_one_key_only(self, used: Store) -> None:
        days = used.activity.by_day(TODAY - timedelta(days=30), TODAY, key_hash="k")
        assert [row.day for row in days] == [TODAY, TODAY - timedelta(days=1)]
        assert used.activity.by_day(TODAY, TODAY, key_hash="nobody") == []
        assert [row.model for row in used.activity.by_day(TODAY, TODAY, key_hash="")] == [f"{MODEL}:free"]

    def test_by_key(self, used: Store) -> None:
        days = used.activity.by_day(TODAY, TODAY, by_key=True)
        assert [(row.model, row.key_hash) for row in days] == [
            (MODEL, "k"),
            (MODEL, "l"),
            (f"{MODEL}:free", ""),
        ]

    def test_one_model_in_all_its_variants(self, used: Store) -> None:
        days = used.activity.by_day(date(2026, 1, 1), TODAY, model=MODEL)
        assert {row.model for row in days} == {MODEL, f"{MODEL}:free"}
        assert used.activity.by_day(date(2026, 1, 1), TODAY, model="author/na_e") == []


class TestApps:
    @pytest.fixture
    def board(self, store: Store) -> Store:
        """``old`` had all its use in the windows before; ``steady`` as much then as now; ``new`` rises."""

        def use(app: App, days: int, tokens: int) -> GenerationRecord:
            created_s = NOW_S - days * DAY_S
            return record(created_s=created_s, usage=Usage(tokens, 0), caller=Caller(app=app))

        steady = App("https://s", "Steady", "https://s", ("cli-agent",))
        new, old = App("https://n", "New", "https://n"), App("https://o", "Old")
        hidden = App("https://h", "Hidden", hidden=True)
        return filled(
            store,
            *(use(steady, days, 100) for days in (0, 7, 14, 21)),
            use(new, 0, 60),
            use(old, 8, 500),
            use(hidden, 0, 900),
            use(App("https://ancient"), 28, 900),
        )

    def test_popular_is_by_tokens(self, board: Store) -> None:
        ranking = board.apps.ranking(TODAY - timedelta(days=6), TODAY)
        assert [(app.rank, app.title, app.tokens, app.requests) for app in ranking] == [
            (1, "Steady", 100, 1),
            (2, "New", 60, 1),
        ]
        assert (ranking[0].url, ranking[0].categories) == ("https://s", ("cli-agent",))

    def test_trending_is_by_what_there_is_more_of(self, board: Store) -> None:
        ranking = board.apps.ranking(TODAY - timedelta(days=6), TODAY, order="trending")
        assert [(app.rank, app.title, app.trend_tokens) for app in ranking] == [
            (1, "New", 60),
            (2, "Steady", 0),
        ]

    def test_pages_keep_the_ranks(self, board: Store) -> None:
        page = board.apps.ranking(TODAY - timedelta(days=30), TODAY, limit=2, offset=1)
        assert [(app.rank, app.title) for app in page] == [(2, "Old"), (3, "Steady")]

    def test_filters(self, board: Store) -> None:
        week = TODAY - timedelta(days=6)
        assert [app.title for app in board.apps.ranking(week, TODAY, category="cli-agent")] == ["Steady"]
        assert board.apps.ranking(week, TODAY, model="other/model") == []


class TestTraffic:
    def test_nothing_is_nothing(self, store: Store) -> None:
        assert store.traffic.totals(MODEL, 0, NOW_S) == Counts()
        assert store.traffic.weekly_tokens(None, NOW_S) == 0
        speed = store.traffic.speed(MODEL, 0, NOW_S)
        assert (speed.requests, speed.throughput, speed.ttft_ms, speed.e2e_ms) == (0, None, None, None)

    def test_speed_is_of_finished_generations_with_output(self, store: Store) -> None:
        filled(
            store,
            record(timings=Timings(0.1, 2.0), usage=Usage(1, 100)),
            record(timings=Timings(0.3, 4.0), usage=Usage(1, 100), model=f"{MODEL}:free"),
            record(timings=Timings(9.0, 9.0), outcome="cancelled"),
            record(timings=Timings(None, 9.0), outcome="failed"),
            record(timings=Timings(9.0, 9.0), created_s=NOW_S - 1801),
            record(timings=Timings(9.0, 9.0), model="other/model"),
        )
        speed = store.traffic.speed(MODEL, NOW_S - 1800, NOW_S + 1)
        assert speed.requests == 2
        assert speed.throughput == Percentiles(37.5, 31.25, 27.5, 25.25)
        assert speed.ttft_ms
        assert speed.ttft_ms.p50 == pytest.approx(200)
        assert speed.e2e_ms
        assert speed.e2e_ms.p50 == pytest.approx(3000)

    def test_a_series_has_every_step(self, store: Store) -> None:
        filled(
            store,
            record(),
            record(created_s=NOW_S + 1),
            record(created_s=NOW_S - 1200, timings=Timings(1, 2)),
        )
        series = store.traffic.series(MODEL, NOW_S - 1200, NOW_S + 60, 600)
        assert [(point.t - NOW_S, point.counts.requests, point.speed.requests) for point in series] == [
            (-1200, 1, 1),
            (-600, 0, 0),
            (0, 2, 2),
        ]
        assert series[0].speed.ttft_ms == Percentiles(1000, 1000, 1000, 1000)
        assert series[1].speed.ttft_ms is None

    def test_a_long_window_is_sampled(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(traffic, "SAMPLE", 10)
        filled(store, *(record() for _ in range(100)))
        assert store.traffic.speed(MODEL, NOW_S, NOW_S + 1).requests == 10

    def test_weekly_tokens_are_those_of_seven_days(self, store: Store) -> None:
        filled(store, record(created_s=NOW_S - 6 * DAY_S), record(created_s=NOW_S - 8 * DAY_S))
        assert store.traffic.weekly_tokens(MODEL, NOW_S) == 15

    def test_prices_and_errors_of_calls(self, store: Store) -> None:
        cost = Cost(Decimal("0.0000005"), Decimal("0.000001"))
        bad = CallCounts(total=2, schema_mismatch=1)
        filled(
            store,
            record(cost=cost, finish_reason="tool_calls", calls=bad),
            record(finish_reason="tool_calls", calls=CallCounts(total=1)),
        )
        totals = store.traffic.totals(MODEL, NOW_S, NOW_S + 60)
        assert totals.tool_call_error_rate == 0.5
        assert totals.effective_prompt_usd_per_m == Decimal("0.025")
        assert totals.effective_completion_usd_per_m == Decimal("0.1")
        assert Counts().tool_call_error_rate is None
        assert Counts().effective_prompt_usd_per_m is None


class TestPercentiles:
    def test_of_nothing(self) -> None:
        assert Percentiles.of([]) is None

    @given(st.lists(st.floats(0, 1e6), min_size=1))
    def test_they_rise_and_lie_between_the_extremes(self, values: list[float]) -> None:
        found = Percentiles.of(values)
        assert found
        slack = 1e-9 * max(values)
        ordered = [min(values), found.p50, found.p75, found.p90, found.p99, max(values)]
        assert all(low <= high + slack for low, high in pairwise(ordered))

    def test_of_a_hundred_and_one(self) -> None:
        assert Percentiles.of([*range(100, -1, -1)]) == Percentiles(50, 75, 90, 99)

    def test_of_a_speed_they_fall(self) -> None:
        assert Percentiles.of([*range(101)], falling=True) == Percentiles(50, 25, 10, 1)


class TestUptime:
    @pytest.mark.parametrize(
        ("minutes", "percent"),
        [
            ([], None),
            ([(9, 9)], None),
            ([(10, 2)], 100.0),
            ([(10, 3)], 0.0),
            ([(10, 0), (20, 20), (9, 9), (10, 2)], pytest.approx(200 / 3)),
        ],
    )
    def test_minutes_with_enough_attempts(
        self, minutes: list[tuple[int, int]], percent: float | None
    ) -> None:
        assert uptime(Minute(60 * at, *minute) for at, minute in enumerate(minutes)) == percent

    def test_windows(self, store: Store) -> None:
        def minute(ago: int, failures: int) -> list[GenerationRecord]:
            failed = {"outcome": "failed", "error_status": 502}
            made = [record(created_s=NOW_S - 60 * ago, **failed) for _ in range(failures)]
            return [*made, *(record(created_s=NOW_S - 60 * ago) for _ in range(10 - failures))]

        filled(store, *minute(0, 10), *minute(2, 0), *minute(10, 10), *minute(100, 10), *minute(1441, 10))
        found = store.uptime.figures(MODEL, NOW_S + 30)
        assert found == UptimeFigures(last_5m=100.0, last_30m=50.0, last_1d=pytest.approx(100 / 3))
        assert store.uptime.figures("other/model", NOW_S) == UptimeFigures()

    def test_bars(self, store: Store) -> None:
        failed = record(outcome="failed", error_status=502, created_s=NOW_S - 1200)
        refused = record(outcome="failed", error_status=429, created_s=NOW_S - 600)
        filled(store, failed, *(record(created_s=NOW_S - 1190) for _ in range(3)), refused, record())
        bars = store.uptime.bars(MODEL, NOW_S - 1200, NOW_S + 1, 600)
        assert [(bar.t - NOW_S, bar.availability) for bar in bars] == [
            (-1200, 75.0),
            (-600, None),
            (0, 100.0),
        ]


class TestRetention:
    def test_old_rows_go_and_sums_by_day_stay(
        self, open_store: Opener, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("nemotron_runtime.store.retention.STEP_ROWS", 4)
        store = open_store()
        old = [record(created_s=NOW_S - 3 * DAY_S - minute * 60) for minute in range(10)]
        new = record(created_s=NOW_S - DAY_S)
        filled(store, *old, new)
        steps = 0
        more = True
        while more:
            with store._database.writing() as connection:
                more = prune(connection, Retention(2, 2, 2), NOW_S)
            steps += 1
        assert steps == 3
        assert [store.generations.find(each.id) for each in old] == [None] * 10
        assert store.generations.find(new.id) == new
        assert store.traffic.totals(None, 0, NOW_S).requests == 1
        days = store.activity.by_day(TODAY - timedelta(days=5), TODAY)
        assert sum(row.counts.requests for row in days) == 11

    def test_none_keeps_for_ever(self, store: Store) -> None:
        filled(store, old := record(created_s=1))
        with store._database.writing() as connection:
            assert not prune(connection, Retention(None, None, None), NOW_S)
        assert store.generations.find(old.id) == old

    def test_the_writer_does_it(self, open_store: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("nemotron_runtime.store.writer.PRUNE_S", 0)
        store = open_store(retention=Retention(generations_days=1))
        old = record(created_s=1)
        filled(store, old)
        until(lambda: store.generations.find(old.id) is None)
