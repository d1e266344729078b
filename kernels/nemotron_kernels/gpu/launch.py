"""How kernels are launched: by Triton, or, in tests, caught with their arguments and compiled for another card."""

from __future__ import annotations

from typing import Any


class Launch:
    """Launches a Triton kernel on the current stream."""

    def __call__(self, kernel: Any, grid: tuple[int, ...], *args: Any, **options: Any) -> None:
        """Launches `kernel` over `grid` with run-time `args` and compile-time `options`."""
        kernel[grid](*args, **options)
