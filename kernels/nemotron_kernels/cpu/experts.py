"""Non-gated relu² experts on a CPU, as the torch operator `nemotron_kernels::relu2_experts`.

Three ways to the same sums, each the fastest in its range. A call into BLAS costs more than the arithmetic of
a small expert, so small experts are batched: for a few tokens by gathering the matrices of the chosen
experts, for many by padding all experts to the same number of rows. Large experts, and batches where padding
would be mostly zeros, go expert by expert.

Shapes: T tokens, E experts, K experts per token, H hidden, I expert intermediate, R = T * K rows.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Way = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]

# Crossovers measured on 2 cores with AVX-512, in float32 and bfloat16.
SMALL_EXPERT_ELEMENTS = 64 * 1024
FEW_TOKENS = 16
WASTED_MULTIPLY_ADDS = 2**26


def relu2_experts(x: Tensor, up: Tensor, down: Tensor, ids: Tensor, weights: Tensor) -> Tensor:
    """Weighted sum of `down[e](relu(up[e](x))²)` over the K experts of each token.

    Args:
        x: `[T, H]`.
        up: `[E, I, H]`, dtype of `x`.
        down: `[E, H, I]`, dtype of `x`.
        ids: `[T, K]`, any integer dtype.
        weights: `[T, K]`; the sum over K is taken in float32.

    Returns:
        `[T, H]`, dtype of `x`.
    """
    ids = ids.long()
    if not ids.numel():
        return torch.zeros_like(x)
    rows = choose(up, ids)(x, up, down, ids)
    return torch.bmm(weights.float().unsqueeze(1), rows.float()).squeeze(1).to(x.dtype)


def choose(up: Tensor, ids: Tensor) -> Way:
    """The fastest way for these experts and this routing."""
    elements = up[0].numel()
    if elements > SMALL_EXPERT_ELEMENTS:
        return by_group
    if len(ids) <= FEW_TOKENS:
        return by_gather
    rows_of_fullest = int(ids.flatten().bincount().max())
    wasted_rows = rows_of_fullest * len(up) - ids.numel()
    pays = wasted_rows <= ids.numel() or wasted_rows * elements <= WASTED_MULTIPLY_ADDS
    return by_padding if pays else by_group


def by_gather(x: Tensor, up: Tensor, down: Tensor, ids: Tensor) -> Tensor:
    """Each row multiplies its own copy of its expert's matrices; `[T, K, H]`."""
    chosen = ids.flatten()
    rows = x.repeat_interleave(ids.shape[1], 0).unsqueeze(1)  # as rows: many times faster than as columns
    hidden = torch.bmm(rows, up.index_select(0, chosen).mT).relu_().square_()
    return torch.bmm(hidden, down.index_select(0, chosen).mT).view(*ids.shape, -1)


def by_padding(x: Tensor, up: Tensor, down: Tensor, ids: Tensor) -> Tensor:
    """One batched product over all experts, each padded to the rows of the fullest; `[T, K, H]`."""
    order, counts = _sort_rows(ids, len(up))
    expert = ids.flatten()[order]
    capacity = int(counts.max())
    rank_in_group = torch.arange(len(order)) - (counts.cumsum(0) - counts)[expert]
    slot = torch.empty_like(order)
    slot[order] = expert * capacity + rank_in_group

    rows = x.new_zeros(len(up) * capacity, x.shape[1])
    rows[slot] = x.repeat_interleave(ids.shape[1], 0)
    hidden = torch.bmm(rows.view(len(up), capacity, -1), up.mT).relu_().square_()
    return torch.bmm(hidden, down.mT).flatten(0, 1)[slot].view(*ids.shape, -1)


def by_group(x: Tensor, up: Tensor, down: Tensor, ids: Tensor) -> Tensor:
    """Expert by expert over the rows sorted by expert, idle experts skipped; `[T, K, H]`."""
    order, counts = _sort_rows(ids, len(up))
    groups = _groups(counts)
    rows = x[order // ids.shape[1]]
    hidden = rows.new_empty(len(rows), up.shape[1])
    for expert, group in groups:
        torch.mm(rows[group], up[expert].T, out=hidden[group])
    hidden.relu_().square_()
    for expert, group in groups:
        torch.mm(hidden[group], down[expert].T, out=rows[group])
    out = torch.empty_like(rows)
    out[order] = rows
    return out.view(*ids.shape, -1)


def _sort_rows(ids: Tensor, num_experts: int) -> tuple[Tensor, Tensor]:
    """The order that sorts the R rows by expert, and how many rows each expert has."""
    flat = ids.flatten()
    return flat.argsort(stable=True), flat.bincount(minlength=num_experts)


def _groups(counts: Tensor) -> list[tuple[int, slice]]:
    ends = counts.cumsum(0).tolist()
    return [
        (expert, slice(end - count, end))
        for expert, (count, end) in enumerate(zip(counts.tolist(), ends, strict=True))
        if count
    ]


def _shape_of_result(x: Tensor, up: Tensor, down: Tensor, ids: Tensor, weights: Tensor) -> Tensor:
    return torch.empty_like(x)


# torch.compile takes an operator as one call and never sees the sizes of the groups. `Library` costs a tenth
# of `torch.library.custom_op` at each call.
_library = torch.library.Library("nemotron_kernels", "DEF")
_library.define("relu2_experts(Tensor x, Tensor up, Tensor down, Tensor ids, Tensor weights) -> Tensor")
_library.impl("relu2_experts", relu2_experts, "CPU")
torch.library.register_fake("nemotron_kernels::relu2_experts", _shape_of_result, lib=_library)
