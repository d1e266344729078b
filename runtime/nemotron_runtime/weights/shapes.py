"""Which tensors a ``nemotron_h`` model has, and how large they are, as its config.json determines them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nemotron_runtime.errors import WeightsCorrupt

Named = Iterator[tuple[str, tuple[int, ...]]]
_KINDS = {"M": "mamba", "E": "moe", "*": "attention", "-": "mlp", "full_attention": "attention"}


@dataclass(frozen=True, slots=True)
class Config:
    """config.json, each value checked where it is used."""

    values: Mapping[str, Any]

    def count(self, key: str) -> int:
        """A size that has to be there."""
        value = self.values.get(key)
        if type(value) is not int or not 0 < value < 1 << 32:
            raise WeightsCorrupt(f"config.json: {key}: expected a count, found {value!r}")
        return value

    def is_on(self, key: str) -> bool:
        """A switch that is off unless it is named."""
        return self.values.get(key) is True

    @property
    def layers(self) -> tuple[str, ...]:
        """The kind of each layer: mamba, moe, attention or mlp."""
        named = self.values.get("hybrid_override_pattern") or self.values.get("layers_block_type")
        if not isinstance(named, str | list) or not named:
            raise WeightsCorrupt("config.json: hybrid_override_pattern is missing")
        kinds = tuple(_KINDS.get(str(one), str(one)) for one in named)
        if unknown := set(kinds) - set(_LAYERS):
            raise WeightsCorrupt(f"config.json: layers of an unknown kind: {', '.join(sorted(unknown))}")
        return kinds


def expected(values: Mapping[str, Any]) -> Named:
    """Name and shape of each tensor, one by one: the counts of a config are not taken on trust.

    Raises:
        WeightsCorrupt: A value is missing or no size.
    """
    config = Config(values)
    hidden, vocabulary = config.count("hidden_size"), config.count("vocab_size")
    yield "backbone.embeddings.weight", (vocabulary, hidden)
    yield "backbone.norm_f.weight", (hidden,)
    if not config.is_on("tie_word_embeddings"):
        yield "lm_head.weight", (vocabulary, hidden)
    for at, kind in enumerate(config.layers):
        yield f"backbone.layers.{at}.norm.weight", (hidden,)
        for name, shape in _LAYERS[kind](config, hidden):
            yield f"backbone.layers.{at}.mixer.{name}", shape


def _linear(name: str, out: int, into: int, bias: bool = False) -> Named:
    yield f"{name}.weight", (out, into)
    if bias:
        yield f"{name}.bias", (out,)


def _mamba(config: Config, hidden: int) -> Named:
    heads = config.count("mamba_num_heads")
    inner = heads * config.count("mamba_head_dim")
    convolved = inner + 2 * config.count("n_groups") * config.count("ssm_state_size")
    bias = config.is_on("use_bias")
    yield from _linear("in_proj", inner + convolved + heads, hidden, bias)
    yield from _linear("out_proj", hidden, inner, bias)
    yield "conv1d.weight", (convolved, 1, config.count("conv_kernel"))
    if config.is_on("use_conv_bias"):
        yield "conv1d.bias", (convolved,)
    yield "norm.weight", (inner,)
    for name in ("A_log", "D", "dt_bias"):
        yield name, (heads,)


def _attention(config: Config, hidden: int) -> Named:
    width, bias = config.count("head_dim"), config.is_on("attention_bias")
    queries, keys = config.count("num_attention_heads") * width, config.count("num_key_value_heads") * width
    yield from _linear("q_proj", queries, hidden, bias)
    yield from _linear("k_proj", keys, hidden, bias)
    yield from _linear("v_proj", keys, hidden, bias)
    yield from _linear("o_proj", hidden, queries, bias)


def _feed_forward(config: Config, prefix: str, hidden: int, width: int) -> Named:
    yield from _linear(f"{prefix}up_proj", width, hidden, config.is_on("mlp_bias"))
    yield from _linear(f"{prefix}down_proj", hidden, width, config.is_on("mlp_bias"))


def _mlp(config: Config, hidden: int) -> Named:
    return _feed_forward(config, "", hidden, config.count("intermediate_size"))


def _moe(config: Config, hidden: int) -> Named:
    experts = config.count("n_routed_experts")
    yield "gate.weight", (experts, hidden)
    yield "gate.e_score_correction_bias", (experts,)
    for expert in range(experts):
        yield from _feed_forward(config, f"experts.{expert}.", hidden, config.count("moe_intermediate_size"))
    shared = config.count("moe_shared_expert_intermediate_size")
    yield from _feed_forward(config, "shared_experts.", hidden, shared)


_LAYERS = {"mamba": _mamba, "attention": _attention, "mlp": _mlp, "moe": _moe}
