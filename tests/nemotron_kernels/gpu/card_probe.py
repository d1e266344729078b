"""Runs every way through the experts on a GPU, and prints what was wrong as one line of JSON.

A script, not a test: in the process of the tests the kernels are defined for Triton's interpreter. With
TRITON_INTERPRET=1 it runs on a CPU in small, to be tested itself.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch

from nemotron_kernels.choice import Choice, Tile, default_choice
from nemotron_kernels.geometry import NANO, NANO_TP2, Geometry
from nemotron_kernels.gpu.layer import Experts, Fp8Scales, Routing
from nemotron_kernels.gpu.workspace import Workspace
from nemotron_kernels.reference import fp8_experts, route, routed_experts, shared_expert

SMALL = os.environ.get("TRITON_INTERPRET") == "1"
DEVICE = "cpu" if SMALL else "cuda"
DTYPES = (torch.float32,) if SMALL else (torch.bfloat16, torch.float8_e4m3fn)
TINY = Geometry(experts=16, top_k=3, hidden=80, intermediate=96, shared_intermediate=192)
GEOMETRIES = (TINY,) if SMALL else (NANO, NANO_TP2)
KINDS = ("skewed",) if SMALL else ("uniform", "skewed", "same")
TOKENS = (1, 5, 17) if SMALL else (1, 2, 4, 5, 6, 8, 15, 16, 17, 31, 33, 64, 129, 257, 1024, 1025, 4099)
SAMPLED = 24
X_STEP, HIDDEN_STEP = 0.02, 0.05


class Layer:
    """Random weights of one layer on the device; in FP8 with what its steps stand for."""

    def __init__(self, geometry: Geometry, dtype: torch.dtype) -> None:
        g = geometry
        self.geometry, self.dtype = geometry, dtype
        self.is_fp8 = dtype.itemsize == 1
        self.up, self.up_scales = self.matrix(g.experts, g.intermediate, g.hidden)
        self.down, self.down_scales = self.matrix(g.experts, g.hidden, g.intermediate)
        self.bias = torch.randn(g.experts, device=DEVICE) * 0.05
        self.workspace = Workspace(g, max(TOKENS), DEVICE)
        shared: dict[str, Any] = {}
        scales = None
        if self.is_fp8:
            steps = (torch.tensor([step], device=DEVICE) for step in (X_STEP, HIDDEN_STEP))
            scales = Fp8Scales(*steps, self.up_scales, self.down_scales)
        else:
            self.shared_up, self.shared_down = (
                self.matrix(1, *shape)[0][0]
                for shape in ((g.shared_intermediate, g.hidden), (g.hidden, g.shared_intermediate))
            )
            shared = {"shared_up": self.shared_up, "shared_down": self.shared_down}
        units = 3 if SMALL else torch.cuda.get_device_properties(0).multi_processor_count
        self.experts = Experts(
            g, self.up, self.down, self.workspace, scales=scales, multiprocessors=units, **shared
        )

    def matrix(self, *shape: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Weights, and the scale of each matrix."""
        values = torch.randn(shape, device=DEVICE, dtype=torch.float32 if SMALL else torch.bfloat16)
        values /= shape[-1] ** 0.5
        scales = torch.rand(shape[0], device=DEVICE) * 0.002 + 0.001
        if not self.is_fp8:
            return values.to(self.dtype), torch.ones_like(scales)
        return (values / scales[:, None, None]).clamp(-448, 448).to(self.dtype), scales

    def expected(
        self, x: torch.Tensor, ids: torch.Tensor, weights: torch.Tensor, rounds: bool
    ) -> torch.Tensor:
        """The float64 answer for some tokens, with FP8's rounding of inputs if `rounds`."""
        if not self.is_fp8:
            return routed_experts(x, self.up, self.down, ids, weights)
        used = ids.unique()
        place = torch.zeros(self.geometry.experts, dtype=torch.long, device=DEVICE)
        place[used] = torch.arange(len(used), device=DEVICE)
        up, down = (
            matrices[used].double() * scales[used].double()[:, None, None]
            for matrices, scales in ((self.up, self.up_scales), (self.down, self.down_scales))
        )
        if rounds:
            steps = {"x_step": X_STEP, "hidden_step": HIDDEN_STEP}
            return fp8_experts(x, up, down, place[ids], weights, **steps)
        return routed_experts(x, up, down, place[ids], weights)


