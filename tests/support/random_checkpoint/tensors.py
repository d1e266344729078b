"""Weights: random, but for one state-space head that counts thoughts.

A model of random weights never ends a thought or a turn, which would show nothing. So four numbers of
the residual stream are kept free of noise, and one head of the first Mamba layer is set by hand:

* ``CONSTANT`` is the same for every token; through it the output layer has a bias.
* ``OPENS`` and ``CLOSES`` are set in the embeddings of ``<think>`` and ``</think>``.
* ``OPEN`` is written by that head: thoughts opened minus thoughts closed. While it is 1, ``</think>`` is
  likely and the end of the turn is not; while it is 0, it is the other way round.

Everything else is noise, and so is what the model writes.
"""

from __future__ import annotations

import json
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nemotron_demo.layout import Geometry
from support.random_checkpoint.vocabulary import VOCAB_SIZE

Floats: TypeAlias = npt.NDArray[np.float32]

CONSTANT, OPENS, CLOSES, OPEN, RESERVED = 0, 1, 2, 3, 4
THINK, END_THINK, END_TURN = 12, 13, 11


GEOMETRY = Geometry(
    pattern="MEM*EMEM*E",
    vocab_size=VOCAB_SIZE,
    hidden=128,
    experts=128,
    experts_per_token=6,
    expert_width=64,
    shared_width=128,
)
"""Sizes that suit vLLM's CPU engine, with the real routing.

128 tokens of attention's KV cache are larger than a Mamba state, so that the prefix cache works in blocks
of 128 tokens.
"""


class Noise:
    """Uniform noise from a stream that numpy has promised never to change."""

    def __init__(self, seed: int) -> None:
        self._stream = np.random.RandomState(seed)

    def __call__(self, *shape: int, scale: float) -> Floats:
        """Draws values with a standard deviation of ``scale``."""
        uniform = self._stream.random_sample(shape).astype(np.float32)
        return np.float32(scale * 12**0.5) * (uniform - np.float32(0.5))


def tensors(geometry: Geometry, readable: npt.NDArray[np.bool_], seed: int = 3) -> dict[str, Floats]:
    """Builds all tensors, named as in the published checkpoint.

    Args:
        geometry: Sizes.
        readable: For each token, whether it may come by itself: not for specials and lone bytes.
        seed: Of the noise.
    """
    noise = Noise(seed)
    result = {
        "backbone.embeddings.weight": _embeddings(geometry, noise),
        "backbone.norm_f.weight": np.ones(geometry.hidden, np.float32),
        "lm_head.weight": _output(geometry, readable, noise),
    }
    build = {"M": _mamba, "E": _experts, "*": _attention}
    for index, kind in enumerate(geometry.pattern):
        layer = build[kind](geometry, noise)
        if index == 0:
            _count_thoughts(layer, geometry, mark=_seen(result["backbone.embeddings.weight"][THINK])[OPENS])
        prefix = f"backbone.layers.{index}"
        result[f"{prefix}.norm.weight"] = np.ones(geometry.hidden, np.float32)
        result |= {f"{prefix}.mixer.{name}": tensor for name, tensor in layer.items()}
    return result


def _embeddings(g: Geometry, noise: Noise) -> Floats:
    table = noise(g.vocab_size, g.hidden, scale=1.0)
    table[END_THINK] = table[THINK]  # of equal length, so that they count the same
    table[:, :RESERVED] = 0.0
    table[:, CONSTANT] = 1.0
    table[THINK, OPENS] = table[END_THINK, CLOSES] = 4.0
    return table


def _seen(hidden: Floats) -> Floats:
    """What a layer sees of a hidden state: its root mean square is 1."""
    return np.asarray(hidden / np.sqrt(np.mean(hidden**2)), np.float32)


def _output(g: Geometry, readable: npt.NDArray[np.bool_], noise: Noise) -> Floats:
    """Logits: noise, a bias against what can't be read, and the two ways to end."""
    table = noise(g.vocab_size, g.hidden, scale=0.15)
    table[:, :RESERVED] = 0.0
    table[~readable, CONSTANT] = -30.0
    table[[END_THINK, END_TURN]] = 0.0
    table[END_THINK, [CONSTANT, OPEN]] = -14.0, 5.0
    table[END_TURN, [CONSTANT, OPEN, CLOSES]] = 7.2, -5.0, -5.0  # CLOSES: no answer is empty
    return table


