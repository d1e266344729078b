"""What vLLM's methods choose for a layer where vLLM believes itself on a card; prints it as a line of JSON.

A script: the platform of the process is faked. `{"bf16": {CASE: [OBSTACLE, EXPERTS, BACKEND]}, "fp8": ...}`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

os.environ["VLLM_LOGGING_LEVEL"] = "ERROR"

import torch
import vllm.envs
import vllm.model_executor.layers.fused_moe.unquantized_fused_moe_method as unquantized
import vllm.v1.worker.gpu_worker
from vllm.config import VllmConfig, set_current_vllm_config
from vllm.model_executor.layers.fused_moe.activation import MoEActivation
from vllm.model_executor.layers.fused_moe.config import (
    FusedMoEConfig,
    FusedMoEParallelConfig,
    RoutingMethodType,
)
from vllm.model_executor.layers.fused_moe.oracle.fp8 import Fp8MoeBackend
from vllm.model_executor.layers.fused_moe.oracle.unquantized import UnquantizedMoeBackend
from vllm.model_executor.layers.quantization import modelopt
from vllm.platforms import current_platform
from vllm.platforms.interface import DeviceCapability, Platform, PlatformEnum

from nemotron_kernels import dispatch
from nemotron_kernels.plugin import method
from nemotron_kernels.plugin.install import install
from nemotron_kernels.plugin.mode import Mode

LAYER: dict[str, Any] = {
    "num_experts": 128,
    "num_local_experts": 128,
    "num_logical_experts": 128,
    "experts_per_token": 6,
    "hidden_dim": 2688,
    "intermediate_size": 1856,
    "activation": MoEActivation.RELU2_NO_MUL,
    "in_dtype": torch.bfloat16,
    "router_logits_dtype": torch.float32,
    "routing_method": RoutingMethodType.DeepSeekV3,
    "device": "cuda",
}
PARALLEL: dict[str, Any] = {
    "tp_size": 1,
    "tp_rank": 0,
    "pcp_size": 1,
    "pcp_rank": 0,
    "dp_size": 1,
    "dp_rank": 0,
    "ep_size": 1,
    "ep_rank": 0,
    "sp_size": 1,
    "use_ep": False,
    "all2all_backend": "allgather_reducescatter",
    "enable_eplb": False,
}
CONFIG = {"use_ubatching": False, "enable_sleep_mode": False}
CASES: dict[str, Mapping[str, Any]] = {
    "this model": {},
    "two GPUs": {"tp_size": 2},
    "its tiles chosen": {"moe_backend": "triton"},
    "four GPUs": {"tp_size": 4},
    "other experts": {"num_experts": 64, "num_local_experts": 64, "num_logical_experts": 64},
    "other top-k": {"experts_per_token": 8},
    "other hidden size": {"hidden_dim": 2560},
    "other intermediate size": {"intermediate_size": 1920},
    "gated": {"activation": MoEActivation.SILU},
    "other activation": {"activation": MoEActivation.GELU_NO_MUL},
    "float16": {"in_dtype": torch.float16},
    "expert parallelism": {"use_ep": True, "ep_size": 2},
    "data parallelism": {"dp_size": 2},
    "context parallelism": {"pcp_size": 2},
    "sequence parallelism": {"sp_size": 2},
    "load balancing": {"enable_eplb": True},
    "LoRA": {"is_lora_enabled": True},
    "bias": {"has_bias": True},
    "FlashInfer by default": {"has_flashinfer": True},
    "FlashInfer by choice": {"has_flashinfer": True, "moe_backend": "flashinfer_cutlass"},
    "padded": {"hidden_dim_unpadded": 2600},
    "split batches": {"use_ubatching": True},
    "sleep mode": {"enable_sleep_mode": True},
    "batch invariance": {"VLLM_BATCH_INVARIANT": True},
    "Ampere": {"capability": (8, 0)},
    "Blackwell": {"capability": (10, 0)},
}


class Card(Platform):
    _enum = PlatformEnum.CUDA
    device_name = "cuda"
    device_type = "cuda"
    capability = (9, 0)

    @classmethod
    def get_device_capability(cls, device_id: int = 0) -> DeviceCapability:
        return DeviceCapability(*cls.capability)

    @classmethod
    def get_device_name(cls, device_id: int = 0) -> str:
        return "NVIDIA H200 NVL"

    @classmethod
    def supports_fp8(cls) -> bool:
        return True


class FlashInfer:
    """Stands for the experts that vLLM takes where FlashInfer is installed."""


def with_flashinfer(module: Any, function: str, backend: Any) -> Any:
    return patch.object(module, function, lambda *_, **__: (backend, FlashInfer))


def choose(fp8: bool, change: Mapping[str, Any]) -> list[str | None]:
    def part(of: dict[str, Any]) -> dict[str, Any]:
        return {name: change.get(name, value) for name, value in of.items()}

    Card.capability = change.get("capability", (9, 0))
    vllm.envs.VLLM_BATCH_INVARIANT = change.get("VLLM_BATCH_INVARIANT", False)
    config = part(CONFIG)
    method.get_current_vllm_config = lambda: SimpleNamespace(
        parallel_config=SimpleNamespace(**config), model_config=SimpleNamespace(**config)
    )
    free = {"moe_backend", "is_lora_enabled", "has_bias", "hidden_dim_unpadded"}
    layer = part(LAYER) | {name: value for name, value in change.items() if name in free}
    moe = FusedMoEConfig(**layer, moe_parallel_config=FusedMoEParallelConfig(**part(PARALLEL)))
    with ExitStack() as stack:
        if "has_flashinfer" in change:
            bf16, fp8_backend = UnquantizedMoeBackend.FLASHINFER_CUTLASS, Fp8MoeBackend.FLASHINFER_CUTLASS
            stack.enter_context(with_flashinfer(unquantized, "select_unquantized_moe_backend", bf16))
            stack.enter_context(with_flashinfer(modelopt, "select_fp8_moe_backend", fp8_backend))
        chosen = made(fp8, moe)
    backend = chosen.fp8_backend if fp8 else chosen.unquantized_backend
    return [chosen.obstacle, chosen.experts_cls.__name__, backend.value]


def made(fp8: bool, moe: FusedMoEConfig) -> Any:
    if not fp8:
        return unquantized.UnquantizedFusedMoEMethod(moe)
    config = modelopt.ModelOptFp8Config("FP8", True, None, [])
    return config.FusedMoEMethodCls(quant_config=config, moe_config=moe)


def main(mode: Mode) -> dict[str, Any]:
    config = VllmConfig()
    current_platform.__class__ = Card
    dispatch.shipped_folder = lambda: None
    install(mode)
    install(mode)
    with set_current_vllm_config(config):
        return {
            name: {case: choose(fp8, change) for case, change in CASES.items()}
            for name, fp8 in (("bf16", False), ("fp8", True))
        }


if __name__ == "__main__":
    print(json.dumps(main(Mode(sys.argv[1]))))
