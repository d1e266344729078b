"""How vLLM divides a GPU's memory between the KV cache and the SSM states of a hybrid model.

vLLM keeps both in one pool of equal blocks. Layers stand in groups of one kind and equal size; a block is
one page in each layer of a group. An attention page is made so long that it holds what a Mamba layer keeps
of a sequence, so a block of the one kind is as big as one of the other. Checked against vLLM 0.12 on an
H100, whose log says 4.82 sequences of 262,144 tokens in 7.37 GiB.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from nemotron_runtime.models.shape import Shape

GIB = 1 << 30
BYTES = {"bfloat16": 2, "float16": 2, "float32": 4, "fp8": 1}
"""Of one number, by the name of its format."""

STEP_TOKENS = {"cuda": 16, "cpu": 128}
"""An attention page is a multiple of it: vLLM's own block size where nothing forces another, by device."""
STATES_WITH_PREFIX_CACHE = 2
"""Mamba blocks that a sequence holds in each group with prefix caching on; 1 without."""
_UNEVEN = 1.25


@dataclass(frozen=True, slots=True)
class Pool:
    """What one block is, and how many of them a sequence takes. Of one GPU.

    Attributes:
        block_tokens: Tokens of an attention block; the prefix cache finds nothing shorter.
        block_bytes: Of any block.
        mamba_groups: Groups of Mamba layers; each keeps blocks of its own for a sequence.
    """

    block_tokens: int
    block_bytes: int
    mamba_groups: int
    prefix_cache: bool = True

    @classmethod
    def of(
        cls,
        shape: Shape,
        kv: str,
        ssm: str,
        *,
        tensor_parallel: int = 1,
        prefix_cache: bool = True,
        device: str = "cuda",
    ) -> Pool:
        """Computes it as vLLM does.

        Args:
            shape: Of the whole model.
            kv: Format of keys and values, a key of ``BYTES``.
            ssm: Format of the SSM states.
            tensor_parallel: GPUs that share each layer. More of them than KV heads hold copies.
            prefix_cache: Whether states are kept for the prefix cache, too.
            device: A key of ``STEP_TOKENS``.
        """
        heads = max(1, shape.kv_heads // tensor_parallel)
        token = 2 * heads * shape.head_dim * BYTES[kv]
        step = STEP_TOKENS[device]
        tokens = step * math.ceil(_state_bytes(shape, ssm, tensor_parallel) / token / step)
        layers = _group_size(shape.attention_layers, shape.mamba_layers)
        return cls(
            block_tokens=tokens,
            block_bytes=tokens * token * layers,
            mamba_groups=math.ceil(shape.mamba_layers / layers),
            prefix_cache=prefix_cache,
        )

    @property
    def mamba_blocks(self) -> int:
        """Blocks for the states of one sequence, however short."""
        return self.mamba_groups * (STATES_WITH_PREFIX_CACHE if self.prefix_cache else 1)

    def blocks(self, free_bytes: int) -> int:
        """Blocks in that much memory."""
        return max(0, free_bytes) // self.block_bytes

    def blocks_of(self, tokens: int) -> int:
        """Blocks of one sequence of so many tokens."""
        return math.ceil(tokens / self.block_tokens) + self.mamba_blocks

    def sequences(self, free_bytes: int, tokens: int) -> float:
        """Sequences of so many tokens that fit at the same time."""
        return self.blocks(free_bytes) / self.blocks_of(tokens)

    def longest(self, free_bytes: int) -> int:
        """Tokens of the longest single sequence that fits; 0 where none does."""
        return max(0, self.blocks(free_bytes) - self.mamba_blocks) * self.block_tokens


def _state_bytes(shape: Shape, ssm: str, tensor_parallel: int) -> int:
    """What one Mamba layer keeps of one sequence on one GPU: the convolution's inputs and the SSM state."""
    inner = shape.mamba_heads * shape.mamba_head_dim
    groups = max(shape.mamba_groups, tensor_parallel)  # fewer groups than GPUs are copied
    channels = (inner + 2 * groups * shape.state) // tensor_parallel
    conv = channels * (shape.conv_kernel - 1) * BYTES["bfloat16"]
    return conv + inner // tensor_parallel * shape.state * BYTES[ssm]


def _group_size(one: int, other: int) -> int:
    low, high = sorted((one, other))
    return high if high < _UNEVEN * low else low
