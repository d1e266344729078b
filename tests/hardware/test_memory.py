from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemotron_runtime.hardware.memory import GIB, Pool
from nemotron_runtime.models.shape import Shape
from nemotron_runtime.models.spec import load_all

_SHAPE = load_all()["nvidia/nemotron-3-nano-30b-a3b"].shape
assert _SHAPE is not None
NANO: Shape = _SHAPE


def test_an_h100_of_vllm_0_12_held_what_its_log_says() -> None:
    """7.37 GiB for the cache, 4.82 sequences of 262,144 tokens; its blocks had 1,072 tokens."""
    pool = Pool.of(NANO, "bfloat16", "bfloat16", prefix_cache=False)
    assert pool.block_tokens == 1072
    assert pool.blocks(int(7.37 * GIB)) == 1201
    assert round(pool.sequences(int(7.37 * GIB), 262144), 2) == 4.82


@pytest.mark.parametrize(
    ("kv", "ssm", "tokens", "megabytes"),
    [
        ("bfloat16", "float16", 1072, 6.59),
        ("bfloat16", "float32", 2096, 12.88),
        ("fp8", "float16", 2128, 6.54),
        ("fp8", "float32", 4176, 12.83),
    ],
)
def test_the_page_of_attention_holds_a_state(kv: str, ssm: str, tokens: int, megabytes: float) -> None:
    pool = Pool.of(NANO, kv, ssm)
    assert (pool.block_tokens, round(pool.block_bytes / 1e6, 2)) == (tokens, megabytes)
    assert pool.mamba_groups == 4


def test_the_prefix_cache_doubles_the_states() -> None:
    assert Pool.of(NANO, "fp8", "float32").mamba_blocks == 8
    assert Pool.of(NANO, "fp8", "float32", prefix_cache=False).mamba_blocks == 4


def test_layers_of_almost_equal_number_are_one_group_each() -> None:
    few = Shape(6, 2, 128, 7, 64, 64, 8, 128, 4)
    assert Pool.of(few, "bfloat16", "float32").mamba_groups == 1


def test_more_gpus_than_kv_heads_hold_copies() -> None:
    two, four = (Pool.of(NANO, "fp8", "float32", tensor_parallel=n) for n in (2, 4))
    assert two.block_tokens == 4176
    assert four.block_tokens < two.block_tokens  # the state is shared by four, the heads are not


@given(
    gib=st.floats(0, 200),
    tokens=st.integers(1, 1 << 20),
    kv=st.sampled_from(["bfloat16", "fp8"]),
    ssm=st.sampled_from(["float32", "float16"]),
)
def test_the_longest_sequence_fits_and_a_longer_one_does_not(
    gib: float, tokens: int, kv: str, ssm: str
) -> None:
    pool, free = Pool.of(NANO, kv, ssm), int(gib * GIB)
    longest = pool.longest(free)
    if longest:
        assert pool.sequences(free, longest) >= 1
    assert pool.sequences(free, longest + 1) < 1
    assert pool.sequences(free, tokens) >= pool.sequences(free, tokens + pool.block_tokens)
    assert pool.blocks_of(tokens) - pool.mamba_blocks == math.ceil(tokens / pool.block_tokens)


def test_nothing_fits_in_less_than_nothing() -> None:
    pool = Pool.of(NANO, "fp8", "float32")
    assert (pool.blocks(-GIB), pool.sequences(-GIB, 1), pool.longest(-GIB)) == (0, 0, 0)
