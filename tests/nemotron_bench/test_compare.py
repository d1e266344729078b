from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from nemotron_bench.compare import compare, verdict
from nemotron_bench.evidence import Evidence

Make = Callable[..., Any]


@pytest.fixture
def run_of(make_evidence: Make, make_step: Make, make_row: Make) -> Callable[..., Evidence]:
    """A run whose repeats had these TTFTs in seconds."""

    def make(ttfts: Sequence[float], **fields: Any) -> Evidence:
        steps = [
            make_step((make_row(first_s=1.0 + ttft, answer_s=1.3, end_s=2.0),), repeat=repeat)
            for repeat, ttft in enumerate(ttfts)
        ]
        return make_evidence(*steps, **fields)

    return make


def verdicts(a: Evidence, b: Evidence) -> dict[str, str]:
    return {one.figure: one.verdict for one in compare(a, b).figures}


def test_a_clear_difference_is_called_so_both_ways(run_of: Make) -> None:
    slow, fast = run_of([0.20, 0.21, 0.22]), run_of([0.10, 0.11, 0.12])
    assert verdicts(slow, fast)["ttft_ms p50"] == "better"
    assert verdicts(fast, slow)["ttft_ms p50"] == "worse"
    found = next(one for one in compare(slow, fast).figures if one.figure == "ttft_ms p50")
    assert found.ratio == pytest.approx(0.11 / 0.21)
    assert found.spread == pytest.approx(0.02 / 0.11)


def test_what_repeats_do_among_themselves_is_noise(run_of: Make) -> None:
    assert verdicts(run_of([0.10, 0.20, 0.12]), run_of([0.11, 0.15, 0.19]))["ttft_ms p50"] == "noise"
    near = verdicts(run_of([0.10, 0.12, 0.14]), run_of([0.15, 0.17, 0.19]))
    assert near["ttft_ms p50"] == "noise"  # apart, but by less than they are wide


def test_equal_runs_differ_in_nothing(run_of: Make) -> None:
    same = run_of([0.1, 0.1, 0.1])
    found = compare(same, same)
    assert (found.setup, found.warnings) == ((), ())
    assert {one.verdict for one in found.figures} == {"noise"}


def test_one_run_is_no_proof(run_of: Make) -> None:
    assert set(verdicts(run_of([0.5]), run_of([0.1])).values()) == {"too few repeats"}
    assert set(verdicts(run_of([0.5, 0.5, 0.5]), run_of([0.1, 0.1])).values()) == {"too few repeats"}


@pytest.mark.parametrize(("repeats", "most"), [(3, 0.012), (4, 0.002)])
def test_noise_is_rarely_called_a_difference(repeats: int, most: float) -> None:
    chance = random.Random(7)
    tries = 20_000
    wrong = 0
    for _ in range(tries):
        a, b = ([chance.gauss(100, 5) for _ in range(repeats)] for _ in range(2))
        wrong += verdict(a, b, higher_is_better=True) != "noise"
    assert wrong / tries < most


def test_set_up_comes_first_fact_by_fact(run_of: Make, make_evidence: Make) -> None:
    a = run_of([0.1, 0.1, 0.1])
    facts = {**a.facts, "versions": {"torch": "2.14.0"}, "driver": "600.1"}
    server = {**a.server, "ready": {"engine": {"kernels": "ours"}, "engine_start_s": 3.0, "start": {"s": 1}}}
    b = replace(a, facts=facts, server=server, settings={"repeats": 4}, gpus=2)
    found = {one.name: (one.a, one.b) for one in compare(a, b).setup}
    assert found == {
        "facts.versions.torch": ("2.13.0", "2.14.0"),
        "facts.driver": (None, "600.1"),
        "server.ready.engine.kernels": (None, "ours"),
        "settings.repeats": ("3", "4"),
        "gpus": ("1", "2"),
    }


def test_warnings(run_of: Make, make_evidence: Make, make_step: Make, make_row: Make) -> None:
    a = run_of([0.1], facts={"dirty": True}, complete=False)
    rows = (make_row(0, output_tokens=50), make_row(1, error="timeout"))
    b = make_evidence(make_step(rows, lag_ms=40.0), make_step(streams=9))
    told = "\n".join(compare(a, b).warnings)
    for part in (
        "A was measured with changes",
        "A is not complete",
        "1 of 2 requests failed",
        "output_tokens of a request differ, 5 and 50",
        "only in B: 9 streams",
        "40.0 ms late",
    ):
        assert part in told


def test_runs_without_a_common_load_are_not_compared(make_evidence: Make, make_step: Make) -> None:
    assert compare(make_evidence(make_step(streams=1)), make_evidence(make_step(streams=2))).figures == ()
