from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor

from nemotron_kernels.cpu.ssm_checkpoint import scan_by_chunk, store_prefill_checkpoint

HEADS, HEAD_DIM, STATE, GROUPS = 4, 3, 5, 2


def token_by_token(
    x: Tensor,
    dt: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    chunk_size: int,
    out: Tensor,
    *,
    z: Tensor | None = None,
    D: Tensor,
    initial_states: Tensor | None = None,
    cu_seqlens: Tensor,
    state_dtype: torch.dtype,
) -> Tensor:
    """The Mamba-2 recurrence as written in the paper, behind the arguments of vLLM's scan."""
    starts = cu_seqlens.tolist()
    repeat = x.shape[1] // B.shape[1]
    final = []
    for sequence, (start, end) in enumerate(pairwise(starts)):
        state = x.new_zeros(*x.shape[1:], B.shape[2])
        if initial_states is not None:
            state = initial_states[sequence].to(x.dtype)
        for t in range(start, end):
            decay = (dt[t] * A).exp()[:, None, None]
            b, c = B[t].repeat_interleave(repeat, 0), C[t].repeat_interleave(repeat, 0)
            state = decay * state + (dt[t, :, None] * x[t])[:, :, None] * b[:, None, :]
            y = (state * c[:, None, :]).sum(-1) + D[:, None] * x[t]
            out[t] = y if z is None else y * torch.nn.functional.silu(z[t])
        final.append(state)
    return torch.stack(final).to(state_dtype)


def inputs(tokens: int, sequences: int) -> dict[str, Any]:
    g = torch.Generator().manual_seed(3)

    def normal(*size: int) -> Tensor:
        return torch.randn(*size, generator=g)

    return {
        "x": normal(tokens, HEADS, HEAD_DIM),
        "dt": normal(tokens, HEADS).exp(),
        "A": -normal(HEADS).exp(),
        "B": normal(tokens, GROUPS, STATE),
        "C": normal(tokens, GROUPS, STATE),
        "D": normal(HEADS),
        "z": normal(tokens, HEADS, HEAD_DIM),
        "initial_states": normal(sequences, HEADS, HEAD_DIM, STATE),
        "chunk_size": 4,
    }


# Ends of the chunks within each sequence; no chunk is longer than four tokens.
SEQUENCES = [
    pytest.param([[4]], id="one chunk"),
    pytest.param([[4, 8, 9]], id="a short last chunk"),
    pytest.param([[2, 6], [1], [4, 5, 8]], id="checkpoints off the grid, several sequences"),
]


@pytest.mark.parametrize("cold", [True, False], ids=["cold", "resumed"])
@pytest.mark.parametrize("sequences", SEQUENCES)
def test_chunks_change_nothing_and_yield_their_states(sequences: list[list[int]], cold: bool) -> None:
    starts = torch.tensor([0] + [ends[-1] for ends in sequences]).cumsum(0)
    args = inputs(int(starts[-1]), len(sequences))
    if cold:
        args["initial_states"] = None
    whole = torch.empty_like(args["x"])
    token_by_token(**args, out=whole, cu_seqlens=starts, state_dtype=torch.float32)

    chunk_ends = [int(start) + end for start, ends in zip(starts, sequences, strict=False) for end in ends]
    sequence_of = [i for i, ends in enumerate(sequences) for _ in ends]
    out = torch.empty_like(whole)
    states = scan_by_chunk(
        token_by_token,
        **args,
        out=out,
        seq_idx=torch.tensor(sequence_of),
        cu_chunk_seqlens=torch.tensor([0, *chunk_ends]),
    )

    torch.testing.assert_close(out, whole, atol=0, rtol=0)
    for state, end, sequence in zip(states, chunk_ends, sequence_of, strict=True):
        torch.testing.assert_close(
            state, state_at(args, int(starts[sequence]), end, sequence), atol=0, rtol=0
        )


def state_at(args: dict[str, Any], start: int, end: int, sequence: int) -> Tensor:
    """The state after the tokens `start:end`, scanned in one go."""
    part = {k: v[start:end] if k in ("x", "dt", "B", "C", "z") else v for k, v in args.items()}
    if args["initial_states"] is not None:
        part["initial_states"] = args["initial_states"][sequence : sequence + 1]
    out = torch.empty_like(part["x"])
    whole = torch.tensor([0, end - start])
    return token_by_token(**part, out=out, cu_seqlens=whole, state_dtype=torch.float32)[0]


def test_states_pass_on_in_float32_and_come_out_in_the_dtype_of_the_cache() -> None:
    seen: list[torch.dtype] = []

    def scan(*args: Any, initial_states: Tensor | None, **options: Any) -> Tensor:
        if initial_states is not None:
            seen.append(initial_states.dtype)
        return token_by_token(*args, initial_states=initial_states, **options)

    args = inputs(6, 1) | {"initial_states": None}
    states = scan_by_chunk(
        scan,
        **args,
        out=torch.empty_like(args["x"]),
        seq_idx=torch.tensor([0, 0]),
        cu_chunk_seqlens=torch.tensor([0, 4, 6]),
        state_dtype=torch.bfloat16,
    )
    assert seen == [torch.float32]
    assert states.dtype == torch.bfloat16


def test_checkpoint_goes_into_its_block_and_nowhere_else() -> None:
    """Three sequences of 6, 5 and 7 tokens: the second has no checkpoint, the last has one after 4 tokens."""
    state_len, channels, blocks = 3, 2, 5
    x = torch.arange(channels * 18.0).view(channels, 18)
    conv = torch.full((blocks, channels, state_len + 1), -1.0)
    ssm = torch.full((blocks, HEADS, HEAD_DIM, STATE), -1.0)
    chunks = torch.randn(4, HEADS, HEAD_DIM, STATE)

    store_prefill_checkpoint(
        x,
        conv,
        chunks,
        ssm,
        torch.tensor([0, 6, 11, 18]),
        torch.tensor([5, 0, 4]),
        torch.tensor([3, 0, 1]),
        torch.tensor([0, 0, 2]),
        *(0,) * 7,
        DIM=channels,
        STATE_LEN=state_len,
        SSM_ROW_SIZE=0,
        BLOCK_SIZE=1024,
    )

    assert conv[3, :, :state_len].tolist() == x[:, 2:5].tolist()
    assert conv[1, :, :state_len].tolist() == x[:, 12:15].tolist()
    assert (conv[:, :, state_len:] == -1).all()
    assert torch.equal(ssm[3], chunks[0])
    assert torch.equal(ssm[1], chunks[2])
    for untouched in (0, 2, 4):
        assert (conv[untouched] == -1).all()
        assert (ssm[untouched] == -1).all()
