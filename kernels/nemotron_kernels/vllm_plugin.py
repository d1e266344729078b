"""Entry point that vLLM calls in each of its processes (group `vllm.general_plugins`)."""

from __future__ import annotations

import os

from nemotron_kernels.plugin import mode
from nemotron_kernels.plugin.mode import Mode

_SANE_DUMMY = "NEMOTRON_SANE_DUMMY"


def register() -> None:
    """On a CPU: makes NemotronHForCausalLM run. On CUDA: our kernels, if `NEMOTRON_KERNELS` says so.

    With `NEMOTRON_SANE_DUMMY=1` dummy weights are made to route like real ones. Safe to call any number of
    times.

    Raises:
        ValueError: `NEMOTRON_KERNELS` or `NEMOTRON_SANE_DUMMY` has an unknown value.
        nemotron_kernels.contract.VllmMismatch: vLLM is not the version this package was written for; on CUDA
            in mode `on` and for sane dummy weights only.
    """
    from vllm.platforms import current_platform

    wanted = mode.of(os.environ)
    if os.environ.get(_SANE_DUMMY):
        from nemotron_kernels.tune import sane

        if sane.is_wanted(os.environ):
            sane.install()
    if current_platform.is_cpu():
        from nemotron_kernels.cpu.install import install

        install()
        if not (wanted is Mode.ON and os.environ.get("TRITON_INTERPRET") == "1"):
            return
    elif wanted is Mode.OFF or not current_platform.is_cuda():
        return
    from nemotron_kernels.plugin.install import install as install_kernels

    install_kernels(wanted)
