"""How kernels are launched: by Triton; tests catch them, and compile them for a card that is not here."""

from __future__ import annotations

from typing import Any

import triton

INTERPRETED: bool = triton.knobs.runtime.interpret
"""Whether the kernels were defined for Triton's interpreter, which runs them on a CPU, one program after the
other. It multiplies bf16 and FP8 as if they were integers, so they are widened there first."""


class Launch:
    """Launches a Triton kernel on the current stream."""

    def __call__(self, kernel: Any, grid: tuple[int, ...], *args: Any, **options: Any) -> None:
        """Launches `kernel` over `grid` with run-time `args`, compile-time arguments and options."""
        kernel[grid](*args, **options)


def early_options(early: bool) -> dict[str, Any]:
    """Launch options of a kernel that may be set up before the one in front of it has ended."""
    return {"launch_pdl": True} if early else {}
