"""The whole model in the real engine: stock, ours, stock again, by random weights that still route."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from nemotron_kernels.tune.clock import as_json
from nemotron_kernels.tune.end_to_end import Load, Side, compare_engines

PATTERN = "MEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEMEM*EMEMEMEME"
"""Layers of Nemotron 3 Nano 30B-A3B: M Mamba-2, E experts, * attention; from its config.json."""


def configuration(layers: int | None, dtype: str) -> dict[str, Any]:
    """The published model's config.json as far as vLLM reads it, cut to its first layers if asked."""
    pattern = PATTERN[:layers] if layers else PATTERN
    found: dict[str, Any] = {
        "architectures": ["NemotronHForCausalLM"],
        "model_type": "nemotron_h",
        "torch_dtype": "bfloat16",
        "vocab_size": 131072,
        "hidden_size": 2688,
        "num_hidden_layers": len(pattern),
        "hybrid_override_pattern": pattern,
        "max_position_embeddings": 262144,
        "layer_norm_epsilon": 1e-5,
        "num_attention_heads": 32,
        "num_key_value_heads": 2,
        "head_dim": 128,
        "attention_bias": False,
        "mamba_num_heads": 64,
        "mamba_head_dim": 64,
        "mamba_hidden_act": "silu",
        "mamba_proj_bias": False,
        "mamba_ssm_cache_dtype": "float32",
        "ssm_state_size": 128,
        "conv_kernel": 4,
        "n_groups": 8,
        "expand": 2,
        "chunk_size": 128,
        "use_bias": False,
        "use_conv_bias": True,
        "mlp_hidden_act": "relu2",
        "mlp_bias": False,
        "intermediate_size": 1856,
        "moe_intermediate_size": 1856,
        "moe_shared_expert_intermediate_size": 3712,
        "n_routed_experts": 128,
        "n_shared_experts": 1,
        "num_experts_per_tok": 6,
        "n_group": 1,
        "topk_group": 1,
        "norm_topk_prob": True,
        "routed_scaling_factor": 2.5,
        "residual_in_fp32": False,
        "tie_word_embeddings": False,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 0,
    }
    if dtype == "fp8":
        attention = [f"backbone.layers.{i}.mixer.*" for i, kind in enumerate(pattern) if kind == "*"]
        found["quantization_config"] = {
            "quant_method": "modelopt",
            "quant_algo": "FP8",
            "kv_cache_quant_algo": None,
            "ignore": ["lm_head", "backbone.embeddings*", "*.conv1d", *attention],
        }
    return found


def measure(dtype: str, layers: int | None, model: Path | None, tuned: Path | None) -> dict[str, Any]:
    """Stock (`NEMOTRON_KERNELS=off`) against ours (`on`) at 1, 32 and 128 streams."""
    with tempfile.TemporaryDirectory() as made:
        if model is None:
            (Path(made) / "config.json").write_text(json.dumps(configuration(layers, dtype)))
        load = Load(
            {
                "model": str(model or made),
                "load_format": "dummy",
                "dtype": "bfloat16",
                "skip_tokenizer_init": True,
                "max_model_len": 4096,
                "max_num_seqs": 128,
                "enable_prefix_caching": False,
                "gpu_memory_utilization": 0.9,
            }
        )
        found = compare_engines(load, Side("on", tuned))
    return {
        "weights": "random; norms 1, bias 0, router logits of unit size; distinct experts not counted",
        "unit": "microseconds of a whole repeat",
        "streams": {str(streams): as_json(one, 1) for streams, one in found.compared.items()},
    }
