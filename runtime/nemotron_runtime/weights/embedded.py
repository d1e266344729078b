"""The embedded demo checkpoint: built on this machine in a second, the same bytes every time.

It is a real NemotronHForCausalLM in the published layout, with all three kinds of layers, made of random
weights (:mod:`nemotron_runtime.weights.embedded_tensors` says what is not random).
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

from nemotron_runtime.chat.template import shipped_template
from nemotron_runtime.errors import DiskFull, SetupError
from nemotron_runtime.weights.embedded_vocabulary import SPECIALS, VOCAB_SIZE, tokenizer_json

MANIFEST = "manifest.json"
CONTEXT_TOKENS = 32768

_RECIPE = ("embedded.py", "embedded_tensors.py", "embedded_vocabulary.py", "embedded_corpus.txt")
_ADDED = 256 + len(SPECIALS)


def ensure_embedded(folder: Path) -> Path:
    """Makes sure that ``folder`` holds the demo checkpoint, whole and as this version builds it.

    The folder appears at once, or not at all; what was wrong in its place is replaced.

    Returns:
        The folder.

    Raises:
        DiskFull: About 20 MB don't fit.
        SetupError: The folder can't be written.
    """
    if is_whole(folder):
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
            fresh = Path(scratch) / "fresh"
            _write(fresh)
            _move(fresh, folder, Path(scratch) / "old")
    except OSError as error:
        kind = DiskFull if error.errno == errno.ENOSPC else SetupError
        raise kind(f"the demo can't be written to {folder}: {error.strerror}") from error
    return folder


def is_whole(folder: Path) -> bool:
    """Whether every file is there as this version builds it."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        found = {name: _digest((folder / name).read_bytes()) for name in manifest["files"]}
        return bool(manifest == {"recipe": _recipe(), "files": found})
    except (OSError, ValueError, KeyError, TypeError):
        return False


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


def _write(folder: Path) -> None:
    folder.mkdir()
    built = contents()
    for name, data in built.items():
        (folder / name).write_bytes(data)
    manifest = {"recipe": _recipe(), "files": {name: _digest(data) for name, data in built.items()}}
    (folder / MANIFEST).write_bytes(_json(manifest))


def _move(fresh: Path, folder: Path, old: Path) -> None:
    """Puts a folder in its place, unless another process was faster: both bring the same bytes."""
    if is_whole(folder):
        return
    try:
        if folder.exists():
            os.replace(folder, old)
        os.replace(fresh, folder)
    except OSError:
        if not is_whole(folder):
            raise
    shutil.rmtree(old, ignore_errors=True)


def _recipe() -> str:
    """A digest of what the checkpoint is made of: a new version builds a new one."""
    sources = [files("nemotron_runtime.weights").joinpath(name).read_bytes() for name in _RECIPE]
    return _digest(b"\0".join([*sources, shipped_template().encode()]))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def _model(pieces: list[str]) -> bytes:
    import numpy as np  # comes with the engine

    from nemotron_runtime.weights.embedded_tensors import Geometry, tensors, to_safetensors

    readable = np.array(
        [id >= len(SPECIALS) and (id >= _ADDED or piece.isascii()) for id, piece in enumerate(pieces)]
    )
    return to_safetensors(tensors(Geometry(), readable))


def _config() -> dict[str, Any]:
    from nemotron_runtime.weights.embedded_tensors import Geometry

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