def choices(layer: Layer, tokens: int) -> Iterator[tuple[str, Choice]]:
    """The reasoned choice, each of its flags, and the other ways at the same size."""
    size = 4 if SMALL else layer.dtype.itemsize
    tile = Tile(16, 64, 64)
    ways = {
        "vector": default_choice(layer.geometry, 1, size),
        "stream": replace(default_choice(layer.geometry, 64, size), fused_routing=False),
        "blocks": default_choice(layer.geometry, 8192, size),
        "blocks of 16": Choice("blocks", tile, tile),
        "reasoned": default_choice(layer.geometry, tokens, size),
    }
    if SMALL:
        line = Tile(1, 16, 64, waves=0)
        ways |= {"vector": Choice("vector", line, line), "stream": Choice("stream", tile, tile)}
        del ways["blocks"], ways["reasoned"]
    for name, choice in ways.items():
        if choice.way == "vector" and tokens > 16:
            continue
        yield name, choice
        yield f"{name}, routing", replace(choice, fused_routing=True)
        yield f"{name}, early", replace(choice, fused_routing=True, early_start=True)
        if choice.way == "stream" and not layer.is_fp8:
            yield f"{name}, shared", replace(choice, folded_shared=True)


def faults(layer: Layer, choice: Choice, tokens: int, kind: str) -> Iterator[str]:
    """What is wrong with one batch: the result, its bits in a second run and in a graph, the counters."""
    g = layer.geometry
    x = torch.randn(tokens, g.hidden, device=DEVICE, dtype=torch.float32 if SMALL else torch.bfloat16)
    logits = torch.randn(tokens, g.experts, device=DEVICE)
    if kind == "same":
        logits = logits[:1].repeat(tokens, 1)
    elif kind == "skewed":
        logits += 3 * torch.randn(g.experts, device=DEVICE)
    ids, weights = route(logits, layer.bias, g.top_k)
    given: dict[str, Any] = {"ids": ids.int(), "weights": weights.float()}
    if choice.fused_routing:
        given = {"routing": Routing(logits, layer.bias)}
    shared = torch.full_like(x, float("nan"))
    out = torch.full_like(x, float("nan"))

    def run() -> None:
        layer.experts.run(choice, x, out, shared_out=shared, **given)

    run()
    sample = torch.randperm(tokens, device=DEVICE)[:SAMPLED]
    expected = layer.expected(x[sample], ids[sample], weights[sample], choice.way != "vector")
    bound = 1e-5 if SMALL else 2e-2 if layer.is_fp8 else 6e-3
    if not (error := distance(out[sample], expected)) < bound:
        yield f"error {error}"
    if out.isnan().any():
        yield "not all was written"
    if choice.folded_shared:
        wanted = shared_expert(x[sample], layer.shared_up, layer.shared_down)
        if not (error := distance(shared[sample], wanted)) < bound:
            yield f"error {error} of the shared expert"
    first = out.clone()
    for _ in range(3):
        out.fill_(float("nan"))
        run()
        if not torch.equal(out, first):
            yield "another result in another run"
    if not SMALL:
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            run()
        for _ in range(3):
            out.fill_(float("nan"))
            graph.replay()
            if not torch.equal(out, first):
                yield "another result in a graph"
    w = layer.workspace
    if w.counters.any() or w.done.any() or w.arrivals.any():
        yield "counters are not at rest"


def distance(out: torch.Tensor, expected: torch.Tensor) -> float:
    """Relative to the size of what is right."""
    return float((out.double() - expected).norm() / expected.norm())


def main() -> dict[str, Any]:
    torch.manual_seed(0)
    found: dict[str, list[str]] = {}
    ran = 0
    for geometry in GEOMETRIES:
        for dtype in DTYPES:
            layer = Layer(geometry, dtype)
            for tokens in TOKENS:
                for kind in KINDS:
                    for name, choice in choices(layer, tokens):
                        ran += 1
                        if wrong := list(faults(layer, choice, tokens, kind)):
                            found[f"I={geometry.intermediate} {dtype} T={tokens} {kind} {name}"] = wrong
            del layer
    return {"ran": ran, "faults": found}


if __name__ == "__main__":
    print(json.dumps(main()))
