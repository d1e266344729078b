"""The published layout of a checkpoint in small: its special tokens, sizes, and files of a few lines."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from nemotron_runtime.chat.template import shipped_template

CONTEXT_TOKENS = 32768

SPECIALS = (
    "<unk>",
    "<s>",
    "</s>",
    "[INST]",
    "[/INST]",
    "[AVAILABLE_TOOLS]",
    "[/AVAILABLE_TOOLS]",
    "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]",
    "[TOOL_CALLS]",
    "<|im_start|>",
    "<|im_end|>",
    "<think>",
    "</think>",
    "<tool_call>",
    "</tool_call>",
    "<tool_response>",
    "</tool_response>",
)
"""Ids 0 to 17, as the published tokenizer has them."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """Sizes, in the words of the published configuration."""

    pattern: str = "M*EM*EM*E"
    vocab_size: int = 768
    hidden: int = 256
    heads: int = 4
    kv_heads: int = 2
    head_dim: int = 64
    mamba_heads: int = 8
    mamba_head_dim: int = 32
    mamba_groups: int = 2
    state: int = 32
    conv_kernel: int = 4
    experts: int = 16
    experts_per_token: int = 2
    expert_width: int = 128
    shared_width: int = 256
    routed_scale: float = 2.5
    chunk: int = 32

    @property
    def inner(self) -> int:
        """Channels of a Mamba layer."""
        return self.mamba_heads * self.mamba_head_dim

    @property
    def conv(self) -> int:
        """Channels that the convolution sees: x, B and C."""
        return self.inner + 2 * self.mamba_groups * self.state


def texts(g: Geometry) -> dict[str, str]:
    """All files of text but the vocabulary, by name."""
    return {
        "config.json": as_json(config(g)),
        "generation_config.json": as_json(_generation_config()),
        "special_tokens_map.json": as_json(_special_tokens_map()),
        "tokenizer_config.json": as_json(_tokenizer_config()),
        "chat_template.jinja": shipped_template(),
    }


def as_json(value: Any) -> str:
    """Indented JSON, as all files of a checkpoint have it."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def config(g: Geometry) -> dict[str, Any]:
    """The content of ``config.json``, in the published words."""
    return {
        "architectures": ["NemotronHForCausalLM"],
        "attention_bias": False,
        "attention_dropout": 0.0,
        "bos_token_id": 1,
        "chunk_size": 128,
        "conv_kernel": g.conv_kernel,
        "eos_token_id": 2,
        "expand": 2,
        "head_dim": g.head_dim,
        "hidden_dropout": 0.0,
        "hidden_size": g.hidden,
        "hybrid_override_pattern": g.pattern,
        "initializer_range": 0.02,
        "intermediate_size": g.expert_width,
        "layer_norm_epsilon": 1e-5,
        "mamba_head_dim": g.mamba_head_dim,
        "mamba_hidden_act": "silu",
        "mamba_num_heads": g.mamba_heads,
        "mamba_proj_bias": False,
        "mamba_ssm_cache_dtype": "float32",
        "max_position_embeddings": CONTEXT_TOKENS,
        "mlp_bias": False,
        "mlp_hidden_act": "relu2",
        "model_type": "nemotron_h",
        "moe_intermediate_size": g.expert_width,
        "moe_shared_expert_intermediate_size": g.shared_width,
        "n_group": 1,
        "n_groups": g.mamba_groups,
        "n_routed_experts": g.experts,
        "n_shared_experts": 1,
        "norm_eps": 1e-5,
        "norm_topk_prob": True,
        "num_attention_heads": g.heads,
        "num_experts_per_tok": g.experts_per_token,
        "num_hidden_layers": len(g.pattern),
        "num_key_value_heads": g.kv_heads,
        "num_logits_to_keep": 1,
        "pad_token_id": 0,
        "rescale_prenorm_residual": True,
        "residual_in_fp32": False,
        "routed_scaling_factor": g.routed_scale,
        "sliding_window": None,
        "ssm_state_size": g.state,
        "tie_word_embeddings": False,
        "time_step_floor": 0.0001,
        "time_step_max": 0.1,
        "time_step_min": 0.001,
        "topk_group": 1,
        "torch_dtype": "bfloat16",
        "use_bias": False,
        "use_cache": True,
        "use_conv_bias": True,
        "use_mamba_kernels": True,
        "vocab_size": g.vocab_size,
    }


def _generation_config() -> dict[str, Any]:
    ids = {"bos_token_id": 1, "eos_token_id": [2, 11], "pad_token_id": 0}
    return {**ids, "do_sample": True, "temperature": 1.0, "top_p": 1.0}


def _special_tokens_map() -> dict[str, str]:
    return {"bos_token": "<s>", "eos_token": "<|im_end|>", "unk_token": "<unk>", "pad_token": "<unk>"}


def _tokenizer_config() -> dict[str, Any]:
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        **_special_tokens_map(),
        "added_tokens_decoder": {str(id): {"content": text, **flags} for id, text in enumerate(SPECIALS)},
        "clean_up_tokenization_spaces": False,
        "model_max_length": CONTEXT_TOKENS,
    }
