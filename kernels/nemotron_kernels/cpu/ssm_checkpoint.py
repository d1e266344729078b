"""Mamba-2 states in the middle of a prefill, which prefix caching stores at block boundaries.

vLLM asks its SSD scan for the state after each chunk and copies one of them into the paged cache. On a CPU
its scan returns only the last state, and the copy exists only as a Triton kernel. Both are plain torch here.

Shapes: T tokens, B sequences, C chunks (each within one sequence), P heads, D head dim, N state, G groups.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

Scan = Callable[..., Tensor]


def scan_by_chunk(
    scan: Scan,
    x: Tensor,
    dt: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    chunk_size: int,
    out: Tensor,
    *,
    z: Tensor | None = None,
    initial_states: Tensor | None = None,
    seq_idx: Tensor,
    cu_chunk_seqlens: Tensor,
    state_dtype: torch.dtype | None = None,
    **options: Any,
) -> Tensor:
    """Runs `scan` chunk after chunk, handing the state on in float32, and keeps the state after each.

    Args:
        scan: vLLM's CPU scan; takes these arguments, returns the states at the ends of its sequences.
        x: `[T, P, D]`.
        dt: `[T, P]`.
        A: `[P]`.
        B: `[T, G, N]`.
        C: `[T, G, N]`.
        chunk_size: the longest chunk, in tokens; passed on.
        out: `[T, P, D]`, filled.
        z: `[T, P, D]`, the gate, or None.
        initial_states: `[B, P, D, N]`, or None for zeros.
        seq_idx: `[C]`, the sequence of each chunk.
        cu_chunk_seqlens: `[C + 1]`, where the chunks begin and end among the tokens.
        state_dtype: dtype of the result; that of `x` if None.
        options: passed on (D, dt_bias, dt_softplus, dt_limit).

    Returns:
        `[C, P, D, N]`: the state after each chunk.
    """
    states: list[Tensor] = []
    previous = None
    spans = pairwise(cu_chunk_seqlens.tolist())
    for (start, end), sequence in zip(spans, seq_idx.tolist(), strict=True):
        if sequence == previous:
            state = states[-1]
        else:
            state = None if initial_states is None else initial_states[sequence : sequence + 1]
        span = slice(start, end)
        states.append(
            scan(
                x[span],
                dt[span],
                A,
                B[span],
                C[span],
                chunk_size,
                out[span],
                z=None if z is None else z[span],
                initial_states=state,
                cu_seqlens=torch.tensor([0, end - start], dtype=torch.int32),
                state_dtype=torch.float32,
                **options,
            )
        )
        previous = sequence
    return torch.cat(states).to(state_dtype or x.dtype)


def store_prefill_checkpoint(
    x: Tensor,
    conv_state: Tensor,
    chunk_states: Tensor,
    ssm_state: Tensor,
    query_start_loc: Tensor,
    checkpoint_offsets: Tensor,
    state_indices: Tensor,
    chunk_idx: Tensor,
    *_strides: int,
    STATE_LEN: int,
    **_launch: int,
) -> None:
    """Writes each sequence's checkpoint into its cache block; takes the Triton kernel's arguments.

    Args:
        x: `[channels, T]`, inputs of the convolution.
        conv_state: `[blocks, channels, >= STATE_LEN]`, written: the `STATE_LEN` inputs before the checkpoint.
        chunk_states: `[C, P, D, N]`.
        ssm_state: `[blocks, P, D, N]`, written.
        query_start_loc: `[B + 1]`, where the sequences begin among the tokens.
        checkpoint_offsets: `[B]`, tokens from there to the checkpoint; 0 where there is none.
        state_indices: `[B]`, the block to write.
        chunk_idx: `[B]`, the chunk that ends at the checkpoint.
        STATE_LEN: width of the convolution less one.
    """
    for row in checkpoint_offsets.nonzero().flatten().tolist():
        end = int(query_start_loc[row] + checkpoint_offsets[row])
        block = int(state_indices[row])
        conv_state[block, :, :STATE_LEN] = x[:, end - STATE_LEN : end]
        ssm_state[block] = chunk_states[int(chunk_idx[row])]
