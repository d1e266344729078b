"""Every way through the experts under Triton's interpreter, against the float64 reference."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from nemotron_kernels.choice import STOCK, Choice, Tile
from nemotron_kernels.geometry import Geometry
from nemotron_kernels.reference import fp8_experts, routed_experts, shared_expert
from support.interpreted import layer as layers
from support.interpreted import workspace
from support.moe import SMALL, Case, Weights, draw_batch, draw_weights, relative_error

VECTOR = Tile(rows=1, columns=16, depth=64, stages=1, waves=0)
STREAM = Tile(rows=16, columns=64, depth=32)
BLOCKS = Tile(rows=32, columns=64, depth=32, waves=0)
CHOICES = {
    "vector": Choice("vector", VECTOR, VECTOR),
    "vector, routing": Choice("vector", VECTOR, VECTOR, fused_routing=True),
    "stream": Choice("stream", STREAM, STREAM),
    "stream, routing": Choice("stream", STREAM, STREAM, fused_routing=True),
    "stream, shared": Choice("stream", STREAM, STREAM, folded_shared=True),
    "blocks": Choice("blocks", BLOCKS, BLOCKS),
    "blocks, routing": Choice("blocks", BLOCKS, BLOCKS, fused_routing=True),
}
SHAPES = [
    pytest.param(0, "uniform", id="no token"),
    pytest.param(1, "uniform", id="one token of decode"),
    pytest.param(5, "skewed", id="last batch of vLLM's naive assignment"),
    pytest.param(6, "uniform", id="first batch after it"),
    pytest.param(15, "same", id="one row short of a tile"),
    pytest.param(16, "same", id="a tile exactly full"),
    pytest.param(17, "same", id="a second tile for one row"),
    pytest.param(33, "skewed", id="some experts idle, some with many tiles"),
]
VECTORS_TAKE = 6  # tokens: more prove nothing further, and take the interpreter long
FP32, BF16 = 1e-5, 5e-3


class Rig:
    """A layer with its experts, and a workspace that every batch shares, as in serving."""

    def __init__(self, weights: Weights, geometry: Geometry = SMALL, **options: object) -> None:
        self.weights = weights
        self.geometry = geometry
        self.workspace = workspace.Workspace(geometry, 300, "cpu")
        self.experts = layers.Experts(
            geometry,
            weights.up,
            weights.down,
            self.workspace,
            shared_up=weights.shared_up,
            shared_down=weights.shared_down,
            multiprocessors=3,
            **options,
        )

    def run(self, choice: Choice, case: Case, **more: Tensor) -> tuple[Tensor, Tensor]:
        """The routed and the shared output; what is not written stays NaN."""
        dtype = more.pop("out_dtype", case.x.dtype)
        out = torch.full(case.x.shape, float("nan"), dtype=dtype)
        shared = torch.full_like(out, float("nan"))
        if choice.fused_routing:
            given: dict = {"routing": layers.Routing(case.logits, self.weights.bias)}
        else:
            given = {"ids": case.ids, "weights": case.weights}
        if choice.folded_shared:
            given["shared_out"] = shared
        self.experts.run(choice, case.x, out, **given, **more)
        return out, shared

    def expected(self, case: Case) -> Tensor:
        return routed_experts(case.x, self.weights.up, self.weights.down, case.ids, case.weights)

    @property
    def is_at_rest(self) -> bool:
        """Counters are zero between launches, or a replayed graph would go wrong."""
        w = self.workspace
        return not (w.counters.any() or w.done.any() or w.arrivals.any())


@pytest.fixture(scope="module")
def rig() -> Rig:
    return Rig(draw_weights(SMALL))


@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES)
@pytest.mark.parametrize(("tokens", "kind"), SHAPES)
def test_agrees_with_the_reference(rig: Rig, choice: Choice, tokens: int, kind: str) -> None:
    if choice.way == "vector" and tokens > VECTORS_TAKE:
        tokens = VECTORS_TAKE - 2
    case = draw_batch(SMALL, tokens, kind, rig.weights.bias)
    out, shared = rig.run(choice, case)
    assert relative_error(out, rig.expected(case)) < FP32
    if choice.folded_shared:
        expected = shared_expert(case.x, rig.weights.shared_up, rig.weights.shared_down)
        assert relative_error(shared, expected) < FP32
    assert rig.is_at_rest


@pytest.mark.parametrize("name", ["stream, routing", "stream, shared", "blocks"])
def test_many_tiles_of_every_expert(rig: Rig, name: str) -> None:
    """257 tokens: a tail after full programs, tiles in the hundreds, a walk of several rounds."""
    case = draw_batch(SMALL, 257, "uniform", rig.weights.bias)
    out, _ = rig.run(CHOICES[name], case)
    assert relative_error(out, rig.expected(case)) < FP32
    assert rig.is_at_rest


@pytest.mark.parametrize("name", ["vector", "stream, shared", "blocks"])
def test_bfloat16(name: str) -> None:
    rig = Rig(draw_weights(SMALL, torch.bfloat16))
    case = draw_batch(SMALL, 4, "uniform", rig.weights.bias, torch.bfloat16)
    out, _ = rig.run(CHOICES[name], case)
    assert out.dtype == torch.bfloat16
    assert relative_error(out, rig.expected(case)) < BF16


@pytest.mark.parametrize("columns", [32, 64, 128])
@pytest.mark.parametrize("depth", [16, 64])
def test_tiles_that_overhang_read_and_write_nothing_beyond(columns: int, depth: int) -> None:
    """H = 80 and I = 96: with 128 columns a tile reaches into the next expert's matrix."""
    rig = Rig(draw_weights(SMALL))
    tile = Tile(16, columns, depth)
    case = draw_batch(SMALL, 7, "uniform", rig.weights.bias)
    guard = torch.full((case.x.numel() + 64,), 5.0)
    out = guard[: case.x.numel()].view_as(case.x)
    rig.experts.run(Choice("stream", tile, tile), case.x, out, ids=case.ids, weights=case.weights)
    assert relative_error(out, rig.expected(case)) < FP32
    assert (guard[case.x.numel() :] == 5.0).all()


