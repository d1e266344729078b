"""The search, with contenders and a clock by script: only what is right and wins everywhere is kept."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from nemotron_kernels.tune.cases import Kind, Layer, make_case, make_layers
from nemotron_kernels.tune.check import WrongResult
from nemotron_kernels.tune.search import QUICK, Arena, search
from support.tuning import TINY, Scripted, ScriptedClock, nan_in_one_place


@pytest.fixture(scope="module")
def layers() -> tuple[Layer, ...]:
    return make_layers(TINY, 2, torch.bfloat16, "cpu")


def arena(
    layers: tuple[Layer, ...], times: dict[str, float], kind: Kind = "uniform", **clock: object
) -> Arena:
    case = make_case(TINY, layers, kind, 4, torch.bfloat16)
    return Arena(case, layers, ScriptedClock({"stock": 100.0, **times}, **clock), Scripted(layers, "stock"))


def contenders(layers: tuple[Layer, ...], *names: str) -> list[Scripted]:
    return [Scripted(layers, name) for name in names]


def test_the_fastest_wins(layers: tuple[Layer, ...]) -> None:
    told: list[str] = []
    times = {"slow": 130.0, "fast": 80.0, "faster": 50.0, "even": 100.0}
    verdict = search([arena(layers, times)], contenders(layers, *times), QUICK, told.append)
    assert (verdict.winner, verdict.best) == (2, "faster")
    assert verdict.compared["uniform"].gain == pytest.approx(2.0)
    assert told == list(times)


def test_a_gain_within_the_noise_wins_nothing(layers: tuple[Layer, ...]) -> None:
    verdict = search([arena(layers, {"even": 99.8})], contenders(layers, "even"), QUICK)
    assert verdict.winner is None
    assert verdict.best == "even"


def test_a_loud_run_keeps_less_than_a_quiet_one(layers: tuple[Layer, ...]) -> None:
    times = {"better": 95.0}
    quiet = search([arena(layers, times)], contenders(layers, "better"), QUICK)
    loud = search([arena(layers, times, noise=(1.0, 1.1, 0.95, 1.04))], contenders(layers, "better"), QUICK)
    assert quiet.winner == 0
    assert loud.winner is None


def test_the_fastest_of_all_is_out_if_it_is_wrong(layers: tuple[Layer, ...]) -> None:
    wrong = Scripted(layers, "wrong", nan_in_one_place)
    right = Scripted(layers, "right")
    verdict = search([arena(layers, {"wrong": 1.0, "right": 90.0})], [wrong, right], QUICK)
    assert verdict.winner == 1
    assert "WrongResult" in verdict.rejected["wrong"]
    assert wrong.runs == 2  # it was checked, and never timed


def test_a_kernel_that_does_not_compile_ends_nothing(layers: tuple[Layer, ...]) -> None:
    class Refused(Scripted):
        def run(self, *args: object) -> Tensor:
            raise RuntimeError("out of resource: shared memory\nRequired: 300000")

    verdict = search(
        [arena(layers, {"right": 90.0})], [Refused(layers, "refused"), Scripted(layers, "right")], QUICK
    )
    assert verdict.winner == 1
    assert verdict.rejected == {"refused": "RuntimeError: out of resource: shared memory"}


def test_what_loses_with_another_routing_is_not_kept(layers: tuple[Layer, ...]) -> None:
    names = contenders(layers, "narrow", "broad")
    even = arena(layers, {"narrow": 50.0, "broad": 90.0})
    skewed = arena(layers, {"narrow": 120.0, "broad": 99.9}, kind="zipf")
    verdict = search([even, skewed], names, QUICK)
    assert verdict.winner == 1
    assert set(verdict.compared) == {"uniform", "zipf"}
    assert search([even, skewed], names[:1], QUICK).winner is None


def test_nobody_right_means_nobody_wins(layers: tuple[Layer, ...]) -> None:
    verdict = search([arena(layers, {})], [Scripted(layers, "wrong", torch.zeros_like)], QUICK)
    assert (verdict.winner, verdict.best, verdict.compared) == (None, None, {})


def test_a_baseline_that_is_wrong_is_no_baseline(layers: tuple[Layer, ...]) -> None:
    case = make_case(TINY, layers, "uniform", 4, torch.bfloat16)
    broken = Scripted(layers, "stock", nan_in_one_place)
    with pytest.raises(WrongResult, match="itself is wrong"):
        Arena(case, layers, ScriptedClock({"stock": 1.0}), broken)
