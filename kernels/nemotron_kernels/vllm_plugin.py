"""Entry point that vLLM calls in each of its processes (group `vllm.general_plugins`)."""

from __future__ import annotations


def register() -> None:
    """Makes NemotronHForCausalLM run on vLLM's CPU build; on any other platform it does nothing.

    Safe to call any number of times.

    Raises:
        nemotron_kernels.cpu.contract.VllmMismatch: vLLM is not the version this package mends.
    """
    from vllm.platforms import current_platform

    if not current_platform.is_cpu():
        return
    from nemotron_kernels.cpu.install import install

    install()