def test_two_gpus_half_the_intermediate() -> None:
    """The halves of an expert's intermediate add up to the whole, as tensor parallelism has it."""
    half = Geometry(experts=128, top_k=6, hidden=80, intermediate=48, shared_intermediate=96)
    whole = draw_weights(SMALL)
    case = draw_batch(SMALL, 5, "uniform", whole.bias)
    total = torch.zeros(case.x.shape)
    for part in (slice(0, 48), slice(48, 96)):
        cut = Weights(
            whole.up[:, part].contiguous(),
            whole.down[:, :, part].contiguous(),
            whole.shared_up[:96],
            whole.shared_down[:, :96].contiguous(),
            whole.bias,
        )
        out, _ = Rig(cut, half).run(CHOICES["stream"], case)
        total += out
    assert relative_error(total, Rig(whole).expected(case)) < FP32


@pytest.mark.parametrize("name", CHOICES)
def test_what_is_not_a_number_stays_with_its_token(rig: Rig, name: str) -> None:
    case = draw_batch(SMALL, 5, "same", rig.weights.bias)
    case.x[2] = float("nan")
    out, _ = rig.run(CHOICES[name], case)
    assert out.isnan().all(1).tolist() == [False, False, True, False, False]
    others = [0, 1, 3, 4]
    clean = Case(case.x[others], case.logits[others], case.ids[others], case.weights[others])
    assert relative_error(out[others], rig.expected(clean)) < FP32
    assert rig.is_at_rest


@pytest.mark.parametrize("name", ["vector", "stream", "blocks"])
def test_ids_that_are_no_experts_add_nothing(rig: Rig, name: str) -> None:
    case = draw_batch(SMALL, 4, "uniform", rig.weights.bias)
    ids = case.ids.clone()
    ids[1, 2], ids[3, 0], ids[0, 5] = -1, 128, 2**30
    out, _ = rig.run(CHOICES[name], Case(case.x, case.logits, ids, case.weights))
    counted = (ids >= 0) & (ids < SMALL.experts)
    valid = Case(case.x, case.logits, ids.where(counted, 0), case.weights * counted)
    assert relative_error(out, rig.expected(valid)) < FP32
    assert rig.is_at_rest


@pytest.mark.parametrize("name", ["vector", "stream", "blocks"])
def test_a_second_run_gives_the_same_bits(rig: Rig, name: str) -> None:
    case = draw_batch(SMALL, 4, "uniform", rig.weights.bias)
    first, _ = rig.run(CHOICES[name], case)
    again, _ = rig.run(CHOICES[name], case)
    assert torch.equal(first, again)


def test_given_scratch_is_used_and_must_suffice(rig: Rig) -> None:
    case = draw_batch(SMALL, 3, "uniform", rig.weights.bias)
    hidden = torch.full((18 * SMALL.intermediate,), float("nan"))
    parts = torch.full((18 * SMALL.hidden,), float("nan"))
    out, _ = rig.run(CHOICES["stream"], case, hidden=hidden, parts=parts)
    assert relative_error(out, rig.expected(case)) < FP32
    assert not hidden.isnan().any()
    assert not parts.isnan().any()
    with pytest.raises(ValueError, match="scratch of 10 elements"):
        rig.run(CHOICES["stream"], case, hidden=hidden[:10], parts=parts)


