"""Launches the experts as two grouped products; what they do is in `device/grouped.py`."""

from __future__ import annotations

import torch
import triton
from triton.tools.tensor_descriptor import TensorDescriptor

from nemotron_kernels.choice import Choice, Tile
from nemotron_kernels.gpu.batch import Batch, Layer, rows_per_token, scratch, tile_options
from nemotron_kernels.gpu.device.grouped import combine_kernel, down_kernel, up_kernel
from nemotron_kernels.gpu.launch import INTERPRETED, early_options
from nemotron_kernels.gpu.routing import route
from nemotron_kernels.gpu.workspace import most_tiles

COMBINE_ROWS, COMBINE_COLUMNS = 4, 512


def run_grouped(layer: Layer, choice: Choice, batch: Batch) -> None:
    """Launches routing and both products, and the sum where the second product does not reduce."""
    assert choice.up
    assert choice.down
    g, w, scales, tokens = layer.geometry, layer.workspace, layer.scales, batch.tokens
    early = choice.early_start and not INTERPRETED
    batch = _routed(layer, choice, batch, early)
    rows = tokens * rows_per_token(g, choice)
    hidden = scratch(batch.hidden, rows * g.intermediate, batch.x.dtype, batch.x)
    parts = scratch(batch.parts, rows * g.hidden, batch.out.dtype, batch.x)
    tiles = (w.bucket, w.tile_expert, w.tile_first, w.tile_rows, w.num_tiles)
    constants = {
        **{"E": g.experts, "K": g.top_k, "H": g.hidden, "I": g.intermediate, "EARLY": early},
        **{"SHARED": g.shared_experts if choice.folded_shared else 0, "ROWS": choice.up.rows},
        **{"SWAP": choice.way == "stream", "FP8": scales is not None, "UPCAST": INTERPRETED},
    }
    layer.launch(
        up_kernel,
        _grid(layer, choice, choice.up, g.intermediate, tokens),
        *(
            batch.x,
            layer.descriptor("up", choice.up),
            _shared(layer, "shared_up", choice, choice.up),
            hidden,
            *tiles,
        ),
        *((batch.x_scale, scales.up, scales.hidden) if scales else (None, None, None)),
        *(tokens, w.capacity),
        **constants,
        **{"COLUMNS": choice.up.columns, "STEP": choice.up.depth},
        **tile_options(choice.up),
        **early_options(early),
    )
    layer.launch(
        down_kernel,
        _grid(layer, choice, choice.down, g.hidden, tokens),
        *(hidden, layer.descriptor("down", choice.down), _shared(layer, "shared_down", choice, choice.down)),
        *(parts, batch.out, batch.shared_out, *tiles, batch.ids, batch.weights, w.arrivals),
        *((scales.hidden, scales.down) if scales else (None, None)),
        *(tokens, w.capacity),
        **constants,
        **{"COLUMNS": choice.down.columns, "STEP": choice.down.depth, "REDUCE": choice.way == "stream"},
        **tile_options(choice.down),
        **early_options(early),
    )
    if choice.way != "stream":
        layer.launch(
            combine_kernel,
            (triton.cdiv(tokens, COMBINE_ROWS), triton.cdiv(g.hidden, COMBINE_COLUMNS)),
            *(parts, batch.out, tokens),
            **{"K": g.top_k, "H": g.hidden, "ROWS": COMBINE_ROWS, "COLUMNS": COMBINE_COLUMNS, "EARLY": early},
            num_warps=4,
            **early_options(early),
        )


def _routed(layer: Layer, choice: Choice, batch: Batch, early: bool) -> Batch:
    """The batch with its buckets filled, and its inputs in FP8 where the weights are."""
    assert choice.up
    quantised = None
    if layer.scales and batch.x_scale is None:
        quantised = torch.empty(batch.x.shape, dtype=layer.up.dtype, device=batch.x.device)
        scaled = batch.quantised(quantised, layer.scales.x)
    route(layer, batch, rows=choice.up.rows, quantised=quantised, shared=choice.folded_shared, early=early)
    return batch if quantised is None else scaled


def _grid(layer: Layer, choice: Choice, tile: Tile, columns: int, tokens: int) -> tuple[int]:
    """Enough programs for any routing of so many tokens, or as many as fit the card at once."""
    pieces = most_tiles(layer.geometry, tokens, tile.rows, shared=choice.folded_shared)
    pieces *= triton.cdiv(columns, tile.columns)
    return (min(pieces, layer.multiprocessors * tile.waves) if tile.waves else pieces,)


def _shared(layer: Layer, name: str, choice: Choice, tile: Tile) -> TensorDescriptor | None:
    return layer.descriptor(name, tile) if choice.folded_shared else None
