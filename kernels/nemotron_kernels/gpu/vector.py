"""Launches the experts as matrix-vector products; what they do is in `device/vector.py`."""

from __future__ import annotations

import triton

from nemotron_kernels.choice import Choice
from nemotron_kernels.gpu.batch import Batch, Layer, scratch, tile_options
from nemotron_kernels.gpu.device.vector import vector_down_kernel, vector_up_kernel
from nemotron_kernels.gpu.launch import INTERPRETED, early_options
from nemotron_kernels.gpu.routing import route


def run_vector(layer: Layer, choice: Choice, batch: Batch) -> None:
    """Launches both products, after the router where that is ours."""
    assert choice.up
    assert choice.down
    g, scales, tokens, up, down = layer.geometry, layer.scales, batch.tokens, choice.up, choice.down
    early = choice.early_start and not INTERPRETED
    if batch.routing is not None:
        route(layer, batch, early=early)
    hidden = scratch(batch.hidden, tokens * g.top_k * g.intermediate, batch.out.dtype, batch.x)
    sizes = {"E": g.experts, "K": g.top_k, "H": g.hidden, "I": g.intermediate, "W_SCALED": scales is not None}
    waits = early and batch.routing is not None
    layer.launch(
        vector_up_kernel,
        (triton.cdiv(g.intermediate, up.columns), tokens * g.top_k),
        *(batch.x, layer.up, hidden, batch.ids, batch.x_scale, scales.up if scales else None),
        **sizes,
        **{"COLUMNS": up.columns, "STEP": up.depth, "X_SCALED": batch.x_scale is not None},
        **{"WAIT": waits, "RELEASE": early},
        **tile_options(up),
        **early_options(waits),
    )
    layer.launch(
        vector_down_kernel,
        (triton.cdiv(g.hidden, down.columns), tokens),
        *(hidden, layer.down, batch.out, batch.ids, batch.weights, scales.down if scales else None),
        **sizes,
        **{"COLUMNS": down.columns, "STEP": down.depth, "WAIT": early},
        **tile_options(down),
        **early_options(early),
    )
