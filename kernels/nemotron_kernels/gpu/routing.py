"""Launches the routing kernel; what it does is in `device/routing.py`."""

from __future__ import annotations

import triton
from torch import Tensor

from nemotron_kernels.gpu.batch import Batch, Layer
from nemotron_kernels.gpu.device.routing import route_kernel

TOKENS_PER_PROGRAM = 8


def route(
    layer: Layer,
    batch: Batch,
    *,
    rows: int = 0,
    quantised: Tensor | None = None,
    shared: bool = False,
    early: bool = False,
) -> None:
    """Fills the workspace's buckets and tiles for a batch.

    Args:
        layer: whose workspace and scales are used.
        batch: its `ids` and `weights` are written where it has `routing`, and read else.
        rows: of a tile; 0 makes neither buckets nor tiles, which the vector way does not need.
        quantised: `[T, H]` in FP8, to be filled from the batch's inputs.
        shared: the shared expert goes along as further experts of T rows each.
        early: the next launch may be set up meanwhile.
    """
    g, w, routing = layer.geometry, layer.workspace, batch.routing
    scale = layer.scales.x if layer.scales and quantised is not None else None
    layer.launch(
        route_kernel,
        (max(triton.cdiv(batch.tokens, TOKENS_PER_PROGRAM), 1),),
        *((routing.logits, routing.bias) if routing else (None, None)),
        *(batch.ids, batch.weights, w.counters, w.done, w.bucket, w.tile_expert),
        *(w.tile_first, w.tile_rows, w.num_tiles, batch.x, quantised, scale, batch.tokens, w.capacity),
        **{"E": g.experts, "K": g.top_k, "PLACES": triton.next_power_of_2(g.top_k), "H": g.hidden},
        **{"SHARED": g.shared_experts if shared else 0, "ROWS": max(rows, 1), "TB": TOKENS_PER_PROGRAM},
        **{
            "CHOOSE": routing is not None,
            "QUANTISE": quantised is not None,
            "SPREAD": rows > 0,
            "EARLY": early,
        },
        num_warps=4,
    )
