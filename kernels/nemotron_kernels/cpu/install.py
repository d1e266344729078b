"""The patches that make NemotronHForCausalLM run on vLLM's CPU build.

Router, shared expert, convolution, SSD scan, state update and attention run on a CPU as they are.
"""

from __future__ import annotations

import functools
from typing import Any

from torch import Tensor

from nemotron_kernels.cpu import contract
from nemotron_kernels.cpu.seeds import SeededGenerator
from nemotron_kernels.cpu.ssm_checkpoint import scan_by_chunk, store_prefill_checkpoint


@functools.cache
def install() -> None:
    """Checks vLLM, then patches it; once in each process.

    Raises:
        nemotron_kernels.contract.VllmMismatch: vLLM differs from `contract`; nothing is patched then.
    """
    contract.check()
    allow_non_gated_experts()
    offer_relu2_experts()
    return_chunk_states()
    replace_checkpoint_kernel()
    let_seeds_begin_again()


def allow_non_gated_experts() -> None:
    """`fused_moe/config.py` refuses non-gated experts on a CPU, as the last act of `__post_init__`."""
    from vllm.model_executor.layers.fused_moe.activation import MoEActivation
    from vllm.model_executor.layers.fused_moe.config import FusedMoEConfig

    original = FusedMoEConfig.__post_init__

    @functools.wraps(original)
    def post_init(self: Any) -> None:
        try:
            original(self)
        except NotImplementedError:
            if self.activation is not MoEActivation.RELU2_NO_MUL:
                raise

    FusedMoEConfig.__post_init__ = post_init


def offer_relu2_experts() -> None:
    """`fused_moe/oracle/unquantized.py` knows no CPU experts without a gate matrix."""
    from vllm.model_executor.layers.fused_moe.oracle import unquantized

    from nemotron_kernels.cpu.vllm_experts import Relu2Experts

    original = unquantized.backend_to_kernel_cls

    @functools.wraps(original)
    def backend_to_kernel_cls(backend: Any) -> list[type]:
        candidates: list[type] = original(backend)
        return [*candidates, Relu2Experts] if backend is unquantized.UnquantizedMoeBackend.CPU else candidates

    unquantized.backend_to_kernel_cls = backend_to_kernel_cls


def return_chunk_states() -> None:
    """`mamba/ops/cpu/mamba_ssm.py` ignores `return_intermediate_states`, which prefix caching needs."""
    from vllm.model_executor.layers.mamba.ops import ssd_combined

    original = ssd_combined._mamba_chunk_scan_combined_fwd

    @functools.wraps(original)
    def scan(*args: Any, return_intermediate_states: bool = False, **options: Any) -> Tensor:
        if not return_intermediate_states:
            state: Tensor = original(*args, **options)
            return state
        del options["cu_seqlens"]  # the chunks say where the sequences end
        return scan_by_chunk(original, *args, **options)

    ssd_combined._mamba_chunk_scan_combined_fwd = scan


def replace_checkpoint_kernel() -> None:
    """`mamba/ops/ssd_checkpoint.py` stores checkpoints by a Triton kernel only."""
    from vllm.triton_utils.dispatcher import register_kernels

    register_kernels({contract.CHECKPOINT.replace(":", "."): store_prefill_checkpoint})


def let_seeds_begin_again() -> None:
    """`gpu_model_runner.py` turns back the generator of a seeded request, which one on a CPU can't do."""
    from vllm.v1.worker.gpu_input_batch import CachedRequestState

    original = CachedRequestState.__post_init__

    @functools.wraps(original)
    def post_init(self: Any) -> None:
        original(self)
        if self.generator is not None:
            self.generator = SeededGenerator.like(self.generator)

    CachedRequestState.__post_init__ = post_init
