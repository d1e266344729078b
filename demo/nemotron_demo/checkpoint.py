"""Writes a trained network as a checkpoint in the published layout."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor

from nemotron_demo.network import Attention, Experts, Geometry, Mamba, Network
from nemotron_demo.tokenizer import SPECIALS
from nemotron_runtime.chat.template import shipped_template

CONTEXT_TOKENS = 32768


def write(network: Network, tokenizer: Tokenizer, folder: Path) -> None:
    """Writes all files; ``manifest.json`` lists them with their digests. A README.md there is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "config.json": _json(config(network.g)),
        "generation_config.json": _json(_generation_config()),
        "special_tokens_map.json": _json(_special_tokens_map()),
        "tokenizer_config.json": _json(_tokenizer_config()),
        "tokenizer.json": tokenizer.to_str(pretty=False) + "\n",
        "chat_template.jinja": shipped_template(),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    save_file(tensors(network), folder / "model.safetensors", {"format": "pt"})
    names = [*texts, "model.safetensors"]
    files = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in sorted(names)}
    (folder / "manifest.json").write_text(_json({"files": files}), encoding="utf-8")


def tensors(network: Network, dtype: torch.dtype = torch.bfloat16) -> dict[str, Tensor]:
    """All tensors by their published names; the router's bias stays in float32."""
    exact = "e_score_correction_bias"
    return {
        name: tensor.detach().to(torch.float32 if name.endswith(exact) else dtype).contiguous()
        for name, tensor in _by_name(network).items()
    }


@torch.no_grad()
def read(network: Network, file: Path) -> None:
    """Takes the weights of a ``model.safetensors`` that :func:`write` wrote."""
    saved = load_file(file)
    for name, tensor in _by_name(network).items():
        tensor.copy_(saved[name])


def _by_name(network: Network) -> dict[str, Tensor]:
    result: dict[str, Tensor] = {
        "backbone.embeddings.weight": network.embeddings,
        "backbone.norm_f.weight": network.norm_f.weight,
        "lm_head.weight": network.lm_head,
    }
    for index, (norm, mixer) in enumerate(zip(network.norms, network.mixers, strict=True)):
        result[f"backbone.layers.{index}.norm.weight"] = norm.weight
        layer = _layer(mixer)
        result |= {f"backbone.layers.{index}.mixer.{name}": tensor for name, tensor in layer.items()}
    return result


def _layer(mixer: torch.nn.Module) -> dict[str, Tensor]:
    if isinstance(mixer, Mamba | Attention):
        return dict(mixer.named_parameters())
    assert isinstance(mixer, Experts)
    layer: dict[str, Tensor] = {
        "gate.weight": mixer.gate,
        "gate.e_score_correction_bias": mixer.bias,
        "shared_experts.up_proj.weight": mixer.shared_up.weight,
        "shared_experts.down_proj.weight": mixer.shared_down.weight,
    }
    for index, (up, down) in enumerate(zip(mixer.up, mixer.down, strict=True)):
        layer[f"experts.{index}.up_proj.weight"] = up
        layer[f"experts.{index}.down_proj.weight"] = down
    return layer


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


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
