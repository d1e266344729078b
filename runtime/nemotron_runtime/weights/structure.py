"""Whether the files of a model belong together: index, headers and config.json say the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nemotron_runtime.errors import WeightsCorrupt, WeightsMissing
from nemotron_runtime.weights.header import Tensor, read_header
from nemotron_runtime.weights.json_file import read_object
from nemotron_runtime.weights.shapes import expected

INDEX = "model.safetensors.index.json"
NEEDED = ("config.json", "tokenizer.json", "chat_template.jinja")
"""Without these nothing is served, however right the weights are."""
_KNOWN = (None, "fp8", "modelopt")
"""How weights may be quantised whose tensors are still those of the unquantised model, with scales."""
_SCALE = re.compile(r"(?:\w+_)?scale(?:_2|_inv)?")


def check(folder: Path) -> int:
    """Reads the headers, not the tensors; returns the number of tensors.

    Raises:
        WeightsMissing: A file is not there.
        WeightsCorrupt: The files don't agree; the message names tensor and file.
    """
    for name in NEEDED:
        if not (folder / name).is_file():
            raise WeightsMissing(f"{folder} has no {name}: it is not the whole of a model")
    tensors = _tensors(folder)
    config = read_object(folder / "config.json")
    if config.get("model_type") == "nemotron_h" and _quantization(config) in _KNOWN:
        _check_shapes(tensors, config)
    return len(tensors)


def _quantization(config: Mapping[str, Any]) -> Any:
    described = config.get("quantization_config")
    return described.get("quant_method") if isinstance(described, dict) else None


def _tensors(folder: Path) -> dict[str, Tensor]:
    files = sorted(path.name for path in folder.glob("*.safetensors"))
    if not files:
        raise WeightsMissing(f"{folder} has no *.safetensors")
    places = _index(folder) if (folder / INDEX).exists() else None
    found: dict[str, Tensor] = {}
    homes: dict[str, str] = {}
    for file in files:
        for name, tensor in read_header(folder / file).items():
            if name in homes:
                raise WeightsCorrupt(f"{name} stands in {homes[name]} and in {file}")
            found[name], homes[name] = tensor, file
    if places is None and len(files) > 1:
        raise WeightsMissing(f"{folder} has {len(files)} safetensors files and no {INDEX}")
    if places is not None:
        _check_index(places, homes)
    return found


def _check_index(places: Mapping[str, Any], homes: Mapping[str, str]) -> None:
    for name, file in places.items():
        if homes.get(name) != file:
            raise WeightsCorrupt(f"{name} is not in {file}, where {INDEX} has it")
    if surplus := homes.keys() - places.keys():
        name = min(surplus)
        raise WeightsCorrupt(f"{name} in {homes[name]} is not in {INDEX}")


def _check_shapes(tensors: Mapping[str, Tensor], config: Mapping[str, Any]) -> None:
    known = set()
    for name, shape in expected(config):
        if name not in tensors:
            raise WeightsCorrupt(f"{name} is missing, which config.json demands")
        if tensors[name].shape not in (shape, _packed(name, shape, tensors)):
            raise WeightsCorrupt(f"{name} is {list(tensors[name].shape)}; config.json demands {list(shape)}")
        known.add(name)
    modules = {module for name in known for module in _modules(name)}
    for name in sorted(tensors.keys() - known):
        module, _, last = name.rpartition(".")
        if module not in modules or not _SCALE.fullmatch(last):
            raise WeightsCorrupt(f"{name} is no tensor that config.json demands, nor a scale of one")


def _modules(name: str) -> Iterator[str]:
    """Those that a tensor is in, from the inside out."""
    while name := name.rpartition(".")[0]:
        yield name


def _packed(name: str, shape: tuple[int, ...], tensors: Mapping[str, Tensor]) -> tuple[int, ...] | None:
    """Four-bit weights stand two in a byte."""
    is_packed = tensors[name].dtype == "U8" and f"{name}_scale" in tensors and shape[-1] % 2 == 0
    return (*shape[:-1], shape[-1] // 2) if is_packed else None


def _index(folder: Path) -> dict[str, Any]:
    places = read_object(folder / INDEX).get("weight_map")
    if not isinstance(places, dict) or not places:
        raise WeightsCorrupt(f"{INDEX} has no weight_map")
    return places
