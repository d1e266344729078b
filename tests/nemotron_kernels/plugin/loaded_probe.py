"""The end of loading, and a vLLM that differs, with made layers; prints a line of JSON.

A script: vLLM warns in the process it lives in, and what is replaced there stays replaced.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from vllm.model_executor.custom_op import op_registry_oot
from vllm.model_executor.layers.linear import UnquantizedLinearMethod

from nemotron_kernels import contract
from nemotron_kernels.dispatch import Dispatch, everywhere_ours
from nemotron_kernels.geometry import Geometry
from nemotron_kernels.plugin import gate, loaded
from nemotron_kernels.plugin.experts import NemotronExperts
from nemotron_kernels.plugin.install import install
from nemotron_kernels.plugin.method import Ours
from nemotron_kernels.plugin.mode import Mode
from nemotron_kernels.plugin.plan import Plan
from nemotron_kernels.vllm_plugin import register

TINY = Geometry(experts=4, top_k=2, hidden=8, intermediate=4, shared_intermediate=8)


class StockMethod:
    """A method of vLLM's for another number format."""


class Made(Ours):
    """One of ours, without vLLM's half."""

    def __init__(self, ranges: Dispatch | None, obstacle: str | None = None, stock: str = "TRITON") -> None:
        experts = object.__new__(NemotronExperts)
        experts.dispatch = ranges or Dispatch()
        kernel = SimpleNamespace(fused_experts=experts if ranges else None)
        self.moe_kernel, self.obstacle, self.stock = kernel, obstacle, stock
        self.plan = None if obstacle else Plan(ranges or Dispatch(), "the plan")

    def settle(self, runner: Any, config: Any) -> None:
        self.notes = ("settled",)


def finished(mode: Mode, *methods: Any) -> dict[str, Any]:
    """What the end of loading leaves behind: its report and its error."""
    file = Path(os.environ["NEMOTRON_KERNELS_REPORT"] + ".3")
    file.unlink(missing_ok=True)
    loaded.methods = lambda model: [(None, method) for method in methods]
    error = ""
    try:
        loaded.finish(torch.nn.Module(), None, 3, mode)
    except loaded.NotReplaced as fault:
        error = str(fault)
    return {"error": error, "report": json.loads(file.read_text()) if file.exists() else None}


def states() -> dict[str, Any]:
    ours = everywhere_ours(TINY, 2)
    return {
        "all": finished(Mode.ON, Made(ours), Made(ours)),
        "some": finished(Mode.ON, Made(ours), Made(None, "LoRA"), StockMethod()),
        "some in auto": finished(Mode.AUTO, Made(ours), Made(None, "LoRA"), StockMethod()),
        "none": finished(Mode.ON, Made(None, "LoRA"), Made(None, "LoRA")),
        "not measured": finished(Mode.AUTO, Made(None)),
        "FlashInfer": finished(Mode.AUTO, Made(ours, stock="FLASHINFER_CUTLASS")),
        "no layers": finished(Mode.ON),
    }


def runner(**changes: Any) -> tuple[Any, Any]:
    """A runner whose routing and shared expert our kernels can take over, and the configuration."""

    def linear(*shape: int) -> Any:
        weight = torch.zeros(shape, dtype=changes.get("shared_dtype", torch.bfloat16))
        return SimpleNamespace(
            weight=weight, bias=changes.get("shared_bias"), quant_method=UnquantizedLinearMethod()
        )

    def made(name: str, **values: Any) -> Any:
        return type(name, (), values | {key: v for key, v in changes.items() if key in values})()

    wide = changes.get("shared_intermediate", 8)
    mlp = type(
        changes.get("mlp", "NemotronHMLP"), (), {"up_proj": linear(wide, 8), "down_proj": linear(8, wide)}
    )()
    layer = made(
        "RoutedExperts",
        scoring_func="sigmoid",
        renormalize=True,
        num_expert_group=1,
        topk_group=1,
        routed_scaling_factor=1.0,
        custom_routing_function=None,
        e_score_correction_bias=torch.zeros(4),
        w13_weight=torch.zeros(4, 4, 8, dtype=torch.bfloat16),
    )
    moe = made(
        "Config",
        num_experts=4,
        experts_per_token=2,
        hidden_dim=8,
        intermediate_size_per_partition=4,
        has_hash_routing=False,
    )
    config = SimpleNamespace(
        aux_output_config=SimpleNamespace(enable_return_routed_experts=changes.get("captured", False))
    )
    shared = None if changes.get("no_shared") else SimpleNamespace(_layer=mlp)
    router = type(changes.get("router_class", "GroupedTopKRouter"), (), {"bias_vl": changes.get("bias_vl")})()
    return (
        made(
            "Runner",
            routed_experts=layer,
            router=router,
            shared_experts=shared,
            moe_config=moe,
            routed_input_transform=None,
        ),
        config,
    )


ROUTING: dict[str, Mapping[str, Any]] = {
    "as it is": {},
    "captured": {"captured": True},
    "simulated": {"router_class": "RoutingSimulatorRouter"},
    "softmax": {"scoring_func": "softmax"},
    "as they are": {"renormalize": False},
    "groups": {"num_expert_group": 2},
    "scaled": {"routed_scaling_factor": 2.5},
    "own function": {"custom_routing_function": print},
    "no bias": {"e_score_correction_bias": None},
    "hashes": {"has_hash_routing": True},
    "images": {"bias_vl": 1},
}
SHARED: dict[str, Mapping[str, Any]] = {
    "as it is": {},
    "none": {"no_shared": True},
    "another": {"mlp": "LlamaMLP"},
    "float32": {"shared_dtype": torch.float32},
    "wider": {"shared_intermediate": 12},
    "bias": {"shared_bias": torch.zeros(8)},
    "latent": {"routed_input_transform": print},
}


def another_vllm() -> dict[str, Any]:
    """A newer vLLM: `auto` leaves it alone, `on` refuses."""
    contract.VERSION = "0.33"
    before = dict(op_registry_oot)
    file = Path(os.environ["NEMOTRON_KERNELS_REPORT"] + ".0")
    install(Mode.AUTO)
    try:
        install(Mode.ON)
        refusal = ""
    except contract.VllmMismatch as error:
        refusal = str(error)
    contract.VERSION = "0.32"
    return {
        "report": json.loads(file.read_text()),
        "refusal": refusal,
        "replaced": dict(op_registry_oot) != before,
    }


def main(folder: str) -> dict[str, Any]:
    os.environ["NEMOTRON_KERNELS_REPORT"] = f"{folder}/report"
    register()
    return {
        "states": states(),
        "routing": {name: gate.of_routing(*runner(**change)) for name, change in ROUTING.items()},
        "shared": {name: gate.of_shared(runner(**change)[0]) for name, change in SHARED.items()},
        "another vLLM": another_vllm(),
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
