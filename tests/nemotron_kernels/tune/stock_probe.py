"""Puts vLLM's own experts together as the tuner does, in a process of its own; the last line is what it saw.

On a CPU the experts that run are those of our CPU plugin; what a card would run is put together, not run.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import torch

from nemotron_kernels import reference
from nemotron_kernels.cpu.install import install
from nemotron_kernels.tune import card, stock
from nemotron_kernels.tune.cases import Layer, make_case, make_layers
from nemotron_kernels.tune.check import oracle
from support.tuning import TINY


def route(logits: torch.Tensor, bias: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    ids, weights = reference.route(logits, bias, TINY.top_k)
    return ids.int(), weights.float()


def refusal(layers: tuple[Layer, ...]) -> str:
    try:
        stock.stock_layers(TINY, layers, 64, route=route)
    except stock.NoStock as error:
        return str(error)
    return ""


def run_bf16(layers: tuple[Layer, ...]) -> dict[str, Any]:
    made = stock.stock_layers(TINY, layers, 64, route=route)
    case = make_case(TINY, layers, "uniform", 20, torch.bfloat16)
    error = oracle(case, layers, 1).measure(stock.Stock(made))
    return {"backend": made.backend, "error": error, "config": made.current_config(20), "dtype": made.dtype}


def build_fp8(layers: tuple[Layer, ...], backend: str) -> dict[str, Any]:
    """As on a card that has this backend."""
    from vllm.config import VllmConfig, set_current_vllm_config
    from vllm.model_executor.layers.fused_moe.experts.triton_moe import TritonExperts
    from vllm.model_executor.layers.fused_moe.oracle import fp8

    chosen = fp8.Fp8MoeBackend[backend]
    fp8.select_fp8_moe_backend = lambda config, **keys: (chosen, TritonExperts)
    with set_current_vllm_config(VllmConfig()):
        name, prepared = stock._prepare(TINY, layers, "auto")
    experts = prepared[0].kernel.fused_experts
    return {"backend": name, "experts": type(experts).__name__, "up": list(prepared[0].up.shape)}


def names() -> list[list[str]]:
    from vllm.model_executor.layers.fused_moe.fused_moe import get_config_file_name
    from vllm.utils.platform_utils import get_device_name_as_file_name

    here = get_device_name_as_file_name()
    return [
        [
            get_config_file_name(128, 1856, dtype),
            card.vllm_file_name(128, 1856, card.file_card_name(here), dtype),
        ]
        for dtype in (None, "fp8_w8a8")
    ]


def main() -> None:
    install()
    bf16 = make_layers(TINY, 2, torch.bfloat16, "cpu")
    fp8 = make_layers(TINY, 1, torch.float8_e4m3fn, "cpu")
    seen: dict[str, Any] = {"plugin": refusal(bf16), "no fp8": refusal(fp8), "names": names()}
    stock._must_be_stock = lambda experts: None
    seen["bf16"] = run_bf16(bf16)
    seen["fp8"] = [build_fp8(fp8, backend) for backend in ("TRITON", "FLASHINFER_CUTLASS")]
    print(json.dumps(seen))


main()
