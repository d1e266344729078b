"""Wrong kernels are found out, whatever is wrong with them."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from nemotron_kernels import reference
from nemotron_kernels.tune.cases import Case, Layer, make_case, make_layers
from nemotron_kernels.tune.check import BOUNDS, SAMPLED, Oracle, WrongResult, oracle
from support.tuning import TINY, Scripted, TorchExperts, nan_in_one_place

TOKENS = 20


@pytest.fixture(scope="module")
def layers() -> tuple[Layer, ...]:
    return make_layers(TINY, 2, torch.bfloat16, "cpu")


@pytest.fixture(scope="module")
def truth(layers: tuple[Layer, ...]) -> Oracle:
    return oracle(make_case(TINY, layers, "uniform", TOKENS, torch.bfloat16), layers, 1)


def test_what_is_right_passes(truth: Oracle, layers: tuple[Layer, ...]) -> None:
    assert truth.require(TorchExperts(layers)) < 3e-3  # one rounding to bf16


class WithoutSquare(TorchExperts):
    def experts(self, index: int, case: Case) -> Tensor:
        layer, out = self.layers[index], torch.zeros(case.x.shape, dtype=torch.float64)
        for token, experts in enumerate(case.ids[index].tolist()):
            for place, expert in enumerate(experts):
                hidden = (layer.up[expert].double() @ case.x[token].double()).clamp(min=0)
                out[token] += case.weights[index][token, place] * (layer.down[expert].double() @ hidden)
        return out


class OtherLayer(TorchExperts):
    def experts(self, index: int, case: Case) -> Tensor:
        return super().experts(0, case)


class Unweighted(TorchExperts):
    def experts(self, index: int, case: Case) -> Tensor:
        layer, even = self.layers[index], torch.full_like(case.weights[index], 1 / TINY.top_k)
        return reference.routed_experts(case.x, layer.up, layer.down, case.ids[index], even)


@pytest.mark.parametrize("kind", [WithoutSquare, OtherLayer, Unweighted])
def test_another_function_is_wrong(
    truth: Oracle, layers: tuple[Layer, ...], kind: type[TorchExperts]
) -> None:
    with pytest.raises(WrongResult, match="against float64"):
        truth.require(kind(layers))


class Lazy(TorchExperts):
    """Writes into the memory it is given, but not all of it."""

    def run(self, index: int, case: Case, out: Tensor) -> Tensor:
        out[0, :-1] = super().run(index, case, out)[:-1]
        return out[0]


class Once(TorchExperts):
    """Forgets to reset its counters: right the first time only."""

    runs = 0

    def run(self, index: int, case: Case, out: Tensor) -> Tensor:
        self.runs += 1
        return super().run(index, case, out) * (1 if self.runs == 1 else 2)


@pytest.mark.parametrize("kind", [Lazy, Once])
def test_what_is_left_over_is_wrong(
    truth: Oracle, layers: tuple[Layer, ...], kind: type[TorchExperts]
) -> None:
    with pytest.raises(WrongResult):
        truth.require(kind(layers))


def one_element(right: Tensor) -> Tensor:
    wrong = right.clone()
    wrong[7, 5] = -wrong[7, 5] - 0.5
    return wrong


def slightly_off(right: Tensor) -> Tensor:
    return right * 1.02


@pytest.mark.parametrize(
    "wrong",
    [
        nan_in_one_place,
        torch.zeros_like,
        one_element,
        slightly_off,
        lambda right: right[:-1],
        lambda right: right / 0,
    ],
)
def test_a_wrong_output_is_wrong(
    truth: Oracle, layers: tuple[Layer, ...], wrong: Callable[[Tensor], Tensor]
) -> None:
    with pytest.raises(WrongResult):
        truth.require(Scripted(layers, "wrong", wrong))


def test_nan_passes_no_limit(truth: Oracle, layers: tuple[Layer, ...]) -> None:
    broken = Scripted(layers, "nan", nan_in_one_place)
    assert truth.measure(broken) == math.inf
    for stock_error in (math.inf, math.nan, 1e9):
        with pytest.raises(WrongResult):
            truth.require(broken, stock_error)


def test_what_vllm_itself_gets_wrong_is_allowed_to_ours(truth: Oracle, layers: tuple[Layer, ...]) -> None:
    off = Scripted(layers, "off", slightly_off)
    assert BOUNDS[torch.bfloat16] < truth.require(off, stock_error=0.03) < 0.03


def test_a_folded_shared_expert_is_checked_too(truth: Oracle, layers: tuple[Layer, ...]) -> None:
    class Folded(TorchExperts):
        factor = 1.0

        def run(self, index: int, case: Case, out: Tensor) -> Tensor:
            layer = self.layers[index]
            shared = reference.shared_expert(case.x, layer.shared_up, layer.shared_down)
            return torch.stack([super().run(index, case, out), self.factor * shared.to(case.x.dtype)])

    folded = Folded(layers)
    assert truth.require(folded) < 3e-3
    folded.factor = 0.5
    with pytest.raises(WrongResult):
        truth.require(folded)


def test_fp8_is_held_against_what_its_numbers_stand_for() -> None:
    layers = make_layers(TINY, 1, torch.float8_e4m3fn, "cpu")
    case = make_case(TINY, layers, "uniform", 6, torch.float32)
    scales = layers[0].scales
    assert scales
    expected = oracle(case, layers, 0).expected[0]
    up, down = (
        layers[0].up.double() * scales.up[:, None, None],
        layers[0].down.double() * scales.down[:, None, None],
    )
    real = reference.routed_experts(case.x, up, down, case.ids[0], case.weights[0])
    torch.testing.assert_close(expected, real)


def test_sampled_tokens_choose_clearly_and_reach_both_ends(layers: tuple[Layer, ...]) -> None:
    case = make_case(TINY, layers, "uniform", 300, torch.bfloat16)
    case.logits[1][5] = 0.0
    case.logits[1][5, :2] = 1.0  # a third expert is nobody's by more than the bias
    tied = Layer(layers[1].up, layers[1].down, torch.zeros(TINY.experts))
    rows = oracle(case, (layers[0], tied), 1).rows.tolist()
    assert len(rows) == SAMPLED
    assert 5 not in rows
    assert (rows[0], rows[-1]) == (0, 299)


def test_without_a_clear_token_nothing_is_claimed(layers: tuple[Layer, ...]) -> None:
    case = make_case(TINY, layers, "uniform", 4, torch.bfloat16)
    tied = Layer(layers[1].up, layers[1].down, torch.zeros(TINY.experts))
    case.logits[1].zero_()
    with pytest.raises(ValueError, match="draw another"):
        oracle(case, (layers[0], tied), 1)
