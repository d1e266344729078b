"""The shipped tiles at the model's own sizes, with two experts: more would only take longer."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from nemotron_kernels.choice import Choice, default_choice
from nemotron_kernels.geometry import NANO, NANO_TP2, Geometry
from nemotron_kernels.reference import routed_experts
from support.interpreted import layer as layers
from support.interpreted import workspace
from support.moe import draw_batch, draw_weights, relative_error

ONE_GPU, TWO_GPUS = (replace(sizes, experts=2, top_k=2) for sizes in (NANO, NANO_TP2))
CASES = {
    "one token of decode": (ONE_GPU, 1, default_choice(NANO, 1, 2)),
    "a few streams": (ONE_GPU, 3, default_choice(NANO, 8, 2)),
    "prefill": (ONE_GPU, 3, default_choice(NANO, 8192, 2)),
    "a few streams on two GPUs": (TWO_GPUS, 3, default_choice(NANO_TP2, 8, 2)),
}


@pytest.mark.parametrize(("geometry", "tokens", "choice"), CASES.values(), ids=CASES)
def test_agrees_with_the_reference(geometry: Geometry, tokens: int, choice: Choice) -> None:
    choice = replace(choice, fused_routing=False)
    weights = draw_weights(geometry, torch.bfloat16)
    case = draw_batch(geometry, tokens, "uniform", weights.bias, torch.bfloat16)
    experts = layers.Experts(geometry, weights.up, weights.down, workspace.Workspace(geometry, 8, "cpu"))
    out = torch.full_like(case.x, float("nan"))
    experts.run(choice, case.x, out, ids=case.ids, weights=case.weights)
    assert (
        relative_error(out, routed_experts(case.x, weights.up, weights.down, case.ids, case.weights)) < 5e-3
    )
