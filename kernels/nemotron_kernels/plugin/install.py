"""Puts our methods in the place of vLLM's, once in each process."""

from __future__ import annotations

import functools
from typing import Any

from nemotron_kernels.contract import VllmMismatch
from nemotron_kernels.plugin import contract
from nemotron_kernels.plugin.mode import Mode
from nemotron_kernels.plugin.report import Report, log


@functools.cache
def install(mode: Mode) -> None:
    """Replaces the methods and listens for the end of loading; on a vLLM that differs, leaves it as it is.

    Args:
        mode: `auto` or `on`.

    Raises:
        nemotron_kernels.contract.VllmMismatch: vLLM differs from `contract`, in mode `on`.
    """
    try:
        contract.check()
    except VllmMismatch as difference:
        if mode is Mode.ON:
            raise
        log.warning("%s The MoE layers stay vLLM's.", difference)
        Report(mode, 0, 0, str(difference)).publish(rank=0)
        return
    _replace_methods(mode)
    _listen(mode)


def _replace_methods(mode: Mode) -> None:
    from vllm.model_executor.layers.fused_moe.unquantized_fused_moe_method import UnquantizedFusedMoEMethod
    from vllm.model_executor.layers.quantization.modelopt import ModelOptFp8Config

    from nemotron_kernels.plugin.method import NemotronModelOptFp8MoEMethod, NemotronMoEMethod, Ours

    Ours.mode = mode
    UnquantizedFusedMoEMethod.register_oot(NemotronMoEMethod)
    ModelOptFp8Config.FusedMoEMethodCls = NemotronModelOptFp8MoEMethod


def _listen(mode: Mode) -> None:
    from vllm.v1.worker.gpu_worker import Worker

    from nemotron_kernels.plugin.loaded import finish

    original = Worker.load_model

    @functools.wraps(original)
    def load_model(self: Any, *args: Any, **options: Any) -> None:
        original(self, *args, **options)
        finish(self.model_runner.get_model(), self.vllm_config, self.rank, mode)

    Worker.load_model = load_model