E4M3 = torch.float8_e4m3fn


@pytest.mark.parametrize("name", ["stream", "stream, routing", "blocks"])
@pytest.mark.parametrize("beforehand", [False, True], ids=["quantised while routing", "quantised beforehand"])
def test_fp8(name: str, beforehand: bool) -> None:
    """Weights and inputs of both products in FP8; expected is the same rounding in float64."""
    full = draw_weights(SMALL)
    up_scales, down_scales = (torch.rand(SMALL.experts) * 0.01 + 0.002 for _ in range(2))
    x_step, hidden_step = 0.011, 0.017
    up = (full.up / up_scales[:, None, None]).clamp(-448, 448).to(E4M3)
    down = (full.down / down_scales[:, None, None]).clamp(-448, 448).to(E4M3)
    scales = layers.Fp8Scales(torch.tensor([x_step]), torch.tensor([hidden_step]), up_scales, down_scales)
    rig = Rig(Weights(up, down, full.shared_up, full.shared_down, full.bias), scales=scales)
    case = draw_batch(SMALL, 9, "skewed", full.bias)
    expected = fp8_experts(
        case.x,
        up.double() * up_scales.double()[:, None, None],
        down.double() * down_scales.double()[:, None, None],
        case.ids,
        case.weights,
        x_step=x_step,
        hidden_step=hidden_step,
    )
    given: dict = {"out_dtype": torch.float32}
    if beforehand:
        quantised = (case.x / x_step).clamp(-448, 448).to(E4M3)
        case = Case(quantised, case.logits, case.ids, case.weights)
        given["x_scale"] = torch.tensor([x_step])
    out, _ = rig.run(CHOICES[name], case, **given)
    # A number on the border of two FP8 steps may go either way between float32 and float64.
    assert relative_error(out, expected) < 5e-3
    exact = routed_experts(
        draw_batch(SMALL, 9, "skewed", full.bias).x, full.up, full.down, case.ids, case.weights
    )
    assert relative_error(expected, exact) > 2e-2, "the bound above must be far below what FP8 costs"


def test_fp8_weights_with_inputs_as_they_are() -> None:
    """The vector way rounds no activation to FP8."""
    full = draw_weights(SMALL)
    steps = torch.full((SMALL.experts,), 0.004)
    up, down = (full.up / 0.004).clamp(-448, 448).to(E4M3), (full.down / 0.004).clamp(-448, 448).to(E4M3)
    one = torch.ones(1)
    scales = layers.Fp8Scales(one, one, steps, steps)
    rig = Rig(Weights(up, down, full.shared_up, full.shared_down, full.bias), scales=scales)
    case = draw_batch(SMALL, 3, "uniform", full.bias)
    out, _ = rig.run(CHOICES["vector"], case)
    expected = routed_experts(case.x, up.double() * 0.004, down.double() * 0.004, case.ids, case.weights)
    assert relative_error(out, expected) < FP32


REFUSED = {
    "stock": (STOCK, {}, "run by vLLM"),
    "routing without logits": (CHOICES["stream, routing"], {}, "routing is given if"),
    "a shared expert without a place": (CHOICES["stream, shared"], {}, "shared_out"),
}


@pytest.mark.parametrize(("choice", "more", "message"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_refused(rig: Rig, choice: Choice, more: dict, message: str) -> None:
    case = draw_batch(SMALL, 2, "uniform", rig.weights.bias)
    with pytest.raises(ValueError, match=message):
        rig.experts.run(choice, case.x, case.x.clone(), ids=case.ids, weights=case.weights, **more)


def test_a_shared_expert_folds_into_bf16_only() -> None:
    one, steps = torch.ones(1), torch.ones(SMALL.experts)
    rig = Rig(draw_weights(SMALL), scales=layers.Fp8Scales(one, one, steps, steps))
    with pytest.raises(ValueError, match="bf16 experts only"):
        rig.run(CHOICES["stream, shared"], draw_batch(SMALL, 2, "uniform", rig.weights.bias))


def test_more_tokens_than_the_workspace_takes_are_refused(rig: Rig) -> None:
    case = draw_batch(SMALL, 301, "uniform", rig.weights.bias)
    with pytest.raises(ValueError, match="301 tokens are more"):
        rig.run(CHOICES["stream"], case)


def test_matrices_of_another_size_are_refused() -> None:
    weights = draw_weights(SMALL)
    with pytest.raises(ValueError, match="up must be contiguous"):
        layers.Experts(SMALL, weights.down, weights.down, workspace.Workspace(SMALL, 1, "cpu"))
