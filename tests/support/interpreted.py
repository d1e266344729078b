"""The kernels as Triton's interpreter runs them. To be imported before anything else imports triton."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import numpy as np
import torch

from support import triton_home

triton_home.find()
assert "triton" not in sys.modules, "triton was imported before its interpreter was switched on"
os.environ["TRITON_INTERPRET"] = "1"  # read while kernels are defined
try:
    importlib.import_module("triton.experimental.gluon")  # loaded at the first launch, and asks again
    from triton.runtime import interpreter

    from nemotron_kernels.gpu import batch, device, grouped, launch, layer, routing, vector, workspace
finally:
    del os.environ["TRITON_INTERPRET"]  # engines that tests start are not to inherit it

assert launch.INTERPRETED

_CONVERT = interpreter._convert_float
_ROUNDED = {"bf16": torch.bfloat16, "fp8e4nv": torch.float8_e4m3fn}


def _convert(data: np.ndarray, source: Any, target: Any, rounding: Any) -> np.ndarray:
    """Rounds as a card does. The interpreter's own cuts bf16 off, and loses a carry of FP8."""
    if source.name != "fp32" or target.name not in _ROUNDED:
        return _CONVERT(data, source, target, rounding)
    values = torch.from_numpy(np.ascontiguousarray(data).view(np.float32))
    rounded = values.to(_ROUNDED[target.name])
    bits = rounded.view(torch.uint8 if rounded.element_size() == 1 else torch.uint16)
    return bits.numpy().reshape(data.shape)


interpreter._convert_float = _convert

__all__ = ["batch", "device", "grouped", "launch", "layer", "routing", "vector", "workspace"]