def _mamba(g: Geometry, noise: Noise) -> dict[str, Floats]:
    time_step = np.geomspace(0.001, 0.1, g.mamba_heads, dtype=np.float32)
    return {
        "in_proj.weight": noise(g.inner + g.conv + g.mamba_heads, g.hidden, scale=g.hidden**-0.5),
        "conv1d.weight": noise(g.conv, 1, g.conv_kernel, scale=g.conv_kernel**-0.5),
        "conv1d.bias": np.zeros(g.conv, np.float32),
        "A_log": np.log(np.arange(1, g.mamba_heads + 1, dtype=np.float32)),
        "dt_bias": _inverse_softplus(time_step),
        "D": np.ones(g.mamba_heads, np.float32),
        "norm.weight": np.ones(g.inner, np.float32),
        "out_proj.weight": _writes(noise(g.hidden, g.inner, scale=0.3 * g.inner**-0.5)),
    }


def _attention(g: Geometry, noise: Noise) -> dict[str, Floats]:
    queries, keys = g.heads * g.head_dim, g.kv_heads * g.head_dim
    return {
        "q_proj.weight": noise(queries, g.hidden, scale=g.hidden**-0.5),
        "k_proj.weight": noise(keys, g.hidden, scale=g.hidden**-0.5),
        "v_proj.weight": noise(keys, g.hidden, scale=g.hidden**-0.5),
        "o_proj.weight": _writes(noise(g.hidden, queries, scale=queries**-0.5)),
    }


def _experts(g: Geometry, noise: Noise) -> dict[str, Floats]:
    layer = {
        "gate.weight": noise(g.experts, g.hidden, scale=g.hidden**-0.5),
        "gate.e_score_correction_bias": noise(g.experts, scale=0.05),
    }
    widths = {f"experts.{index}": g.expert_width for index in range(g.experts)}
    for name, width in (widths | {"shared_experts": g.shared_width}).items():
        layer[f"{name}.up_proj.weight"] = noise(width, g.hidden, scale=g.hidden**-0.5)
        layer[f"{name}.down_proj.weight"] = _writes(noise(g.hidden, width, scale=0.3 * width**-0.5))
    return layer


def _writes(weight: Floats) -> Floats:
    """Keeps a layer from writing to the reserved numbers."""
    weight[:RESERVED] = 0.0
    return weight


def _count_thoughts(layer: dict[str, Floats], g: Geometry, mark: float) -> None:
    """Sets head 0: x is 0.278 at ``<think>``, -0.278 at ``</think>`` and 0 elsewhere; its state is the sum.

    ``silu`` has its lowest value, -0.278, at -1.278; at 0.4551 it is the same with the other sign.

    Args:
        layer: The first Mamba layer.
        g: Sizes.
        mark: What the layer sees of ``OPENS`` at ``<think>``, and of ``CLOSES`` at ``</think>``.
    """
    project, convolve = layer["in_proj.weight"], layer["conv1d.weight"]
    gate, x, b = 0, g.inner, 2 * g.inner
    c = b + g.mamba_groups * g.state
    step = g.inner + g.conv
    for first, count in ((gate, 1), (x, g.mamba_head_dim), (b, g.state), (c, g.state), (step, 1)):
        project[first : first + count] = 0.0
    project[[gate, b, c], CONSTANT] = 3.0
    project[x, [OPENS, CLOSES]] = 0.4551 / mark, -1.2785 / mark
    for first in (x, b, c):
        convolve[first - g.inner] = 0.0
        convolve[first - g.inner, 0, -1] = 1.0
    layer["A_log"][0] = -20.0  # forgets nothing
    layer["dt_bias"][0] = 2.0
    layer["D"][0] = 0.0
    layer["out_proj.weight"][OPEN] = 0.0
    layer["out_proj.weight"][:, 0] = 0.0
    layer["out_proj.weight"][OPEN, 0] = 0.4


def _inverse_softplus(value: Floats) -> Floats:
    return np.asarray(value + np.log(-np.expm1(-value)), np.float32)


def to_safetensors(tensors: dict[str, Floats]) -> bytes:
    """Writes tensors in bfloat16; the router's correction bias stays in float32, as published."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    data = bytearray()
    for name, tensor in sorted(tensors.items()):
        exact = name.endswith("e_score_correction_bias")
        raw = tensor.astype("<f4").tobytes() if exact else _bfloat16(tensor)
        header[name] = {
            "dtype": "F32" if exact else "BF16",
            "shape": list(tensor.shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + bytes(data)


def _bfloat16(tensor: Floats) -> bytes:
    """Rounds to the nearest, ties to even."""
    bits = np.ascontiguousarray(tensor, np.float32).view(np.uint32)
    rounded = bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
    return (rounded >> np.uint32(16)).astype("<u2").tobytes()
