from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from nemotron_runtime.store.ledger import Ledger, Spent
from nemotron_runtime.store.periods import start_of_day

TODAY = date(2026, 11, 30)  # a Monday
STEPS = st.lists(
    st.one_of(
        st.tuples(st.integers(0, 40), st.decimals(0, 10, places=9)),
        st.sampled_from(["save", "read"]),
    )
)


@given(STEPS)
def test_what_is_spent_is_the_sum_however_it_is_saved_and_read(
    steps: list[tuple[int, Decimal] | str],
) -> None:
    """The database is a list; saving adds to it, reading starts from it."""
    ledger, database, waiting = Ledger(), [], []
    everything: list[tuple[date, Decimal]] = []
    for step in steps:
        match step:
            case "save":
                database += waiting
                ledger.saved([("key", day, amount) for day, amount in waiting])
                waiting = []
            case "read":
                spent = Spent()
                for day, amount in database:
                    spent.add(day, amount)
                ledger.read({"key": spent})
            case (days, amount):
                day = TODAY - timedelta(days=days)
                ledger.add("key", start_of_day(day) + 5, amount)
                waiting.append((day, amount))
                everything.append((day, amount))
    usage = ledger.usage("key", TODAY)

    def since(first: date) -> Decimal:
        return sum((amount for day, amount in everything if day >= first), Decimal(0))

    assert usage.total == since(date.min)
    assert (usage.daily, usage.weekly, usage.monthly) == (
        since(TODAY),
        since(TODAY),
        since(date(2026, 11, 1)),
    )


def test_a_key_that_is_not_known_has_spent_nothing() -> None:
    assert Ledger().usage("key", TODAY).total == 0
    assert Ledger().last_used_s("key") is None


def test_the_last_use_is_the_latest() -> None:
    ledger = Ledger()
    for seconds in (5, 9, 7):
        ledger.add("key", seconds, Decimal(0))
    assert ledger.last_used_s("key") == 9
