"""A model of some kilobytes in two shards, whole in all that can be checked without running it."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from math import prod
from typing import Any

from nemotron_runtime.weights.shapes import expected
from nemotron_runtime.weights.structure import INDEX

CONFIG: dict[str, Any] = {
    **{"model_type": "nemotron_h", "hybrid_override_pattern": "ME*-", "hidden_size": 16, "vocab_size": 32},
    **{"mamba_num_heads": 2, "mamba_head_dim": 8, "n_groups": 1, "ssm_state_size": 4, "conv_kernel": 4},
    **{"use_conv_bias": True, "head_dim": 4, "num_attention_heads": 4, "num_key_value_heads": 2},
    **{"n_routed_experts": 2, "moe_intermediate_size": 8, "moe_shared_expert_intermediate_size": 8},
    **{"intermediate_size": 8},
}
SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
Shapes = dict[str, tuple[int, ...]]


def tiny_model(seed: int = 0, config: Mapping[str, Any] = CONFIG) -> dict[str, bytes]:
    """Files by name; other bytes for another seed."""
    shapes = dict(expected(config))
    names = sorted(shapes)
    half = len(names) // 2
    parts = dict(zip(SHARDS, (names[:half], names[half:]), strict=True))
    places = {name: shard for shard, part in parts.items() for name in part}
    texts = {
        "config.json": json.dumps(config),
        "tokenizer.json": json.dumps({"seed": seed}),
        "chat_template.jinja": "{{ messages }}",
        INDEX: json.dumps({"metadata": {}, "weight_map": places}),
    }
    shards = {
        shard: safetensors({name: shapes[name] for name in part}, seed) for shard, part in parts.items()
    }
    return {name: text.encode() for name, text in texts.items()} | shards


def safetensors(shapes: Shapes, seed: int = 0) -> bytes:
    """A file of bfloat16 tensors, with random bytes in them."""
    header, at = {}, 0
    for name, shape in shapes.items():
        end = at + 2 * prod(shape)
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": (at, end)}
        at = end
    return with_header(header, random.Random(f"{seed} {sorted(shapes)}").randbytes(at))


def with_header(header: Any, data: bytes) -> bytes:
    """The layout of the format around any header."""
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data
