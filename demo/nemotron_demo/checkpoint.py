"""Writes a trained network as a checkpoint in the published layout."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor

from nemotron_demo import layout
from nemotron_demo.network import Attention, Experts, Mamba, Network

HEAD = "lm_head.weight"


def write(network: Network, tokenizer: Tokenizer, folder: Path) -> None:
    """Writes all files; ``manifest.json`` lists them with their digests. A README.md there is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    written = layout.texts(network.g) | {"tokenizer.json": tokenizer.to_str(pretty=False) + "\n"}
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")
    save_file(tensors(network), folder / "model.safetensors", {"format": "pt"})
    names = [*written, "model.safetensors"]
    files = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in sorted(names)}
    (folder / "manifest.json").write_text(layout.as_json({"files": files}), encoding="utf-8")


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
        if name != HEAD:  # made of the embeddings
            tensor.copy_(saved[name])


def _by_name(network: Network) -> dict[str, Tensor]:
    result: dict[str, Tensor] = {
        "backbone.embeddings.weight": network.embeddings,
        "backbone.norm_f.weight": network.norm_f.weight,
        HEAD: network.lm_head,
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
