"""The experts as two grouped products that walk the router's list of tiles.

The weights come by TMA, in tiles that divide the sizes; the rows of a tile are gathered by address. With SWAP
the weights stand on the M side of the matrix unit and the few tokens on its N side, which is what lets a
decode batch use wgmma at all; without, tokens stand on M, for prefill. A program walks several pieces, so the
tail of the work spreads over all multiprocessors.

relu² is applied to the first product while it is still in float32. The second product is weighted in
float32; the expert that finishes a token last adds the K parts up in their order, so the sum is the same in
every run.

Shapes: T tokens, E experts, S shared experts, K experts per token, H hidden, I expert intermediate. A row of
a routed expert is `token * K + place`; shared expert s has the rows `T * K + s * T + token`.
"""

from __future__ import annotations

import triton
import triton.language as tl

from nemotron_kernels.gpu.device.early import begin


@triton.jit
def _rows_of(tile, bucket, tile_expert, tile_first, tile_rows, tokens, capacity,
             E: tl.constexpr, K: tl.constexpr, ROWS: tl.constexpr):  # fmt: skip
    """The tile's expert, its rows, the token of each row, and which rows there are."""
    expert = tl.load(tile_expert + tile)
    place = tl.arange(0, ROWS)
    index = tl.load(tile_first + tile) + place
    live = place < tl.load(tile_rows + tile)
    is_routed = expert < E
    at = tl.minimum(expert, E - 1).to(tl.int64) * capacity + index
    routed = tl.load(bucket + at, mask=live & is_routed, other=0)
    row = tl.where(is_routed, routed, tokens * K + (expert - E) * tokens + index)
    token = tl.where(is_routed, routed // K, index)
    return expert, row, token, live


@triton.jit
def _product(weights, first_weight, first_feature, source, at, live,
             DEPTH: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr, STEP: tl.constexpr,
             SWAP: tl.constexpr, UPCAST: tl.constexpr):  # fmt: skip
    """One tile in float32: `[COLUMNS, ROWS]` with SWAP, `[ROWS, COLUMNS]` without.

    Weights past the matrix are multiplied by inputs that are masked to zero, or end in columns nobody stores.
    """
    if SWAP:
        total = tl.zeros([COLUMNS, ROWS], tl.float32)
    else:
        total = tl.zeros([ROWS, COLUMNS], tl.float32)
    for start in range(0, DEPTH, STEP):
        feature = start + tl.arange(0, STEP)
        inside = live[:, None]
        if DEPTH % STEP != 0:
            inside = inside & (feature < DEPTH)[None, :]
        inputs = tl.load(source + at[:, None] * DEPTH + feature[None, :], mask=inside, other=0.0)
        tile = weights.load([first_weight, first_feature + start])
        if UPCAST:
            inputs, tile = inputs.to(tl.float32), tile.to(tl.float32)
        if SWAP:
            total = tl.dot(tile, inputs.T, total, input_precision="ieee")
        else:
            total = tl.dot(inputs, tile.T, total, input_precision="ieee")
    return total


@triton.jit(do_not_specialize=["tokens"])
def up_kernel(
    x, weights, shared_weights, hidden, bucket, tile_expert, tile_first, tile_rows, num_tiles,
    x_scale, weight_scales, hidden_scale,
    tokens, capacity,
    E: tl.constexpr, K: tl.constexpr, SHARED: tl.constexpr, H: tl.constexpr, I: tl.constexpr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, STEP: tl.constexpr,
    SWAP: tl.constexpr, FP8: tl.constexpr, UPCAST: tl.constexpr, EARLY: tl.constexpr,
):  # fmt: skip
    """`hidden[row] = relu(up[expert] x[token])²`.

    Args:
        x: `[T, H]`.
        weights: descriptor of `[E * I, H]`.
        shared_weights: descriptor of `[S * I, H]`.
        hidden: `[T * (K + S), I]`, dtype of `x`.
        bucket, tile_expert, tile_first, tile_rows, num_tiles: of the workspace.
        x_scale: one float32, what a step of `x` stands for (FP8).
        weight_scales: `[E]` float32 (FP8).
        hidden_scale: one float32, what a step of `hidden` shall stand for (FP8).
    """
    begin(EARLY, EARLY)
    across: tl.constexpr = (I + COLUMNS - 1) // COLUMNS
    for piece in range(tl.program_id(0), tl.load(num_tiles) * across, tl.num_programs(0)):
        expert, row, token, live = _rows_of(
            piece // across, bucket, tile_expert, tile_first, tile_rows, tokens, capacity, E, K, ROWS
        )
        first = (piece % across) * COLUMNS
        if SHARED == 0:
            total = _product(
                weights, expert * I + first, 0, x, token, live, H, ROWS, COLUMNS, STEP, SWAP, UPCAST
            )
        elif expert < E:
            total = _product(
                weights, expert * I + first, 0, x, token, live, H, ROWS, COLUMNS, STEP, SWAP, UPCAST
            )
        else:
            at = (expert - E) * I + first
            total = _product(shared_weights, at, 0, x, token, live, H, ROWS, COLUMNS, STEP, SWAP, UPCAST)
        if FP8:
            total *= tl.load(x_scale) * tl.load(weight_scales + expert)
        total = tl.maximum(total, 0.0)
        total *= total
        if FP8:
            total = tl.minimum(total / tl.load(hidden_scale), 448.0)
        column = first + tl.arange(0, COLUMNS)
        if SWAP:
            at = hidden + row.to(tl.int64)[None, :] * I + column[:, None]
            tl.store(at, total.to(hidden.dtype.element_ty), mask=live[None, :] & (column < I)[:, None])
        else:
            at = hidden + row.to(tl.int64)[:, None] * I + column[None, :]
            tl.store(at, total.to(hidden.dtype.element_ty), mask=live[:, None] & (column < I)[None, :])


@triton.jit(do_not_specialize=["tokens"])
def down_kernel(
    hidden, weights, shared_weights, parts, out, shared_out,
    bucket, tile_expert, tile_first, tile_rows, num_tiles, ids, shares, arrivals,
    hidden_scale, weight_scales,
    tokens, capacity,
    E: tl.constexpr, K: tl.constexpr, SHARED: tl.constexpr, H: tl.constexpr, I: tl.constexpr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, STEP: tl.constexpr,
    SWAP: tl.constexpr, FP8: tl.constexpr, UPCAST: tl.constexpr, REDUCE: tl.constexpr,
    EARLY: tl.constexpr,
):  # fmt: skip
    """`parts[row] = share[row] * down[expert] hidden[row]`; with REDUCE their sums go to `out`, too.

    Args:
        hidden: `[T * (K + S), I]`.
        weights: descriptor of `[E * H, I]`.
        shared_weights: descriptor of `[H, S * I]`.
        parts: `[T * (K + S), H]`.
        out: `[T, H]`, the routed experts' weighted sum.
        shared_out: `[T, H]`, the shared expert's output (SHARED > 0).
        bucket, tile_expert, tile_first, tile_rows, num_tiles, arrivals: of the workspace.
        ids, shares: `[T, K]`, the routing; an id that is no expert counts nothing.
        hidden_scale, weight_scales: see `up_kernel`; of the second product.
    """
    begin(EARLY, EARLY)
    across: tl.constexpr = (H + COLUMNS - 1) // COLUMNS
    for piece in range(tl.program_id(0), tl.load(num_tiles) * across, tl.num_programs(0)):
        expert, row, token, live = _rows_of(
            piece // across, bucket, tile_expert, tile_first, tile_rows, tokens, capacity, E, K, ROWS
        )
        block = piece % across
        first = block * COLUMNS
        at = row.to(tl.int64)
        # Before the product, whose time hides that of these loads.
        is_routed = live & (expert < E)
        share = tl.load(shares + row, mask=is_routed, other=1.0)
        id = tl.load(ids + row, mask=is_routed, other=0)
        share = tl.where((id >= 0) & (id < E), share, 0.0)
        if FP8:
            share *= tl.load(hidden_scale) * tl.load(weight_scales + expert)
        if SHARED == 0:
            total = _product(
                weights, expert * H + first, 0, hidden, at, live, I, ROWS, COLUMNS, STEP, SWAP, UPCAST
            )
        elif expert < E:
            total = _product(
                weights, expert * H + first, 0, hidden, at, live, I, ROWS, COLUMNS, STEP, SWAP, UPCAST
            )
        else:
            start = (expert - E) * I
            total = _product(
                shared_weights, first, start, hidden, at, live, I, ROWS, COLUMNS, STEP, SWAP, UPCAST
            )
        column = first + tl.arange(0, COLUMNS)
        if SWAP:
            total *= share[None, :]
            to = parts + at[None, :] * H + column[:, None]
            tl.store(to, total.to(parts.dtype.element_ty), mask=live[None, :] & (column < H)[:, None])
        else:
            total *= share[:, None]
            to = parts + at[:, None] * H + column[None, :]
            tl.store(to, total.to(parts.dtype.element_ty), mask=live[:, None] & (column < H)[None, :])
        if REDUCE:
            # The parts of this block of columns must be visible before the count says so.
            tl.debug_barrier()
            seen = tl.atomic_add(arrivals + block * capacity + token, 1, mask=live, sem="acq_rel")
            tl.debug_barrier()
            is_last = live & (seen == K + SHARED - 1)
            if tl.max(is_last.to(tl.int32), 0) > 0:
                _reduce(parts, out, shared_out, token, is_last, column, tokens, K, SHARED, H, ROWS, COLUMNS)
                tl.store(arrivals + block * capacity + token, tl.zeros([ROWS], tl.int32), mask=is_last)


@triton.jit
def _reduce(parts, out, shared_out, token, live, column, tokens,
            K: tl.constexpr, SHARED: tl.constexpr, H: tl.constexpr,
            ROWS: tl.constexpr, COLUMNS: tl.constexpr):  # fmt: skip
    """Adds the K parts of some tokens up in their order; the shared expert's apart."""
    mask = live[:, None] & (column < H)[None, :]
    to = token.to(tl.int64)[:, None] * H + column[None, :]
    total = tl.zeros([ROWS, COLUMNS], tl.float32)
    for k in tl.static_range(K):
        at = (token.to(tl.int64) * K + k)[:, None] * H + column[None, :]
        total += tl.load(parts + at, mask=mask, other=0.0, cache_modifier=".cg").to(tl.float32)
    tl.store(out + to, total.to(out.dtype.element_ty), mask=mask)
    if SHARED > 0:
        total = tl.zeros([ROWS, COLUMNS], tl.float32)
        for s in tl.static_range(SHARED):
            at = (tokens * K + s * tokens + token).to(tl.int64)[:, None] * H + column[None, :]
            total += tl.load(parts + at, mask=mask, other=0.0, cache_modifier=".cg").to(tl.float32)
        tl.store(shared_out + to, total.to(shared_out.dtype.element_ty), mask=mask)


@triton.jit(do_not_specialize=["tokens"])
def combine_kernel(parts, out, tokens, K: tl.constexpr, H: tl.constexpr,
                   ROWS: tl.constexpr, COLUMNS: tl.constexpr, EARLY: tl.constexpr):  # fmt: skip
    """`out[token] = sum of parts[token * K + k]`, where the second product did not reduce."""
    begin(EARLY, False)
    token = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    column = tl.program_id(1) * COLUMNS + tl.arange(0, COLUMNS)
    _reduce(parts, out, out, token, token < tokens, column, tokens, K, 0, H, ROWS, COLUMNS)
