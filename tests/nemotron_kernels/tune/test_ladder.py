"""From what won at single token counts to ranges of them."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from nemotron_kernels.choice import STOCK, Choice, Tile, default_choice
from nemotron_kernels.dispatch import Dispatch
from nemotron_kernels.geometry import NANO
from nemotron_kernels.tune.ladder import CHECKED, LADDER, Rung, ranges

VECTOR = default_choice(NANO, 1, 2)
STREAM = default_choice(NANO, 32, 2)
BLOCKS = default_choice(NANO, 8192, 2)


@st.composite
def rungs(draw: st.DrawFn) -> list[Rung]:
    tokens = draw(st.sets(st.integers(1, 300), min_size=1, max_size=12))
    choices = st.sampled_from([STOCK, VECTOR, STREAM, BLOCKS])
    found = [(count, draw(choices)) for count in tokens]
    return [Rung(count, choice, None if choice == STOCK else 1.1) for count, choice in found]


@given(rungs())
def test_at_a_rung_runs_what_won_there(found: list[Rung]) -> None:
    dispatch = Dispatch(ranges(found))
    for rung in found:
        assert dispatch.choose(rung.tokens) == rung.choice


@given(rungs(), st.integers(1, 400))
def test_between_rungs_ours_runs_only_if_it_won_at_both_ends(found: list[Rung], tokens: int) -> None:
    dispatch = Dispatch(ranges(found))
    below = max((rung for rung in found if rung.tokens <= tokens), key=lambda rung: rung.tokens, default=None)
    above = min((rung for rung in found if rung.tokens >= tokens), key=lambda rung: rung.tokens, default=None)
    ours = dispatch.choose(tokens) != STOCK
    assert ours == bool(below and above and below.won and above.won)


@given(rungs(), st.integers(1, 400))
def test_between_rungs_the_nearer_one_is_asked(found: list[Rung], tokens: int) -> None:
    chosen = Dispatch(ranges(found)).choose(tokens)
    if chosen != STOCK:
        assert chosen == min(found, key=lambda rung: (abs(rung.tokens - tokens), rung.tokens)).choice


@given(rungs())
def test_ranges_ascend_without_overlap(found: list[Rung]) -> None:
    made = ranges(found)
    assert all(one.first <= one.last for one in made)
    assert all(before.last < after.first for before, after in pairwise(made))


def test_an_in_between_that_loses_splits_its_range() -> None:
    won = [Rung(256, STREAM, 1.1), Rung(512, STREAM, 1.1)]
    dispatch = Dispatch(ranges([*won, Rung(257)]))
    assert [dispatch.choose(tokens) for tokens in (256, 257, 300, 512)] == [STREAM, STOCK, STOCK, STREAM]


def test_the_ladder_ascends_and_the_checked_lie_between() -> None:
    assert list(LADDER) == sorted(set(LADDER))
    assert all(LADDER[0] < count < LADDER[-1] and count not in LADDER for count in CHECKED)


def test_a_rung_knows_whether_ours_won() -> None:
    tile = Tile(16, 64, 64)
    assert Rung(1, Choice("stream", tile, tile), 1.2).won
    assert not Rung(1).won
