"""The private parts of vLLM that the GPU plugin leans on; see `nemotron_kernels.contract`."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

from nemotron_kernels import contract

_MOE = "vllm.model_executor.layers.fused_moe"
_MODELOPT = "vllm.model_executor.layers.quantization.modelopt"
TRITON = f"{_MOE}.experts.triton_moe:TritonExperts"
METHOD = f"{_MOE}.unquantized_fused_moe_method:UnquantizedFusedMoEMethod"
FP8_METHOD = f"{_MODELOPT}:ModelOptFp8MoEMethod"
FP8_CONFIG = f"{_MODELOPT}:ModelOptFp8Config.FusedMoEMethodCls"
RUNNER = f"{_MOE}.runner.moe_runner:MoERunner"
SHARED = f"{_MOE}.runner.shared_experts:SharedExperts"
REPLACED = "vllm.model_executor.custom_op:op_registry_oot"

SIGNATURES: Mapping[str, str] = {
    f"{TRITON}.__init__": "self moe_config quant_config",
    f"{TRITON}.workspace_shapes": (
        "self M N K topk global_num_experts local_num_experts expert_tokens_meta activation"
    ),
    f"{TRITON}.apply": (
        "self output hidden_states w1 w2 topk_weights topk_ids activation global_num_experts expert_map"
        " a1q_scale a2_scale workspace13 workspace2 expert_tokens_meta apply_router_weight_on_input"
    ),
    f"{METHOD}.__init__": "self moe",
    f"{METHOD}.process_weights_after_loading": "self layer",
    f"{METHOD}.apply_monolithic": "self layer x router_logits input_ids",
    f"{FP8_METHOD}.__init__": "self quant_config moe_config",
    f"{FP8_METHOD}.process_weights_after_loading": "self layer",
    f"{FP8_METHOD}.apply_monolithic": "self layer x router_logits input_ids",
    f"{_MOE}.modular_kernel:FusedMoEKernel.apply": (
        "self hidden_states w1 w2 topk_weights topk_ids activation global_num_experts expert_map"
        " apply_router_weight_on_input shared_experts shared_experts_input"
    ),
    f"{_MOE}.router.base_router:BaseRouter.select_experts": (
        "self hidden_states router_logits topk_indices_dtype input_ids"
    ),
    f"{RUNNER}._apply_quant_method": (
        "self hidden_states router_logits shared_experts_input input_ids shared_experts_overlapping"
    ),
    f"{SHARED}.maybe_forward_async": "self shared_experts_input",
    f"{SHARED}.forward": "self shared_experts_input order",
    f"{SHARED}.wait": "self",
    "vllm.v1.worker.gpu_worker:Worker.load_model": "self load_dummy_weights",
    "vllm.utils.platform_utils:get_device_name_as_file_name": "device_id",
}


def check() -> None:
    """Compares vLLM with this file.

    Raises:
        nemotron_kernels.contract.VllmMismatch: on the first difference.
    """
    contract.check(SIGNATURES)
    stock = contract.resolve(METHOD)
    if stock.__name__ in contract.resolve(REPLACED):
        raise contract.mismatch(f"another plugin has replaced {stock.__name__}")
    if contract.resolve(FP8_CONFIG) is not contract.resolve(FP8_METHOD):
        raise contract.mismatch("another plugin has replaced ModelOptFp8MoEMethod")
    if "self.expects_unquantized_inputs" not in inspect.getsource(contract.resolve(f"{TRITON}.apply")):
        raise contract.mismatch(f"{TRITON} does not quantise inputs that it is given unquantised")
