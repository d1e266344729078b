"""A checkpoint of random weights with the real routing: 128 experts, six of them a token.

It is a real NemotronHForCausalLM in the published layout, with all three kinds of layers
(:mod:`support.random_checkpoint.tensors` says what is not random), and the same bytes every time.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from nemotron_runtime.chat.template import shipped_template
from support.random_checkpoint.tensors import Geometry, tensors, to_safetensors
from support.random_checkpoint.vocabulary import SPECIALS, VOCAB_SIZE, tokenizer_json

CONTEXT_TOKENS = 32768

_ADDED = 256 + len(SPECIALS)


def write_random_checkpoint(folder: Path) -> Path:
    """Writes all files into a new folder, which is returned."""
    folder.mkdir()
    for name, data in contents().items():
        (folder / name).write_bytes(data)
    return folder


def contents() -> dict[str, bytes]:
    """Builds the checkpoint's files in memory."""
    tokenizer = tokenizer_json()
    return {
        "config.json": _json(_config()),
        "generation_config.json": _json(_generation_config()),
        "tokenizer.json": _json(tokenizer),
        "tokenizer_config.json": _json(_tokenizer_config(tokenizer)),
        "special_tokens_map.json": _json(_special_tokens_map()),
        "chat_template.jinja": shipped_template().encode(),
        "model.safetensors": _model(list(tokenizer["model"]["vocab"])),
    }


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def _model(pieces: list[str]) -> bytes:
    readable = np.array(
        [id >= len(SPECIALS) and (id >= _ADDED or piece.isascii()) for id, piece in enumerate(pieces)]
    )
    return to_safetensors(tensors(Geometry(), readable))


def _config() -> dict[str, Any]:
    g = Geometry()
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
        "num_experts_per_tok": 6,
        "num_hidden_layers": len(g.pattern),
        "num_key_value_heads": g.kv_heads,
        "num_logits_to_keep": 1,
        "pad_token_id": 0,
        "rescale_prenorm_residual": True,
        "residual_in_fp32": False,
        "routed_scaling_factor": 2.5,
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
        "vocab_size": VOCAB_SIZE,
    }


def _generation_config() -> dict[str, Any]:
    ids = {"bos_token_id": 1, "eos_token_id": [2, 11], "pad_token_id": 0}
    return {**ids, "do_sample": True, "temperature": 1.0, "top_p": 1.0}


def _special_tokens_map() -> dict[str, str]:
    return {"bos_token": "<s>", "eos_token": "<|im_end|>", "unk_token": "<unk>", "pad_token": "<unk>"}


def _tokenizer_config(tokenizer: dict[str, Any]) -> dict[str, Any]:
    added = {
        str(token["id"]): {k: v for k, v in token.items() if k != "id"} for token in tokenizer["added_tokens"]
    }
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        **_special_tokens_map(),
        "added_tokens_decoder": added,
        "clean_up_tokenization_spaces": False,
        "model_max_length": CONTEXT_TOKENS,
    }
