"""Which experts a token takes, and which rows each expert gets, in one launch.

Rows go straight into a bucket per expert: no sort, no prefix sum over the rows. A row is a token and a place
among its K experts, as one number: `token * K + place`. The program that finishes last turns the buckets'
sizes into a list of tiles and leaves the counters at zero for the next launch, so a replayed graph needs no
memset.

The order within a bucket may differ from run to run; what is computed for a row does not depend on it.

Shapes: T tokens, E experts (a power of two), K experts per token, C capacity of a bucket.
"""

from __future__ import annotations

import triton
import triton.language as tl

from nemotron_kernels.gpu.device.early import begin


@triton.jit
def _rank_key(score, expert):
    """A 64-bit number that orders experts: higher score first, then lower id; NaN and infinities last."""
    finite = (score == score) & (score < float("inf")) & (score > float("-inf"))
    bits = tl.where(score == 0, 0.0, score).to(tl.int32, bitcast=True)
    ordered = tl.where(bits < 0, bits ^ 0x7FFFFFFF, bits)
    ordered = tl.where(finite, ordered, -0x7FFFFFFF - 1)
    return (ordered.to(tl.int64) << 32) | (0x7FFFFFFF - expert).to(tl.int64)


@triton.jit
def _choose(
    logits, bias, token, live, E: tl.constexpr, K: tl.constexpr, PLACES: tl.constexpr, TB: tl.constexpr
):
    """Ids and renormalised weights `[TB, PLACES]` of the K best; places beyond K are -1."""
    expert = tl.arange(0, E)
    place = tl.arange(0, PLACES)
    logit = tl.load(logits + token[:, None] * E + expert[None, :], mask=live[:, None], other=0.0).to(
        tl.float32
    )
    score = 1.0 / (1.0 + tl.exp(-logit))
    key = _rank_key(score + tl.load(bias + expert).to(tl.float32)[None, :], expert[None, :])
    ids = tl.full([TB, PLACES], -1, tl.int32)
    weights = tl.zeros([TB, PLACES], tl.float32)
    for k in tl.static_range(K):
        best = tl.max(key, axis=1)
        chosen = 0x7FFFFFFF - (best & 0xFFFFFFFF).to(tl.int32)
        taken = expert[None, :] == chosen[:, None]
        share = tl.sum(tl.where(taken, score, 0.0), axis=1)
        ids = tl.where(place[None, :] == k, chosen[:, None], ids)
        weights = tl.where(place[None, :] == k, share[:, None], weights)
        key = tl.where(taken, -0x7FFFFFFFFFFFFFFF - 1, key)
    return ids, weights / (tl.sum(weights, axis=1) + 1e-20)[:, None]


@triton.jit
def _list_tiles(counters, tile_expert, tile_first, tile_rows, num_tiles, tokens,
                E: tl.constexpr, SHARED: tl.constexpr, ROWS: tl.constexpr):  # fmt: skip
    """Cuts each bucket into tiles of ROWS rows; the shared experts, which take every token, come last."""
    expert = tl.arange(0, E)
    count = tl.load(counters + expert, cache_modifier=".cg")
    tl.store(counters + expert, tl.zeros([E], tl.int32))
    tiles = (count + ROWS - 1) // ROWS
    end = tl.cumsum(tiles, 0)
    for j in range(0, tl.max(tiles, 0)):
        has = j < tiles
        tl.store(tile_expert + end - tiles + j, expert, mask=has)
        tl.store(tile_first + end - tiles + j, tl.zeros([E], tl.int32) + j * ROWS, mask=has)
        tl.store(tile_rows + end - tiles + j, tl.minimum(count - j * ROWS, ROWS), mask=has)
    total = tl.sum(tiles, 0)
    for s in tl.static_range(SHARED):
        for first in range(0, tokens, ROWS):
            tl.store(tile_expert + total, E + s)
            tl.store(tile_first + total, first)
            tl.store(tile_rows + total, tl.minimum(tokens - first, ROWS))
            total += 1
    tl.store(num_tiles, total)


@triton.jit(do_not_specialize=["tokens"])
def route_kernel(
    logits, bias, ids, weights,
    counters, done, bucket, tile_expert, tile_first, tile_rows, num_tiles,
    x, quantised, scale,
    tokens, capacity,
    E: tl.constexpr, K: tl.constexpr, PLACES: tl.constexpr, SHARED: tl.constexpr, ROWS: tl.constexpr,
    TB: tl.constexpr, H: tl.constexpr, CHOOSE: tl.constexpr, QUANTISE: tl.constexpr, SPREAD: tl.constexpr,
    EARLY: tl.constexpr,
):  # fmt: skip
    """Routes TB tokens a program.

    With CHOOSE, `ids` and `weights` `[T, K]` are written from `logits` `[T, E]` and `bias` `[E]`; else `ids`
    are read. With SPREAD, buckets and tiles are made. With QUANTISE, `x` `[T, H]` goes to `quantised` in FP8.
    """
    begin(False, EARLY)
    token = tl.program_id(0) * TB + tl.arange(0, TB)
    live = token < tokens
    place = tl.arange(0, PLACES)
    row = token[:, None] * K + place[None, :]
    is_row = live[:, None] & (place < K)[None, :]
    if CHOOSE:
        chosen, shares = _choose(logits, bias, token, live, E, K, PLACES, TB)
        tl.store(ids + row, chosen, mask=is_row)
        tl.store(weights + row, shares, mask=is_row)
    else:
        chosen = tl.load(ids + row, mask=is_row, other=0).to(tl.int32)
    if QUANTISE:
        inverse = 1.0 / tl.load(scale)
        for start in range(0, H, 256):
            feature = start + tl.arange(0, 256)
            at = token[:, None] * H + feature[None, :]
            inside = live[:, None] & (feature < H)[None, :]
            value = tl.load(x + at, mask=inside, other=0.0).to(tl.float32) * inverse
            value = tl.minimum(tl.maximum(value, -448.0), 448.0)
            tl.store(quantised + at, value.to(quantised.dtype.element_ty), mask=inside)
    if SPREAD:
        # An id out of range would write past its bucket. Expert 0 takes its row, and it counts nothing.
        chosen = tl.where((chosen >= 0) & (chosen < E), chosen, 0)
        position = tl.atomic_add(counters + chosen, 1, mask=is_row, sem="relaxed")
        tl.store(bucket + chosen.to(tl.int64) * capacity + position, row, mask=is_row)
        tl.debug_barrier()
        if tl.atomic_add(done, 1, sem="acq_rel") == tl.num_programs(0) - 1:
            tl.debug_barrier()
            _list_tiles(counters, tile_expert, tile_first, tile_rows, num_tiles, tokens, E, SHARED, ROWS)
            tl.store(done, 0)
