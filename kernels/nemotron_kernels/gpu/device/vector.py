"""The experts for a few tokens, as matrix-vector products: no matrix unit, no list of tiles, no atomics.

Each program streams some rows of one expert's matrix past one token. Inputs stay in the dtype they come in,
so FP8 weights meet activations that were not rounded to FP8. The second product owns its output columns and
adds the K experts up in their order.

Shapes: T tokens, E experts, K experts per token, H hidden, I expert intermediate. A row is
`token * K + place`.
"""

from __future__ import annotations

import triton
import triton.language as tl

from nemotron_kernels.gpu.device.early import begin


@triton.jit
def _dot_rows(
    weights, column, is_column, source, DEPTH: tl.constexpr, COLUMNS: tl.constexpr, STEP: tl.constexpr
):
    """Products of `COLUMNS` rows of a matrix with a vector, in float32."""
    total = tl.zeros([COLUMNS, STEP], tl.float32)
    for start in range(0, DEPTH, STEP):
        feature = start + tl.arange(0, STEP)
        inside = feature < DEPTH
        value = tl.load(source + feature, mask=inside, other=0.0).to(tl.float32)
        at = column[:, None] * DEPTH + feature[None, :]
        # Weights are read once: they must not push the vector out of the cache.
        mask = is_column[:, None] & inside[None, :]
        tile = tl.load(weights + at, mask=mask, other=0.0, eviction_policy="evict_first")
        total += tile.to(tl.float32) * value[None, :]
    return tl.sum(total, axis=1)


@triton.jit
def vector_up_kernel(
    x, weights, hidden, ids, x_scale, weight_scales,
    E: tl.constexpr, K: tl.constexpr, H: tl.constexpr, I: tl.constexpr,
    COLUMNS: tl.constexpr, STEP: tl.constexpr, X_SCALED: tl.constexpr, W_SCALED: tl.constexpr,
    WAIT: tl.constexpr, RELEASE: tl.constexpr,
):  # fmt: skip
    """`hidden[row] = relu(up[ids[row]] x[row // K])²`; program (block of columns, row).

    Args:
        x: `[T, H]`.
        weights: `[E, I, H]`.
        hidden: `[T * K, I]`.
        ids: `[T, K]`.
        x_scale: one float32 (X_SCALED).
        weight_scales: `[E]` float32 (W_SCALED).
    """
    begin(WAIT, RELEASE)
    row = tl.program_id(1)
    column = tl.program_id(0) * COLUMNS + tl.arange(0, COLUMNS)
    is_column = column < I
    expert = tl.load(ids + row).to(tl.int64)
    # An id out of range must not be read from; its row is zero.
    is_column = is_column & (expert >= 0) & (expert < E)
    total = _dot_rows(
        weights + expert * (I * H), column, is_column, x + (row // K).to(tl.int64) * H, H, COLUMNS, STEP
    )
    if X_SCALED:
        total *= tl.load(x_scale)
    if W_SCALED:
        total *= tl.load(weight_scales + expert, mask=(expert >= 0) & (expert < E), other=0.0)
    total = tl.maximum(total, 0.0)
    tl.store(
        hidden + row.to(tl.int64) * I + column, (total * total).to(hidden.dtype.element_ty), mask=column < I
    )


@triton.jit
def vector_down_kernel(
    hidden, weights, out, ids, shares, weight_scales,
    E: tl.constexpr, K: tl.constexpr, H: tl.constexpr, I: tl.constexpr,
    COLUMNS: tl.constexpr, STEP: tl.constexpr, W_SCALED: tl.constexpr, WAIT: tl.constexpr,
):  # fmt: skip
    """`out[token] = sum over k of share * down[id] hidden[token * K + k]`; program (block of columns, token).

    Args:
        hidden: `[T * K, I]`.
        weights: `[E, H, I]`.
        out: `[T, H]`.
        ids, shares: `[T, K]`.
        weight_scales: `[E]` float32 (W_SCALED).
    """
    begin(WAIT, False)
    token = tl.program_id(1)
    column = tl.program_id(0) * COLUMNS + tl.arange(0, COLUMNS)
    total = tl.zeros([COLUMNS], tl.float32)
    for k in range(K):
        row = (token * K + k).to(tl.int64)
        expert = tl.load(ids + row).to(tl.int64)
        is_expert = (expert >= 0) & (expert < E)
        share = tl.load(shares + row).to(tl.float32)
        if W_SCALED:
            share *= tl.load(weight_scales + expert, mask=is_expert, other=0.0)
        source = hidden + row * I
        is_column = (column < H) & is_expert
        total += share * _dot_rows(weights + expert * (H * I), column, is_column, source, I, COLUMNS, STEP)
    tl.store(out + token.to(tl.int64) * H + column, total.to(out.dtype.element_ty), mask=column < H)
